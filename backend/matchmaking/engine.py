"""The door to the engine: rows of the database in, plain answers out. The rest of the backend never sees its types."""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from math import inf
from typing import Any

import yaml
from django.conf import settings

import matching
from backend.companies.models import Fact
from backend.matchmaking.models import WeightSet
from backend.schemes.models import Revision, Scheme, SubNeed
from backend.territories.services import (
    Surroundings,
    communes_surroundings,
    perimeter_surroundings,
    period_of,
    region_surroundings,
    served_communes,
)

VERDICTS = {matching.MET: "eligible", matching.UNKNOWN: "undecided", matching.NOT_MET: "ineligible"}
OUTCOMES = {matching.MET: "met", matching.UNKNOWN: "unknown", matching.NOT_MET: "not_met"}
TARGETED = {matching.MET: "yes", matching.UNKNOWN: "unknown", matching.NOT_MET: "no"}

type Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A scheme in an answer."""

    scheme_key: str
    revision_id: int
    rank: int
    score: float | None
    eligibility: str
    typed: str
    targeted: str
    opens_later: bool
    addresses: bool
    need: str
    unknown: tuple[str, ...]
    to_confirm: tuple[str, ...]
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one criterion says: its definition, its outcome, the facts that leave it open, its parts."""

    definition: Mapping[str, Any]
    outcome: str
    open_facts: tuple[str, ...]
    parts: tuple["Line", ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What a revision says of another scheme; both by key."""

    scheme: str
    kind: str
    other: str
    cap_pct: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Schemes, by key, that do not go together (``not_met``) or for which something must be known first."""

    kind: str
    schemes: tuple[str, ...]
    outcome: str
    cap_pct: float | None


@dataclass(frozen=True, slots=True)
class Understood:
    """A need read from ticked boxes or from words."""

    sub_need: str
    weight: float
    ticked: bool
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is left to ask: who knows, the schemes that wait for it, those it can settle, and how many on average."""

    name: str
    ask: str
    waiting: tuple[str, ...]
    can_settle: tuple[str, ...]
    expected: float
    value: float


class Catalogue:
    """Revisions as the engine reads them, compiled once for each state of the tables."""

    def __init__(self, revisions: Iterable[int]) -> None:
        rows = Revision.objects.filter(pk__in=revisions).order_by("scheme__source", "scheme__source_key")
        rows = rows.select_related("scheme").prefetch_related("criteria", "served_needs")
        self.schemes: tuple[matching.Scheme, ...] = tuple(_compile(row.scheme, row) for row in rows)
        self.revisions = {row.scheme.key: row.pk for row in rows}
        self.schemes_by_key = {row.scheme.key: row.scheme_id for row in rows}
        self.digest = sha256(",".join(map(str, sorted(self.revisions.values()))).encode()).hexdigest()

    def only(self, keys: Container[str]) -> "Catalogue":
        """Return the same catalogue with some of its schemes."""
        smaller = copy(self)
        smaller.schemes = tuple(scheme for scheme in self.schemes if scheme.key in keys)
        return smaller


def catalogue(source: str = Scheme.OWN) -> Catalogue:
    """Return the catalogue of a source, compiled again only when a scheme of it changed."""
    revisions = Scheme.objects.matchable(source).order_by("pk").values_list("current_id", flat=True)
    return _compiled(tuple(revision for revision in revisions if revision))


def catalogue_of(revisions: Iterable[int]) -> Catalogue:
    """Return the catalogue as it was when exactly these revisions were in force."""
    return Catalogue(revisions)


@lru_cache(maxsize=4)
def _compiled(revisions: tuple[int, ...]) -> Catalogue:
    return Catalogue(revisions)


def _compile(scheme: Scheme, revision: Revision) -> matching.Scheme:
    criteria = [(row.from_text, matching.parse_criterion(row.definition)) for row in revision.criteria.all()]
    return matching.Scheme(
        key=scheme.key,
        window=matching.Window(state=revision.window_state, opens_on=revision.opens_on, closes_on=revision.closes_on),
        criteria=tuple(criterion for from_text, criterion in criteria if not from_text),
        from_text=tuple(criterion for from_text, criterion in criteria if from_text),
        needs={served.sub_need_id: served.weight for served in revision.served_needs.all()},
        targeted_activities=tuple(revision.targeted_naf),
        reach=revision.level,
        kind=revision.kind,
        applicant=revision.applicants[0] if Revision.Applicant.FIRM not in revision.applicants else "firm",
        verified=revision.confidence == Revision.Confidence.VERIFIED,
        preparation_days=revision.preparation_days,
    )


def profile(facts: Facts, *, on: date) -> matching.Profile:
    """Turn facts, named as users name them, into a profile; what is absent or ``None`` is unknown.

    The place of the project is that of the establishment where no other is stated, as for the officer in charge.
    """
    place = _place(facts.get("commune"), facts.get("region"), on=on)
    project_commune = facts.get("project.commune")
    return matching.Profile(
        on=on,
        headcount=_interval(facts.get("headcount")),
        turnover=_interval(facts.get("turnover")),
        balance_sheet=_interval(facts.get("balance_sheet")),
        spend=_interval(facts.get("project.spend")),
        place=place,
        project_place=_place(project_commune, None, on=on) if project_commune else place,
        activity=facts.get("naf") or "",
        legal_category=facts.get("legal_category") or "",
        created_on=date.fromisoformat(facts["created_on"]) if facts.get("created_on") else None,
        micro_entrepreneur=facts.get("micro_entrepreneur"),
        started=facts.get("project.started"),
        activity_2025=facts.get("naf_2025") or "",
        craft_register=facts.get("craft_register"),
        public_body=facts.get("public_body"),
        in_difficulty=facts.get("in_difficulty"),
        taxes_up_to_date=facts.get("taxes_up_to_date"),
        tenure=facts.get("project.tenure") or "",
        horizon=facts.get("project.horizon") or "",
        spend_kinds=None if facts.get("project.spend_kinds") is None else frozenset(facts["project.spend_kinds"]),
        group=None if facts.get("group") is None else tuple(map(_related, facts["group"])),
        previous_years=tuple(map(_figures, facts.get("previous_years") or ())),
        held=held_schemes(facts),
        answers={
            name.removeprefix(Fact.ANSWER): bool(value)
            for name, value in facts.items()
            if name.startswith(Fact.ANSWER) and value is not None
        },
    )


def held_schemes(facts: Facts) -> dict[str, bool]:
    """Return the schemes that the firm is known to have, or not to have: told in a list, or one by one."""
    one_by_one = {
        name.removeprefix(Fact.SCHEME): value for name, value in facts.items() if name.startswith(Fact.SCHEME)
    }
    found = {**(facts.get("schemes") or {}), **one_by_one}
    return {key: value for key, value in found.items() if value is not None}


def _figures(known: Facts) -> matching.Figures:
    return matching.Figures(
        headcount=_interval(known.get("headcount")),
        turnover=_interval(known.get("turnover")),
        balance_sheet=_interval(known.get("balance_sheet")),
    )


def _related(known: Facts) -> matching.Related:
    return matching.Related(
        share=float(known["share"]),
        control=bool(known.get("control")),
        holder=known.get("holder") or "company",
        figures=_figures(known),
        name=known.get("name") or "",
    )


def _interval(value: Any) -> matching.Interval:
    """Read a number, ``[low, high]`` or nothing; a null bound is open."""
    if value is None:
        return matching.Interval()
    if isinstance(value, int | float):
        return matching.Interval(float(value), float(value))
    low, high = value
    return matching.Interval(-inf if low is None else float(low), inf if high is None else float(high))


def _place(commune: str | None, region: str | None, *, on: date) -> matching.Place:
    if commune:
        _keep_communes([(commune, on)])
        return _communes[commune, period_of(on)]
    return _region(region, period_of(on)) if region else matching.ANYWHERE


# What was read of the geography, by commune and period: 35,000 communes at most, a kilobyte each.
_communes: dict[tuple[str, date], matching.Place] = {}


def _keep_communes(wanted: Iterable[tuple[str, date]]) -> None:
    """Read at once the surroundings of the communes that are not known yet."""
    missing: defaultdict[date, set[str]] = defaultdict(set)
    for commune, on in wanted:
        period = period_of(on)
        if (commune, period) not in _communes:
            missing[period].add(commune)
    for period, codes in missing.items():
        found = communes_surroundings(codes, on=period)
        _communes.update({(code, period): _to_place(found.get(code)) for code in codes})


@lru_cache(maxsize=100)
def _region(code: str, period: date) -> matching.Place:
    return _to_place(region_surroundings(code, on=period))


@lru_cache(maxsize=1000)
def _perimeter(code: str, period: date) -> matching.Place:
    return _to_place(perimeter_surroundings(code, on=period))


def _to_place(surroundings: Surroundings | None) -> matching.Place:
    return matching.Place(surroundings.inside, surroundings.possible) if surroundings else matching.ANYWHERE


def clear_caches() -> None:
    """Forget what was compiled: after reference data was loaded again in this process."""
    _compiled.cache_clear()
    _communes.clear()
    _region.cache_clear()
    _perimeter.cache_clear()
    _served_places.cache_clear()
    need_reader.cache_clear()


@lru_cache(maxsize=1)
def need_reader() -> matching.NeedReader:
    """Return the reader of needs for the taxonomy in the database."""
    language = yaml.safe_load((settings.BASE_DIR / "fixtures" / "language.yaml").read_text())
    return matching.NeedReader(
        {
            sub_need.key: matching.Words(tuple(sub_need.words), tuple(sub_need.sentences))
            for sub_need in SubNeed.objects.all()
        },
        stop_words=language["stop_words"].split(),
        negations=language["negations"].split(),
        verb_negations=language["verb_negations"].split(),
    )


def understand(text: str, ticked: Iterable[str]) -> list[Understood]:
    """Read the needs of a submission, the ticked ones first."""
    ticked = set(ticked)
    wish = need_reader().read(text, sorted(ticked))
    found = [
        Understood(key, weight, key in ticked, wish.evidence.get(key, ())) for key, weight in wish.weights.items()
    ]
    return sorted(found, key=lambda need: (not need.ticked, -need.weight, need.sub_need))


def active_weights() -> tuple[WeightSet, matching.Weights]:
    """Return the points in force."""
    weight_set = WeightSet.objects.get(active=True)
    return weight_set, weights_of(weight_set)


def weights_of(weight_set: WeightSet) -> matching.Weights:
    """Return the points of a version as the engine reads them."""
    return matching.Weights(version=weight_set.version, **weight_set.points)


def is_same_activity(code: str, other: str) -> bool:
    """Tell whether of two codes of the NAF, of any level, one holds the other."""
    path, other_path = matching.activity_path(code), matching.activity_path(other)
    return path.startswith(other_path) or other_path.startswith(path)


def rank(
    lines: Sequence[tuple[Facts, date, Mapping[str, float], bool]],
    *,
    compiled: Catalogue | None = None,
    weights: matching.Weights | None = None,
) -> list[list[Ranked]]:
    """Rank a catalogue (ours) for each line: facts, day, weight of each sub-need, whether a need was stated."""
    compiled = compiled or catalogue()
    communes = [(facts.get(name), on) for facts, on, _, _ in lines for name in ("commune", "project.commune")]
    _keep_communes((commune, on) for commune, on in communes if commune)
    profiles = matching.Profiles([profile(facts, on=on) for facts, on, _, _ in lines])
    wishes = [matching.Wish(needs, stated=stated) for _, _, needs, stated in lines]
    answers = matching.rank(profiles, compiled.schemes, wishes, weights or active_weights()[1])
    later = {scheme.key: matching.opens_later(profiles, scheme) for scheme in compiled.schemes}
    return [
        [
            Ranked(
                scheme_key=match.scheme.key,
                revision_id=compiled.revisions[match.scheme.key],
                rank=position,
                score=match.score,
                eligibility=VERDICTS[match.eligibility],
                typed=VERDICTS[match.typed],
                targeted=TARGETED[match.targeted],
                opens_later=bool(later[match.scheme.key][row]),
                addresses=match.addresses,
                need=match.need,
                unknown=match.unknown,
                to_confirm=match.to_confirm,
                parts=dict(match.parts),
            )
            for position, match in enumerate(matches, 1)
        ]
        for row, matches in enumerate(answers)
    ]


def typed_facts() -> frozenset[str]:
    """Return the facts that typed conditions of the catalogue read."""
    return frozenset().union(*(scheme.typed_facts for scheme in catalogue().schemes))


def worth(
    scored: Iterable[tuple[str, float | None, Mapping[str, float]]], weights: matching.Weights | None = None
) -> dict[str, float]:
    """Return by scheme what settling it is worth: its score were nothing left to ask, one point at least."""
    certain = (weights or active_weights()[1]).certain
    return {key: max(1.0, (score or 0.0) - parts.get("certain", 0.0) + certain) for key, score, parts in scored}


def next_questions(
    facts: Facts,
    worth: Mapping[str, float],
    *,
    on: date,
    efforts: Mapping[str, float],
    skip: Iterable[str] = (),
    likely: Mapping[str, Mapping[Any, float]] | None = None,
    told_with: Mapping[str, str] | None = None,
    compiled: Catalogue | None = None,
) -> list[Asked]:
    """Order the facts that leave typed verdicts open, by what the answer settles; ``worth`` names the schemes.

    A commune is known to its last detail: the list of a zone that we do not hold is nothing to ask the firm.
    """
    settled = {*skip, *(["commune"] if facts.get("commune") else [])}
    found = matching.next_questions(
        profile(facts, on=on),
        (compiled or catalogue()).only(worth).schemes,
        worth,
        efforts=efforts,
        skip=settled,
        told_with=told_with,
        likely=likely,
        places=[] if "commune" in settled else _served_places(period_of(on)),
    )
    return [_asked(question) for question in found]


def next_conditions(
    facts: Facts,
    worth: Mapping[str, float],
    *,
    on: date,
    effort: float,
    skip: Iterable[str] = (),
    compiled: Catalogue | None = None,
) -> list[Asked]:
    """Order the conditions left to a person that leave verdicts open."""
    schemes = (compiled or catalogue()).only(worth).schemes
    found = matching.next_conditions(profile(facts, on=on), schemes, worth, effort=effort, skip=set(skip))
    return [_asked(question) for question in found]


def _asked(question: matching.Question) -> Asked:
    return Asked(
        name=question.name,
        ask=question.ask,
        waiting=question.waiting,
        can_settle=question.settles,
        expected=question.expected,
        value=question.value,
    )


@lru_cache(maxsize=4)
def _served_places(period: date) -> tuple[matching.Place, ...]:
    """Return where the firms of the territory may be, each place once."""
    codes = [commune.official_code for commune in served_communes()]
    _keep_communes((code, period) for code in codes)
    return tuple(dict.fromkeys(_communes[code, period_of(period)] for code in codes))


def changes(facts: Facts, revisions: Iterable[Revision], *, on: date) -> dict[int, list[tuple[str, str, Any]]]:
    """Return by revision the smallest change after which nothing excludes the firm, where there is one.

    A change is made of parts, each a fact, how its value is meant, and the value.
    """
    known, period = profile(facts, on=on), period_of(on)
    found = {}
    for revision in revisions:
        scheme = _compile(revision.scheme, revision)
        places = {code: _perimeter(code, period) for code in _places_of_projects(scheme)}
        turn = matching.find_change(known, scheme, places=places)
        if turn and turn.changes:
            after = matching.Profiles([matching.apply_changes(known, turn.changes, places=places)])
            # What is typed from a text, or answered by a person, may still exclude the firm.
            if all(condition.evaluate(after)[0] != matching.NOT_MET for condition in scheme.conditions):
                found[revision.pk] = [(part.fact, part.bound, part.value) for part in turn.changes]
    return found


def _places_of_projects(scheme: matching.Scheme) -> set[str]:
    leaves = (leaf for criterion in scheme.criteria for leaf in matching.leaves(criterion))
    return {code for leaf in leaves if getattr(leaf, "level", "") == "project" for code in getattr(leaf, "any_of", ())}


def explain(facts: Facts, revisions: Iterable[Revision], *, on: date) -> dict[int, list[Line]]:
    """Explain revisions for one profile: one line for each condition, the window first; by revision.

    The revisions are those a match names, so that an old answer is explained with what was true then.
    """
    profiles = matching.Profiles([profile(facts, on=on)])
    return {
        revision.pk: [_line(reason) for reason in matching.explain(profiles, _compile(revision.scheme, revision))]
        for revision in revisions
    }


def reaching(perimeter: str, *, on: date, source: str = Scheme.OWN) -> set[int]:
    """Return the revisions in force that a firm somewhere in a perimeter may have: whose rules its place allows.

    Nothing else of the firm is known, so that only the place can exclude; the window, which has no place, is left out.
    """
    place = _perimeter(perimeter, period_of(on))
    profiles = matching.Profiles([matching.Profile(on=on, place=place, project_place=place)])
    compiled = catalogue(source)
    return {
        compiled.revisions[scheme.key]
        for scheme in compiled.schemes
        if all(
            criterion.evaluate(profiles)[0] != matching.NOT_MET for criterion in (*scheme.criteria, *scheme.from_text)
        )
    }


# -- how schemes stand to each other


def conflicts(
    kept: Collection[str],
    links: Iterable[Link],
    *,
    rates: Mapping[str, tuple[float, float]],
    held: Mapping[str, bool],
) -> list[Conflict]:
    """Return what does not go together among schemes that are kept, by key, or might not."""
    return [
        Conflict(conflict.kind, conflict.schemes, OUTCOMES[conflict.outcome], conflict.cap_pct)
        for conflict in matching.conflicts(kept, _relations(links), rates=rates, held=held)
    ]


def plan(
    scores: Mapping[str, float],
    links: Iterable[Link],
    *,
    rates: Mapping[str, tuple[float, float]],
    held: Mapping[str, bool],
) -> list[tuple[str, tuple[str, ...]]]:
    """Return the schemes that go together best, first steps first, each with those that come directly before it.

    Nothing where the links cannot all hold, as some may have been in force before anything refused them.
    """
    try:
        steps = matching.bundle(scores, _relations(links), rates=rates, held=held)
    except matching.RelationError:
        return []
    return [(step.scheme, step.after) for step in steps]


def _relations(links: Iterable[Link]) -> list[matching.Relation]:
    return [
        matching.Relation(scheme=link.scheme, kind=link.kind, other=link.other, cap_pct=link.cap_pct) for link in links
    ]


def _line(reason: matching.Reason) -> Line:
    return Line(
        definition=matching.dump_criterion(reason.criterion),
        outcome=OUTCOMES[reason.outcome],
        open_facts=reason.open_facts,
        parts=tuple(_line(part) for part in reason.parts),
    )
