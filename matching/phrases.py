"""What a text says in one of some ways, such as its writer's trade: read by patterns that are given as data."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from matching.patterns import PatternTable, folded
from matching.sentences import Span, sentences_of

OF_OTHERS = "others"  # the group of a pattern that finds what is said of somebody else


_WORD = re.compile(r"\w+")


class Phrase(NamedTuple):
    """What a sentence says: the name of the pattern, what its groups hold in small letters, and the sentence."""

    name: str
    said: Mapping[str, str | None]
    sentence: Span


class PhraseReader:
    """Reads phrases in one language.

    Parameters
    ----------
    patterns : PatternTable
        Over a sentence in lower case without accents. What a group ``others`` is part of is not said of the writer,
        and is left out.
    nouns : iterable of str, optional
        What all patterns speak of: a sentence without the first word of any of them (with a letter more or not) is not
        searched. Most are not.
    """

    def __init__(self, patterns: PatternTable, *, nouns: Iterable[str] | None = None) -> None:
        self._patterns = patterns
        self._nouns = None if nouns is None else frozenset(_WORD.findall(name)[0] for name in nouns)

    def read(self, text: str) -> Iterator[Phrase]:
        """Yield the phrases of a text, sentence by sentence."""
        for span, _ in sentences_of(text):
            sentence = folded(text, span)
            if not self._may_speak(sentence):
                continue
            for name, patterns in self._patterns.of(sentence):
                for pattern in patterns:
                    for found in pattern.finditer(sentence):
                        said = found.groupdict()
                        if not said.get(OF_OTHERS):
                            yield Phrase(name, said, span)

    def _may_speak(self, sentence: str) -> bool:
        nouns = self._nouns
        return nouns is None or any(word in nouns or word[:-1] in nouns for word in _WORD.findall(sentence))
