"""Who works where, when they are away, what comes and when it is dealt with; and by hand, what must be told.

Nothing here reads the database or a module of the service: the year is told twice, and compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

FIRST, LAST = date(2025, 1, 6), date(2026, 1, 5)
# Code du travail, L3133-1. Of 2025; those that fall on a week-end change nothing.
HOLIDAYS = {
    date(2025, 1, 1), date(2025, 4, 21), date(2025, 5, 1), date(2025, 5, 8), date(2025, 5, 29), date(2025, 6, 9),
    date(2025, 7, 14), date(2025, 8, 15), date(2025, 11, 1), date(2025, 11, 11), date(2025, 12, 25),
    date(2026, 1, 1),
}  # fmt: skip
RUNGS = {
    "file": {"arrival": 1, "officer": 3, "stand_in": 9, "epci_lead": 21, "territory_lead": 45},
    "call": {"officer": 1, "stand_in": 2, "epci_lead": 3},
    "promise": {"officer": 1, "stand_in": 2, "epci_lead": 3},
}
LADDER = ("arrival", "officer", "stand_in", "epci_lead", "territory_lead")
# Place and role of each person; the territory's lead is never away, so that somebody always is there.
PEOPLE = {
    "officer": ("ARC", "officer"),
    "colleague": ("ARC", "officer"),
    "lead": ("ARC", "epci_lead"),
    "far": ("CCLO", "officer"),
    "far_lead": ("CCLO", "epci_lead"),
    "territory": ("", "territory_lead"),
}
STANDS_IN = {"officer": "colleague"}  # whatever the absence
# Who is away: every so many days, for so many, from a first one, and who stands in for them that time.
AWAY = (("officer", 35, 9, 2, None), ("colleague", 49, 6, 4, "officer"), ("lead", 63, 12, 20, None),
        ("far", 56, 16, 8, None), ("far_lead", 77, 20, 12, "far"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Absence:
    who: str
    starts_on: date
    ends_on: date
    stand_in: str | None


@dataclass(frozen=True, slots=True)
class Wait:
    """A file, a call asked for or a call promised: from when it waits, whose it is, and the day it is dealt with."""

    kind: str
    number: int
    made_on: date
    since: date
    place: str
    officer: str | None
    done_on: date

    @property
    def key(self) -> tuple[str, int]:
        return self.kind, self.number


def is_working(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def working(day: date, n: int) -> date:
    """Return the ``n``-th working day after a day, or before it."""
    while n:
        day += timedelta(days=1 if n > 0 else -1)
        if is_working(day):
            n += -1 if n > 0 else 1
    return day


def days(last: date) -> Iterator[date]:
    day = FIRST
    while day <= last:
        yield day
        day += timedelta(days=1)


def absences() -> list[Absence]:
    found = []
    for who, every, length, first, stand_in in AWAY:
        start = FIRST + timedelta(days=first)
        while start <= LAST:
            found.append(Absence(who, start, start + timedelta(days=length - 1), stand_in))
            start += timedelta(days=every)
    return found


def waits() -> list[Wait]:
    """Return what comes: a file every third day, a call every ninth, a promise every twentieth."""
    found = []
    for n, day in enumerate(days(LAST)):
        if n % 3 == 0:
            k = n // 3
            place, officer = (("ARC", "officer"), ("ARC", None), ("CCLO", "far"))[k % 3]
            found.append(Wait("file", k, day, day, place, officer, working(day, (1, 4, 11, 23, 60)[k % 5])))
        if n % 9 == 0:
            k = n // 9
            found.append(Wait("call", k, day, day, ("ARC", "CCLO")[k % 2], None, working(day, (1, 2, 4)[k % 3])))
        if n % 20 == 0:
            k, due_on = n // 20, working(day, 5)
            place, officer = (("ARC", "officer"), ("CCLO", "far"))[k % 2]
            since, done_on = working(due_on, -1), working(due_on, k % 4)
            found.append(Wait("promise", k, day, since, place, officer, done_on))
    return found


def reminders(last: date) -> dict[tuple[tuple[str, int], str], tuple[date, set[str]]]:
    """Return, for each rung of each wait that comes before it is dealt with: its morning, and who is told."""
    away = absences()
    found = {}
    for wait in waits():
        for rung, n in RUNGS[wait.kind].items():
            morning = working(wait.since, n)
            if morning <= min(wait.done_on, last):
                found[wait.key, rung] = morning, told(wait, rung, morning, away)
    return found


def told(wait: Wait, rung: str, morning: date, away: list[Absence]) -> set[str]:
    absent = {each.who: each for each in away if each.starts_on <= morning <= each.ends_on}
    for each in LADDER[LADDER.index(rung) :]:
        if here := {who for who in candidates(wait, each, absent) if who not in absent}:
            return here
    raise AssertionError("the lead of the territory is always there")


def candidates(wait: Wait, rung: str, absent: dict[str, Absence]) -> set[str]:
    there = {who: role for who, (place, role) in PEOPLE.items() if place == wait.place}
    if rung == "territory_lead":
        return {"territory"}
    if rung == "epci_lead":
        return {who for who, role in there.items() if role == "epci_lead"}
    if wait.officer is None:
        return set() if rung == "stand_in" else set(there)
    if rung == "stand_in":
        named = absent[wait.officer].stand_in if wait.officer in absent else None
        return set(filter(None, [named or STANDS_IN.get(wait.officer)]))
    return {wait.officer}
