"""Whether anything answers a wish: the chance, from how close its words come to what is served and to what is not."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp

from matching.needs import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What tells whether something answers a text: likenesses, each in [0, 1].

    Parameters
    ----------
    served : float
        To the sub-need that the schemes a firm can or may have serve best.
    words : float
        To what is said of the closest of these schemes.
    elsewhere : float
        To the sub-need that they serve least, or to what no scheme answers.
    nothing : float
        To what no scheme answers.
    """

    served: float
    words: float
    elsewhere: float
    nothing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """A logistic model of the chance that something answers, fitted on judged requests: one coefficient a sign."""

    intercept: float
    served: float
    words: float
    elsewhere: float
    nothing: float

    def chance(self, signs: Signs) -> float:
        """Return the chance, in [0, 1], that a scheme answers."""
        total = (
            self.intercept
            + self.served * signs.served
            + self.words * signs.words
            + self.elsewhere * signs.elsewhere
            + self.nothing * signs.nothing
        )
        return 1.0 / (1.0 + exp(-total))


def signs_of(wish: Wish, best: Mapping[str, float], *, words: float) -> Signs:
    """Return what tells whether one of the schemes that a firm can or may have answers its words.

    Parameters
    ----------
    wish : Wish
    best : mapping of str to float
        By sub-need, the weight of the scheme that serves it best; nothing of those that none serves.
    words : float
        How close the words come to what is said of the closest of the schemes.
    """
    served, elsewhere = 0.0, wish.nothing
    for need, likeness in wish.likeness.items():
        weight = best.get(need, 0.0)
        served, elsewhere = max(served, weight * likeness), max(elsewhere, (1.0 - weight) * likeness)
    return Signs(served=served, words=words, elsewhere=elsewhere, nothing=wish.nothing)


def chance_of(wish: Wish, best: Mapping[str, float], answering: Answering | None, *, words: float) -> float:
    """Return the chance that one of the schemes a firm can or may have answers its wish.

    A box that was ticked says its need without a doubt: one scheme that serves it is an answer. Without a model, so is
    a scheme that serves anything that was understood.
    """
    asked = wish.ticked if wish.ticked or answering else wish.weights.keys()
    if any(need in best for need in asked):
        return 1.0
    return answering.chance(signs_of(wish, best, words=words)) if answering and wish.likeness else 0.0
