"""Figures that a firm states in its own words, such as its staff: read by patterns that are given as data."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from matching.patterns import PatternTable, folded
from matching.sentences import Span, sentences_of


class Figure(NamedTuple):
    """A figure, and the sentence that states it."""

    value: float
    sentence: Span


class FigureReader:
    """Reads figures in one language.

    Parameters
    ----------
    patterns : mapping of str to iterable of str
        By fact: regular expressions over a sentence in lower case without accents, whose group ``number`` is a number
        in digits or words and ``scale`` what it is multiplied by. ``{name}`` stands for a part.
    parts : mapping of str to str
        What several patterns have in common; a part may name those before it, and ``numbers`` and ``scales``.
    numbers, scales : mapping of str to float
        Numbers in words, which add up where several stand together; scales such as "k€".
    about : mapping of str to iterable of str, optional
        By fact: whatever its patterns find holds something of it. A sentence that does not is not searched.
    """

    def __init__(
        self,
        patterns: Mapping[str, Iterable[str]],
        *,
        parts: Mapping[str, str],
        numbers: Mapping[str, float],
        scales: Mapping[str, float],
        about: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self._numbers, self._scales = numbers, scales
        self._words = re.compile("|".join(sorted(map(re.escape, numbers), key=len, reverse=True)))
        words = {"numbers": numbers, "scales": scales}
        self._patterns = PatternTable(patterns, parts=parts, words=words, about=about)

    def read(self, text: str) -> dict[str, Figure]:
        """Return what a text states of each fact; nothing where it states two different figures of one."""
        found: dict[str, set[Figure]] = {}
        for span, _ in sentences_of(text):
            sentence = folded(text, span)
            for fact, several in self._patterns.of(sentence):
                said = (match for pattern in several for match in pattern.finditer(sentence))
                found.setdefault(fact, set()).update(Figure(self._value(match), span) for match in said)
        return {
            fact: min(figures, key=lambda figure: figure.sentence)
            for fact, figures in found.items()
            if len({figure.value for figure in figures}) == 1
        }

    def _value(self, said: re.Match[str]) -> float:
        number, scale = said["number"], said.groupdict().get("scale")
        if number[0].isdigit():
            value = float(re.sub(r"[ .](?=\d{3}\b)", "", number).replace(",", "."))
        else:
            value = sum(self._numbers[word] for word in self._words.findall(number))
        return value * (self._scales[scale] if scale else 1.0)
