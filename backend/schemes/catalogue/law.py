"""Texts whose change moves many sheets on one day: which sheets name them, from when these are to be read again."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from django.conf import settings

from backend.common.files import read_yaml
from backend.common.text import fold
from backend.schemes.models import Revision, Scheme
from backend.territories.models import ActivityTable

AHEAD = timedelta(days=90)
EDITORS, ADMINISTRATORS = "editors", "administrators"
WHO = {EDITORS: "les éditeurs du catalogue", ADMINISTRATORS: "l’administrateur du service"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LawEvent:
    """A text that changes, ends or starts on a day.

    ``names`` are looked for as whole words in what a sheet says of its State-aid regime and of its legal basis;
    ``schemes`` are keys of sheets that rest on the text without naming it.
    """

    key: str
    day: date
    title: str
    effect: str
    names: tuple[str, ...]
    schemes: frozenset[str]
    who: str
    read_from: date
    source: str
    dated: date
    notice: str = ""  # what a firm reads from that day on, on a sheet that rests on the text

    def concerns(self, scheme: Scheme) -> bool:
        """Tell whether the published sheet rests on the text."""
        return scheme.source_key in self.schemes or (scheme.current is not None and self.is_named(scheme.current))

    def is_named(self, revision: Revision) -> bool:
        said = fold(f"{revision.state_aid_regime}\n{revision.legal_basis}")
        return any(re.search(rf"(?<!\w){re.escape(fold(name))}(?!\w)", said) for name in self.names)


@lru_cache(maxsize=1)
def law_events() -> tuple[LawEvent, ...]:
    """Return the events of ``fixtures/law_calendar.yaml``, by day.

    Raises
    ------
    ValueError
        Where an event is to be read from a day after its own that no yearly text explains, names nobody who acts, or
        has a key that stands twice.
    """
    rows = read_yaml(settings.BASE_DIR / "fixtures" / "law_calendar.yaml")["events"]
    events = [
        LawEvent(**{**row, "names": tuple(row["names"]), "schemes": frozenset(row.get("schemes", ()))}) for row in rows
    ]
    for event in events:
        if event.who not in WHO:
            raise ValueError(f"{event.key}: « who » is {event.who!r}, not one of {', '.join(WHO)}.")
        if event.read_from > event.day + timedelta(days=31):
            raise ValueError(f"{event.key}: read from {event.read_from}, more than a month after {event.day}.")
    if len({event.key for event in events}) < len(events):
        raise ValueError("A key stands twice in the calendar of law.")
    return tuple(sorted(events, key=lambda event: (event.day, event.key)))


@dataclass(frozen=True, slots=True)
class Due:
    """An event whose time to read has come, and the published sheets that nobody has read since."""

    event: LawEvent
    unread: tuple[Scheme, ...]

    @property
    def who(self) -> str:
        return WHO[self.event.who]


def due(schemes: Iterable[Scheme], *, on: date) -> list[Due]:
    """Return the events to act upon on a day, each once with all its sheets.

    Those of editors are told until each sheet was read, the table between the two NAF until it is loaded.
    """
    schemes, is_table_loaded = list(schemes), ActivityTable.objects.exists()
    found = []
    for event in law_events():
        if on < event.read_from:
            continue
        unread = tuple(scheme for scheme in schemes if event.concerns(scheme) and _is_unread(scheme, event))
        if unread or (event.who == ADMINISTRATORS and not is_table_loaded):
            found.append(Due(event, unread))
    return found


def _is_unread(scheme: Scheme, event: LawEvent) -> bool:
    return scheme.current is not None and scheme.current.as_of < event.read_from


def notices(revision: Revision, *, on: date) -> tuple[str, ...]:
    """Return what a firm is to read with a sheet on a day: texts it names that changed since somebody read it."""
    return tuple(
        event.notice
        for event in law_events()
        if event.notice and revision.as_of < event.read_from and on >= event.day and event.is_named(revision)
    )
