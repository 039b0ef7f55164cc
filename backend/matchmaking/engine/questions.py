"""What to ask next, and what would turn a no."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import matching
from backend.matchmaking.engine.compiled import Catalogue, catalogue, compile_revision
from backend.matchmaking.engine.firms import POSSIBLE, Facts, perimeter_place, profile, served_places
from backend.matchmaking.engine.ranking import active_weights
from backend.schemes.models import Revision
from backend.territories.services import period_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is left to ask: who knows, which schemes wait for it, which it can decide, and how many on average."""

    name: str
    ask: str
    waiting: tuple[str, ...]
    can_settle: tuple[str, ...]
    expected: float
    value: float


def worth(
    scored: Iterable[tuple[str, float | None, Mapping[str, float]]], weights: matching.Weights | None = None
) -> dict[str, float]:
    """Return by scheme what a definite verdict is worth: its score were nothing left to ask, one point at least."""
    certain = (weights or active_weights()[1]).certain
    return {
        key: max(1.0, (score or 0.0) - parts.get("certain", 0.0) - parts.get("asks", 0.0) + certain)
        for key, score, parts in scored
    }


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
    """Order the facts that leave typed verdicts open, by what the answer decides; ``worth`` names the schemes.

    A commune is known to its last detail: the list of a zone that we do not hold is nothing to ask the firm.
    """
    known = {*skip, *(["commune"] if facts.get("commune") else [])}
    found = matching.next_questions(
        profile(facts, on=on),
        (compiled or catalogue()).named(worth),
        worth,
        efforts=efforts,
        skip=known,
        told_with=told_with,
        likely=likely,
        places=[] if "commune" in known else served_places(period_of(on)),
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
    schemes = (compiled or catalogue()).named(worth)
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


def parse_rules(definitions: Mapping[str, Mapping[str, Any]]) -> Mapping[str, matching.Criterion]:
    """Return rules that are written as criteria, ready to be asked."""
    return {name: matching.parse_criterion(definition) for name, definition in definitions.items()}


def implausible(
    facts: Facts, rules: Mapping[str, matching.Criterion], *, on: date, spoken: Iterable[str] = ()
) -> frozenset[str]:
    """Return the questions that make no sense for a firm: those whose rule it does not meet.

    What is unknown is asked. ``spoken`` are the codes of the trades that its words speak of, while it has no other.
    """
    if spoken and not any(facts.get(name) for name in ("naf", "naf_2025")):
        facts = {**facts, POSSIBLE["naf_rev2"]: [*map(matching.activity_path, spoken)]}
    alone = matching.Profiles([profile(facts, on=on)])
    return frozenset(name for name, rule in rules.items() if _is_not_met(rule, alone))


_is_not_met = matching.ByClass(lambda rule, alone: rule.evaluate(alone)[0] == matching.NOT_MET)


def changes(facts: Facts, revisions: Iterable[Revision], *, on: date) -> dict[int, list[tuple[str, str, Any]]]:
    """Return by revision the smallest change after which nothing excludes the firm, where there is one.

    A change is made of parts, each a fact, how its value is meant, and the value.
    """
    known, period = profile(facts, on=on), period_of(on)
    found = {}
    for revision in revisions:
        scheme = compile_revision(revision)
        places = {code: perimeter_place(code, period) for code in _places_of_projects(scheme)}
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
