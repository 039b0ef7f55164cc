"""A few places of an officer's list for schemes from further down: what nobody sees, nobody can judge."""

from collections.abc import Callable, Sequence
from datetime import date
from hashlib import sha256

FIRST = 3  # places that are never given away
EVERY = 10  # places, of which one is; and how far up a scheme may come


def with_tries[T](items: Sequence[T], draw: Callable[[T], str]) -> list[tuple[T, bool]]:
    """Return a list in order, with one place in ten given to the item drawn among the ten that follow, and marked.

    >>> [item for item, is_try in with_tries("abcdef", draw=lambda item: "" if item == "f" else item)]
    ['a', 'b', 'c', 'f', 'd', 'e']
    """
    ordered = [(item, False) for item in items]
    for place in range(FIRST, len(ordered) - 1, EVERY):
        following = range(place + 1, min(place + 1 + EVERY, len(ordered)))
        drawn = min(following, key=lambda row: draw(ordered[row][0]))
        ordered.insert(place, (ordered.pop(drawn)[0], True))
    return ordered


def draw_of(submission: int, scheme: int, *, on: date) -> str:
    """Return the lot of a scheme in a file on a day: the same however often the page is opened."""
    return sha256(f"{on}/{submission}/{scheme}".encode()).hexdigest()
