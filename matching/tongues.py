"""Which language a text is in, told by its commonest words."""

import re
from collections.abc import Collection, Iterable, Mapping

from matching.text import fold, tokens

LEAST_WORDS = 6  # of a text: fewer tell nothing
SHARE = 0.2  # of its words that are common ones of a language, from which it is in it

_WORD = re.compile(r"[^\W\d_]+")


class LanguageIdentifier:
    """Tells texts of other languages from those of one's own.

    A model of a hundred languages is made for texts of any kind; here it is seven that differ in their commonest
    words, asked only where not a word of ours is met.

    Parameters
    ----------
    common : mapping of str to iterable of str
        The commonest words of each language, by its code.
    own : str
        The code of one's own.
    known : collection of str
        Stems that only texts of one's own are about.
    """

    def __init__(self, common: Mapping[str, Iterable[str]], *, own: str, known: Collection[str] = ()) -> None:
        self._common = {code: frozenset(map(fold, words)) for code, words in common.items()}
        self._own, self._known = own, frozenset(known)

    def identify(self, text: str) -> str:
        """Return the code of the other language of a text; empty where it may be one's own, or is too short."""
        words = _WORD.findall(fold(text))
        if len(words) < LEAST_WORDS or not self._known.isdisjoint(tokens(text)):
            return ""
        counts = {code: sum(word in common for word in words) for code, common in self._common.items()}
        best = max(counts, key=lambda code: counts[code])
        is_other = counts[best] > counts[self._own] and counts[best] >= SHARE * len(words)
        return best if is_other else ""
