"""The terms of a text: its words, pairs of them, and pieces of words, which forgive a misspelling.

Terms have no dictionary: each falls in one of ``N_PLACES`` by a hash (Weinberger et al., 2009), as scikit-learn's
``HashingVectorizer`` does it, so that no word of a firm is kept and any text is read in the same space.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise, repeat
from typing import NamedTuple

import mmh3
import numpy as np
from numpy.typing import NDArray

from matching.text import tokens

N_PLACES = 1 << 17
PIECES = (4, 5)  # letters of the pieces of a word, its ends marked


def terms_of(text: str) -> list[str]:
    """Return the terms of a text, for scikit-learn.

    >>> terms_of("un tour")
    ['un', 'tour', '#<un>', '#<tou', '#tour', '#our>', '#<tour', '#tour>', 'un tour']
    """
    words = tokens(text)
    return [*words, *(piece for word in words for piece in _pieces(word)), *map(" ".join, pairwise(words))]


class Terms(NamedTuple):
    """The terms of some texts, as they come: arrays of shape (n_occurrences,)."""

    texts: NDArray[np.intp]
    words: NDArray[np.intp]  # the place, in its text, of the word that each comes from; of a pair, its second word
    places: NDArray[np.int32]


def terms_of_all(texts: Sequence[Sequence[str]]) -> Terms:
    """Return the terms of some texts given by their stems: those of :func:`terms_of`, each word looked up once."""
    found: list[NDArray[np.int32]] = []
    words: list[int] = []
    owners: list[int] = []
    sizes: list[int] = []
    for number, stems in enumerate(texts):
        of_words = [*map(_places_of_word, stems)]
        of_pairs = [_place_of_pair(one, other) for one, other in pairwise(stems)]
        found += [*of_words, np.array(of_pairs, np.int32)]
        sizes += [*map(len, of_words), *repeat(1, len(of_pairs))]
        words += [*range(len(of_words)), *range(1, len(of_words))]
        owners += repeat(number, len(of_words) + len(of_pairs))
    return Terms(
        np.repeat(np.array(owners, np.intp), sizes),
        np.repeat(np.array(words, np.intp), sizes),
        np.concatenate(found) if found else np.zeros(0, np.int32),
    )


def _pieces(word: str) -> Iterable[str]:
    marked = f"<{word}>"
    return (f"#{marked[start : start + size]}" for size in PIECES for start in range(len(marked) - size + 1))


@lru_cache(maxsize=1 << 16)
def _places_of_word(word: str) -> NDArray[np.int32]:
    return np.fromiter(map(_place, (word, *_pieces(word))), np.int32)


@lru_cache(maxsize=1 << 12)  # those of a text, which is read several times: pairs hardly come back in another
def _place_of_pair(one: str, other: str) -> int:
    return _place(f"{one} {other}")


def _place(term: str) -> int:
    """Place a term by MurmurHash3, x86, 32 bits, seed 0 (Appleby, 2011).

    That of scikit-learn comes with all of scipy.stats: a second and 60 MB of each process, for this one function.
    """
    return abs(mmh3.hash(term)) % N_PLACES
