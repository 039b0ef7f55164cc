"""What the window of a sheet becomes from what was seen of it: rules only, no query and no clock (ADR 37).

The newest word wins, within what its source may say:

- dates of an official text or of the State's catalogue decide; those of an operator are proposed;
- "open" from who runs the scheme, or from the State's catalogue, holds for a life that depends on the kind of scheme,
  counted from the day of the page, and only where the sheet states no window; anybody else's is told, no more;
- "closed", "suspended", "exhausted" shut the window at once; from anybody else they leave it unknown.

A page without a day says nothing: nobody knows what it was true of.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from backend.schemes.catalogue.record_types import Dates, MainRecord, Sighting, WindowRecord
from backend.schemes.catalogue.records import SEEN
from backend.schemes.catalogue.windows import years_later
from backend.schemes.models import Revision, Tier, WindowObservation

State, Says, Kind = Revision.WindowState, WindowObservation.Says, Revision.Kind

SHUT = (Says.CLOSED, Says.SUSPENDED, Says.EXHAUSTED)
FIRM = (Tier.OFFICIAL, Tier.OPERATOR, Tier.STATE)  # may say that it is open; the State's for a year
DECIDING = (Tier.OFFICIAL, Tier.STATE)  # whose dates need no second reader
CALL_DAYS = 30
# A word too many only shortens what a page is worth.
_CALL = re.compile(
    r"appels?[ -](?:à|a|aux)[ -](?:projets?|candidatures?|manifestations?)|appels? feder|concours|\b(?:aap|ami)\b",
    re.IGNORECASE,
)


class Life(StrEnum):
    """How long a page that says "open" is worth something."""

    CALL = "call"  # thirty days
    YEARLY = "yearly"  # a budget: to the end of the year
    STANDING = "standing"  # a loan, a guarantee or a service: twelve months


class Effect(StrEnum):
    """What becomes of a window that is derived otherwise than it stands."""

    AT_ONCE = "at_once"
    READ_AFTER = "read_after"  # in force at once, read by a person afterwards: it takes something away
    PROPOSED = "proposed"  # it opens or extends on one person's word: another one decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """The window that a sheet should state, what decides it, and how it comes into force."""

    window: WindowRecord
    observation: WindowObservation
    effect: Effect


def life_of(record: MainRecord) -> Life:
    """Return how long a page about a scheme is worth something; the shortest life where its words say a call."""
    texts = (record["name"], record["url"], record["summary"], record["window"].get("note"))
    if record["window"].get("closes_on") or any(_CALL.search(text or "") for text in texts):
        return Life.CALL
    standing = (Kind.LOAN, Kind.GUARANTEE, Kind.ADVISORY, Kind.TRAINING, Kind.IN_KIND)
    return Life.STANDING if record["kind"] in standing else Life.YEARLY


def holds_until(day: date, life: Life) -> date:
    """Return the last day on which a page of a day is worth something."""
    if life == Life.CALL:
        return day + timedelta(days=CALL_DAYS)
    return years_later(day, 1) if life == Life.STANDING else date(day.year, 12, 31)


def derive(
    record: MainRecord, observations: Iterable[WindowObservation], *, decided_at: datetime | None, on: date
) -> Derived | None:
    """Return the window that a sheet should state on a day; nothing where it states it already.

    ``decided_at`` is when a person last decided of the sheet: what was seen before was before their eyes. Without one,
    the day that the sheet speaks of counts.
    """
    heard = [one for one in observations if one.day and one.day <= on]
    news = [one for one in heard if _is_news(one, record, decided_at)]
    shut = _last(one for one in heard if one.says in SHUT)
    opened = _last(one for one in _open(heard) if shut is None or _day(one) > _day(shut))
    later = heard if record["window"]["state"] == State.UNKNOWN else news
    found = (
        _dated(record, later, shut, opened)
        or (_shut(record, shut, is_news=shut in news, on=on) if shut and not opened else None)
        or _seen(record, opened, heard, news, shut)
    )
    return found if found and _differs(found.window, record["window"]) else None


def _is_news(one: WindowObservation, record: MainRecord, decided_at: datetime | None) -> bool:
    """Tell whether a page speaks of later than what the sheet states."""
    is_later = _day(one) >= date.fromisoformat(record["as_of"])
    return is_later and (decided_at is None or one.added_at > decided_at)


def _open(observations: Iterable[WindowObservation]) -> list[WindowObservation]:
    return [one for one in observations if one.says == Says.OPEN and one.tier in FIRM]


def _dated(
    record: MainRecord,
    later: Sequence[WindowObservation],
    shut: WindowObservation | None,
    opened: WindowObservation | None,
) -> Derived | None:
    """Take the dates of who decides, before those of an operator; not those that something newer makes void."""
    is_unknown = record["window"]["state"] == State.UNKNOWN
    rows = [one for one in later if one.says == Says.DATED and one.tier in FIRM]
    one = _last(one for one in rows if one.tier in DECIDING) or _last(rows)
    if one is None or one.closes_on is None or (shut and _day(shut) > _day(one)):
        return None
    if opened and _day(opened) > one.closes_on:
        return None
    dates: Dates = {"opens_on": _iso(one.opens_on), "closes_on": _iso(one.closes_on)}
    window: WindowRecord = {**_without_sighting(record, state=State.DATED.value), **dates}
    is_shorter = not is_unknown and (record["window"]["closes_on"] or "9999") > one.closes_on.isoformat()
    takes_away = is_shorter and one.tier not in DECIDING
    effect = Effect.READ_AFTER if takes_away else Effect.AT_ONCE if one.tier in DECIDING else Effect.PROPOSED
    return Derived(window=window, observation=one, effect=effect)


def _shut(record: MainRecord, shut: WindowObservation, *, is_news: bool, on: date) -> Derived | None:
    """Shut a window at once where who runs the scheme says so; leave it unknown where somebody else does.

    What a sheet states stands against what is older than it; a sighting older than the page never does.
    """
    state = record["window"]["state"]
    if state in SHUT or not (is_news or state == State.UNKNOWN):
        return None
    is_fresh = shut.tier != Tier.STATE or on <= years_later(_day(shut), 1)
    state = str(shut.says) if is_news and shut.tier in FIRM and is_fresh else State.UNKNOWN.value
    return Derived(window=_without_sighting(record, state=state), observation=shut, effect=Effect.READ_AFTER)


def _seen(
    record: MainRecord,
    opened: WindowObservation | None,
    heard: Sequence[WindowObservation],
    news: Sequence[WindowObservation],
    shut: WindowObservation | None,
) -> Derived | None:
    """Say when a scheme was last seen open, where its sheet states nothing; else ask whether it opened again."""
    window, life = record["window"], life_of(record)
    if window["state"] == State.UNKNOWN:
        told = _last(one for one in _told_open(heard) if shut is None or _day(one) > _day(shut))
        if opened and told and _day(told) > holds_until(_day(opened), life):
            opened = None  # it was worth something, and is not any more: the newest page is told
        one = opened or told
        if one is None:
            return None
        is_word = one.added_by_id is not None or one.answer_id is not None  # of one person
        effect = Effect.PROPOSED if one is opened and is_word else Effect.AT_ONCE
        return Derived(window=_with_sighting(record, one, life), observation=one, effect=effect)
    if opened is None or opened not in news or not _is_over(window, _day(opened)):
        return None
    reopened: MainRecord = {
        **record,
        "window": {**window, "state": State.UNKNOWN.value, "opens_on": None, "closes_on": None},
    }
    return Derived(
        window=_with_sighting(reopened, opened, life_of(reopened)), observation=opened, effect=Effect.PROPOSED
    )


def _told_open(observations: Iterable[WindowObservation]) -> list[WindowObservation]:
    """Return what third parties show open on the day they speak of, by its word or by its dates."""
    return [
        one
        for one in observations
        if one.tier == Tier.OTHER
        and (one.says == Says.OPEN or (one.says == Says.DATED and one.closes_on and _is_inside(one)))
    ]


def _is_inside(one: WindowObservation) -> bool:
    first, last = one.opens_on or _day(one), one.closes_on or _day(one)
    return first <= _day(one) <= last


def _is_over(window: WindowRecord, day: date) -> bool:
    """Tell whether a sheet states that nothing is taken on a day any more."""
    return window["state"] in SHUT or bool(window["closes_on"] and window["closes_on"] < day.isoformat())


def _with_sighting(record: MainRecord, one: WindowObservation, life: Life) -> WindowRecord:
    until = holds_until(_day(one), life) if one.tier in FIRM else None
    return {
        **record["window"],
        "seen_on": _iso(one.day),
        "seen_until": _iso(until),
        "seen_by": one.site,
        "seen_url": one.url,
    }


def _without_sighting(record: MainRecord, *, state: str) -> WindowRecord:
    unseen: Sighting = {"seen_on": None, "seen_until": None, "seen_by": None, "seen_url": None}
    return {**record["window"], **unseen, "state": state}


def _differs(derived: WindowRecord, window: WindowRecord) -> bool:
    return any(derived.get(name) != window.get(name) for name in ("state", "opens_on", "closes_on", *SEEN))


def _last(observations: Iterable[WindowObservation]) -> WindowObservation | None:
    """Return what speaks of the latest day; of one day, what was added last."""
    return max(observations, key=lambda one: (_day(one), one.added_at), default=None)


def _day(one: WindowObservation) -> date:
    if one.day is None:  # left out before any rule reads it
        raise ValueError(one)
    return one.day


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
