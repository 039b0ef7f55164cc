"""Days as other sites write them, read in Paris time: the last instant of a day and 22:00 UTC are not the same day."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from backend.common.text import fold
from backend.schemes.ingestion.importers.faults import refuse
from backend.schemes.ingestion.importers.people import blocks

PARIS = ZoneInfo("Europe/Paris")
NEVER = 2090  # from this year on, a last day is how a file says that there is none
_NONE = re.compile(r"0000-00-00(?:[ T]00:00:00)?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_WORDED = re.compile(r"(\d{1,2})(?:er)? ([a-z]+) (\d{4})", re.ASCII)
_GAP = re.compile(r"(?<=\d:)\s+(?=\d)")
_MONTHS = (
    "janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre", "novembre",
    "decembre",
)  # fmt: skip
_MONTH_NAMES = "|".join(_MONTHS)
_CUE = re.compile(
    r"\b(?:date limite|jusqu'au|avant le|au plus tard|releves?|clotures?|echeances?|fin de depot|depot des dossiers)\b"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý])")
_DATE_IN_WORDS = re.compile(rf"\b\d{{1,2}}(?:er)? (?:{_MONTH_NAMES}) \d{{4}}\b|\b\d{{1,2}}/\d{{1,2}}/\d{{4}}\b")


@dataclass(frozen=True, slots=True)
class Moment:
    """A day in Paris, and the hour where one is said that is neither the day's first nor its last minute."""

    day: date
    hour: str = ""


def read_moment(value: Any, *, place: str) -> Moment | None:
    """Return what a value says; ``None`` where it says no date. Raises ``RowError`` where it cannot be read."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if value is None or value == "" or _NONE.fullmatch(text):
        return None
    with suppress(ValueError):  # a day that its month lacks
        found = _read(_GAP.sub("", text))
        if found is not None:
            return found
    raise refuse(place, value, "une date qui existe, comme 2026-12-31, 2026-12-31T23:59:59+01:00 ou 31 décembre 2026")


def _read(text: str) -> Moment | None:
    if found := _COMPACT.fullmatch(text):
        return Moment(date(*map(int, found.groups())))
    if found := _SLASHED.fullmatch(text):
        day, month, year = map(int, found.groups())
        return Moment(date(year, month, day))
    if (found := _WORDED.fullmatch(fold(text))) and found[2] in _MONTHS:
        return Moment(date(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1])))
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    if len(text) == len("2026-12-31"):
        return Moment(date.fromisoformat(text))
    at = datetime.fromisoformat(text)
    if at.year >= NEVER:  # the last instant of all has no day in Paris
        return Moment(at.date())
    at = at.astimezone(PARIS) if at.tzinfo else at.replace(tzinfo=PARIS)
    is_bound = at.time() == time() or (at.hour, at.minute) == (23, 59)
    return Moment(at.date(), "" if is_bound else f"{at.hour} h {at.minute:02}")


def deadlines_in(*texts: str) -> list[str]:
    """Return the sentences of texts that speak of a last day; they are quoted to people and never become a date."""
    found = [sentence for text in texts for block in blocks(text) for sentence in _sentences(block)]
    return [sentence for sentence in found if _CUE.search(fold(sentence)) and _DATE_IN_WORDS.search(fold(sentence))]


def _sentences(block: str) -> list[str]:
    """Cut a passage into sentences; a list stays with what opens it."""
    return [block] if "\n" in block else _SENTENCE_END.split(block)
