"""What would turn a no: the smallest change over what a firm can honestly change, checked on the changed profile.

Changeable are the day of the application, what the project costs, where it is done, and hires within the firm's size.
A project that has begun has begun; a legal form, a head office, fewer staff or another size are never suggested.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations, product
from math import ceil, floor, inf, log

from matching.classes import bounds_of, months_of
from matching.criteria import Criterion, InTerritory, Window, leaves
from matching.enterprise_size import CEILINGS
from matching.facts import Interval, Place
from matching.hypotheses import add_to_day
from matching.outcomes import MET, NOT_MET, Outcome, OutcomeArray, all_of
from matching.profiles import Profile, Profiles
from matching.schemes import Scheme

MOST = 3  # changes at once: past it, it is another project
MAX_CANDIDATES = 12  # of one fact, the nearest first, so that a search takes a bounded time
CENT = 0.01
DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One fact, and what it would have to be.

    Parameters
    ----------
    fact : {'on', 'project.spend', 'project.commune', 'headcount'}
        ``on`` is the day of the application.
    bound : {'from', 'above', 'at_least', 'below', 'at_most', 'in'}
        How ``value`` is meant: from that day; more than, at least, less than, at most that number; in that perimeter.
    value : date, float or str
    cost : float
        What it takes, to compare changes: years of waiting, the logarithm of a ratio of costs, the share of staff
        hired, 1 for another place.
    """

    fact: str
    bound: str
    value: date | float | str
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What would turn a no into a yes or a perhaps, or what stands in the way.

    Parameters
    ----------
    changes : tuple of Change
        Every one of them is needed; empty where nothing that can be changed is enough.
    verdict : Outcome
        Typed verdict after the changes: met, or unknown where something is left to ask.
    blocking : Criterion or None
        Without changes, the first condition that no change lifts, else the first that is not met.
    """

    changes: tuple[Change, ...] = ()
    verdict: Outcome = NOT_MET
    blocking: Criterion | None = None


def find_change(profile: Profile, scheme: Scheme, *, places: Mapping[str, Place] | None = None) -> Turn | None:
    """Return the smallest change after which the typed verdict is no longer a no; ``None`` where it is none already.

    Parameters
    ----------
    profile : Profile
    scheme : Scheme
    places : mapping of str to Place, optional
        What is known of a place somewhere in a perimeter, by its code; the perimeter alone where it is not given.

    Returns
    -------
    Turn or None
        Fewest changes first; among as many, those that leave nothing open, then those that cost least.
    """
    places = places or {}
    before = _outcomes([profile], scheme)
    if all_of(before, 1)[0] != NOT_MET:
        return None
    against = [criterion for criterion, column in zip(scheme.stated, before, strict=True) if column[0] == NOT_MET]
    for criterion in against:
        if not any(_options(profile, leaves(criterion))):
            return Turn(blocking=criterion)
    options = [several for several in _options(profile, _leaves(scheme)) if several]
    lifted: set[Criterion] = set()
    for n in range(1, MOST + 1):
        sets = [chosen for some in combinations(options, n) for chosen in product(*some)]
        if not sets:
            break
        outcomes = _outcomes([apply_changes(profile, chosen, places=places) for chosen in sets], scheme)
        verdict = all_of(outcomes, len(sets))
        flipped = [position for position in range(len(sets)) if verdict[position] != NOT_MET]
        if flipped:
            best = min(flipped, key=lambda position: (-int(verdict[position]), *_price(sets[position])))
            return Turn(changes=sets[best], verdict=Outcome(int(verdict[best])))
        lifted |= {
            criterion for criterion, column in zip(scheme.stated, outcomes, strict=True) if (column != NOT_MET).any()
        }
    return Turn(blocking=next((criterion for criterion in against if criterion not in lifted), against[0]))


def apply_changes(
    profile: Profile, changes: Sequence[Change], *, places: Mapping[str, Place] | None = None
) -> Profile:
    """Return the profile with some changes made, each by no more than it asks for."""
    for change in changes:
        if change.fact == "on" and isinstance(change.value, date):
            profile = replace(profile, on=change.value)
        elif change.fact == "project.commune" and isinstance(change.value, str):
            place = (places or {}).get(change.value, Place(frozenset({change.value})))
            profile = replace(profile, project_place=place)
        elif isinstance(change.value, float):
            number = change.value + {"above": CENT, "below": -CENT}.get(change.bound, 0.0)
            exact = Interval(number, number)
            is_spend = change.fact == "project.spend"
            profile = replace(profile, spend=exact) if is_spend else replace(profile, headcount=exact)
    return profile


def _outcomes(rows: Sequence[Profile], scheme: Scheme) -> list[OutcomeArray]:
    """Return what each stated condition says of each row, manual ones given the benefit of the doubt."""
    profiles = Profiles(rows)
    return [criterion.evaluate(profiles, assume=MET) for criterion in scheme.stated]


def _leaves(scheme: Scheme) -> tuple[Criterion, ...]:
    return tuple(leaf for criterion in scheme.stated for leaf in leaves(criterion))


def _price(changes: Sequence[Change]) -> tuple[float, list[str]]:
    return round(sum(change.cost for change in changes), 9), [f"{change.fact} {change.value}" for change in changes]


def _options(profile: Profile, readers: Sequence[Criterion]) -> list[list[Change]]:
    """Return, for each changeable fact, the changes at which some criteria change their mind, the nearest first."""
    found = [_days(profile, readers), _spends(profile, readers), _places(profile, readers), _hires(profile, readers)]
    return [sorted(several, key=lambda change: _price([change]))[:MAX_CANDIDATES] for several in found]


def _days(profile: Profile, readers: Sequence[Criterion]) -> list[Change]:
    """Return later days: of an opening, or from which the firm is old enough."""
    days: set[date] = set()
    for leaf in readers:
        if isinstance(leaf, Window):
            days |= _edges(leaf, profile.on)
    if profile.created_on:
        birthdays = [add_to_day(profile.created_on, months) for months in sorted(months_of(readers))]
        days |= {day for birthday in birthdays for day in (birthday, birthday + timedelta(days=1))}
    return [
        Change(fact="on", bound="from", value=day, cost=(day - profile.on).days / DAYS_A_YEAR)
        for day in days
        if day > profile.on
    ]


def _edges(window: Window, on: date) -> set[date]:
    """Return the days on which a window opens and the day after it closes, the coming ones where they come back."""
    days = {
        *([window.opens_on] if window.opens_on else []),
        *([window.closes_on + timedelta(days=1)] if window.closes_on else []),
    }
    if window.yearly:
        later = {add_to_day(day, 12 * years) for day in days for years in range(max(0, on.year - day.year) + 2)}
        days |= {day for day in later if day > on}
    return days


def _spends(profile: Profile, readers: Sequence[Criterion]) -> list[Change]:
    """Return projects that cost more, or less."""
    low, high = profile.spend.low, profile.spend.high
    bounds = {bound for leaf in readers for bound in bounds_of(leaf, "spend")}
    up = [(bound, "at_least") for bound in bounds if bound > high] + [(b, "above") for b in bounds if b >= high]
    down = [(bound, "at_most") for bound in bounds if 0 < bound < low] + [(b, "below") for b in bounds if 0 < b <= low]
    return [
        Change(fact="project.spend", bound=bound, value=value, cost=abs(log(max(value, 1.0) / max(now, 1.0))) + strict)
        for several, now in ((up, high), (down, low))
        for value, bound in several
        for strict in (1e-6 if bound in ("above", "below") else 0.0,)
    ]


def _places(profile: Profile, readers: Sequence[Criterion]) -> list[Change]:
    """Return perimeters where the project could be done instead."""
    codes = {
        code
        for leaf in readers
        if isinstance(leaf, InTerritory) and leaf.level == "project"
        for code in leaf.any_of
        if code not in profile.project_place.inside
    }
    return [Change(fact="project.commune", bound="in", value=code, cost=1.0) for code in codes]


def _hires(profile: Profile, readers: Sequence[Criterion]) -> list[Change]:
    """Return larger staffs of the same size of firm: never fewer people, never another category."""
    low, high = profile.headcount.low, profile.headcount.high
    if high == inf or _size(low) != _size(high):
        return []
    bounds = {bound for leaf in readers if leaf.kind == "headcount" for bound in bounds_of(leaf, "headcount")}
    wanted = {float(number) for bound in bounds for number in (ceil(bound), floor(bound) + 1)}
    return [
        Change(fact="headcount", bound="at_least", value=number, cost=(number - high) / max(high, 1.0))
        for number in wanted
        if number > high and _size(number) == _size(high)
    ]


def _size(headcount: float) -> int:
    """Return the position of a staff among the ceilings of the sizes of firms."""
    return sum(headcount >= ceiling for ceiling, *_ in CEILINGS.values())
