"""What a firm says that it does not want, or wants soon: read from its sentences by patterns given as data."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from matching.patterns import PatternTable, folded
from matching.sentences import Span, sentences_of

HORIZON_DAYS = 92  # soon is within three months


class PreferenceReader:
    """Reads preferences in one language.

    A pattern is a regular expression over a sentence in lower case, without accents, one space between words. Where
    it names a time, it holds within ``HORIZON_DAYS`` only: a group ``date``, with ``day``, ``year`` or ``end`` (of the
    month), or the groups ``number`` and ``unit``.

    Parameters
    ----------
    patterns : mapping of str to iterable of str
        By preference; ``{name}`` stands for a part.
    parts : mapping of str to str
        What several patterns have in common; a part may name those before it, and ``dates``, ``numbers``, ``units``.
    dates : mapping of str to (int, int)
        Month and day by name.
    numbers, units : mapping of str to int
        Numbers in words; days in a unit of time.
    about : mapping of str to iterable of str
        By preference: whatever its patterns find holds something of it. A sentence that does not is not searched.
    """

    def __init__(
        self,
        patterns: Mapping[str, Iterable[str]],
        *,
        parts: Mapping[str, str],
        dates: Mapping[str, tuple[int, int]],
        numbers: Mapping[str, int],
        units: Mapping[str, int],
        about: Mapping[str, Iterable[str]],
    ) -> None:
        self._dates, self._numbers, self._units = dates, numbers, units
        words = {"dates": dates, "numbers": numbers, "units": units}
        self._patterns = PatternTable(patterns, parts=parts, words=words, about=about)

    def read(self, text: str, *, on: date) -> dict[str, Span]:
        """Return the preferences of a text of that day, each with the sentence that says it first."""
        found: dict[str, Span] = {}
        for span, _ in sentences_of(text):
            sentence = folded(text, span)
            for preference, patterns in self._patterns.of(sentence):
                if preference not in found and self._says(sentence, patterns, on):
                    found[preference] = span
        return found

    def _says(self, sentence: str, patterns: Iterable[re.Pattern[str]], on: date) -> bool:
        return any(self._is_soon(said, on) for pattern in patterns for said in pattern.finditer(sentence))

    def _is_soon(self, said: re.Match[str], on: date) -> bool:
        """Tell whether the time that a pattern names is within the horizon; one that names none holds anyway."""
        groups = said.groupdict()
        latest = on + timedelta(days=HORIZON_DAYS)
        if groups.get("date"):
            return on <= self._day(groups, on) <= latest
        if groups.get("unit"):
            number = groups["number"] or "1"
            days = (self._numbers.get(number) or int(number)) * self._units[groups["unit"]]
            return days <= HORIZON_DAYS
        return True

    def _day(self, groups: Mapping[str, str | None], on: date) -> date:
        """Return the day that a text of another day names: the next one where it names no year."""
        month, day = self._dates[groups["date"] or ""]
        named = min(max(int(groups.get("day") or day), 1), 28)
        year = int(groups.get("year") or on.year)
        if groups.get("end"):
            named, year, month = 1, year + month // 12, month % 12 + 1
        found = date(year, month, named)
        return found if groups.get("year") or found >= on else found.replace(year=year + 1)
