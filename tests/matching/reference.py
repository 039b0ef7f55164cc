"""A second reading of the rules, slow and obvious, written without looking at ``matching``: what it must agree with.

Criteria are the JSON of the catalogue. A profile is a dict of plain values: ``on`` is a date, numbers are pairs of low
and high, ``place`` and ``project_place`` are ``{"inside", "possible"}``; ``None`` and ``""`` mean not known.
Outcomes are the words "yes", "no" and "maybe".
"""

import csv
from calendar import monthrange
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[2] / "fixtures"
OPPOSITE = {"yes": "no", "no": "yes", "maybe": "maybe", None: None}
FACTS = {
    "in_territory": {"commune"},
    "activity": {"naf"},
    "headcount": {"headcount"},
    "turnover": {"turnover"},
    "balance_sheet": {"balance_sheet"},
    "spend": {"project.spend"},
    "age_months": {"created_on"},
    "legal_form": {"legal_category"},
    "micro_entrepreneur": {"micro_entrepreneur"},
    "project_not_started": {"project.started"},
    "window": {"window"},
    "manual": {"manual"},
}


def conjunction(outcomes: list[str]) -> str:
    if "no" in outcomes:
        return "no"
    return "maybe" if "maybe" in outcomes else "yes"


def disjunction(outcomes: list[str]) -> str:
    if "yes" in outcomes:
        return "yes"
    return "maybe" if "maybe" in outcomes else "no"


def outcome(criterion: dict[str, Any], facts: dict[str, Any], doubt: str | None = None) -> str:
    """Test a criterion; ``doubt`` is what manual conditions count for, or ``None`` for their real answers."""
    kind = criterion["kind"]
    if kind == "all":
        return conjunction([outcome(part, facts, doubt) for part in criterion["of"]])
    if kind == "any":
        return disjunction([outcome(part, facts, doubt) for part in criterion["of"]])
    if kind == "not":
        return OPPOSITE[outcome(criterion["of"], facts, OPPOSITE[doubt])]
    if kind == "size_category":
        return outcome(spelled_out(criterion), facts, doubt)
    if kind == "manual":
        return doubt or yes_no(facts["answers"].get(criterion["fact"]))
    if kind == "in_territory":
        place = facts["project_place" if criterion.get("level") == "project" else "place"]
        return listed(criterion, lambda code: contains(code, place))
    if kind == "activity":
        return listed(criterion, lambda code: is_under(facts["naf"], code))
    if kind == "legal_form":
        return listed(criterion, lambda code: has_prefix(facts["legal_category"], code))
    if kind == "micro_entrepreneur":
        answer = yes_no(facts["micro_entrepreneur"])
        return answer if criterion.get("expected", True) else OPPOSITE[answer]
    if kind == "project_not_started":
        return OPPOSITE[yes_no(facts["started"])]
    if kind == "age_months":
        return age(criterion, facts["created_on"], facts["on"])
    if kind == "window":
        return window(criterion, facts["on"])
    return bounded(criterion, facts[kind])


def open_facts(criterion: dict[str, Any], facts: dict[str, Any], doubt: str | None = None) -> set[str]:
    """Return the facts that leave a criterion open: of the parts that are open, when the whole is."""
    kind = criterion["kind"]
    if outcome(criterion, facts, doubt) != "maybe":
        return set()
    if kind in ("all", "any"):
        return set().union(*(open_facts(part, facts, doubt) for part in criterion["of"]))
    if kind == "not":
        return open_facts(criterion["of"], facts, OPPOSITE[doubt])
    if kind == "size_category":
        return open_facts(spelled_out(criterion), facts, doubt)
    return FACTS[kind]


def read_facts(criterion: dict[str, Any]) -> set[str]:
    """Return every fact that a criterion reads, whatever is known."""
    kind = criterion["kind"]
    if kind in ("all", "any"):
        return set().union(*map(read_facts, criterion["of"]))
    if kind == "not":
        return read_facts(criterion["of"])
    if kind == "size_category":
        return read_facts(spelled_out(criterion))
    return FACTS[kind]


def judge(scheme: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Answer for a scheme: ``window``, ``criteria``, ``from_text`` and ``targeted_naf``."""
    stated = [{"kind": "window", **scheme["window"]}, *scheme["criteria"]]
    every = [*stated, *scheme.get("from_text", [])]
    eligibility = conjunction([outcome(criterion, facts) for criterion in every])
    typed = conjunction([outcome(criterion, facts, "yes") for criterion in stated])
    unknown = (
        set().union(*(open_facts(criterion, facts, "yes") for criterion in stated)) if typed == "maybe" else set()
    )
    others = set().union(*(open_facts(criterion, facts) for criterion in every)) if eligibility == "maybe" else set()
    read = set().union(*map(read_facts, stated)) - {"manual"}
    verdicts = {"yes": "eligible", "maybe": "undecided", "no": "ineligible"}
    return {
        "eligibility": verdicts[eligibility],
        "typed": verdicts[typed],
        "targeted": {"maybe": "unknown"}.get(aim := targeted(scheme["targeted_naf"], facts["naf"]), aim),
        "unknown": sorted(unknown),
        "to_confirm": sorted(others - read),
    }


def targeted(codes: list[str], naf: str) -> str:
    if not codes or set("ABCDEFGHIJKLMNOPQRSTU") <= set(codes):
        return "yes"
    return disjunction([is_under(naf, code) for code in codes])


def yes_no(value: bool | None) -> str:
    return "maybe" if value is None else "yes" if value else "no"


def listed(criterion: dict[str, Any], test: Any) -> str:
    """Say whether one of ``any_of`` holds and none of ``none_of`` does."""
    wanted, excluded = criterion.get("any_of", []), criterion.get("none_of", [])
    found = disjunction([test(code) for code in wanted]) if wanted else "yes"
    return conjunction([found, OPPOSITE[disjunction([test(code) for code in excluded])]])


def contains(code: str, place: dict[str, Any]) -> str:
    if code in place["inside"]:
        return "yes"
    return "maybe" if place["possible"] is None or code in place["possible"] else "no"


def is_under(naf: str, wanted: str) -> str:
    """Climb the nomenclature from one code, then from the other."""
    if not naf:
        return "maybe"
    naf, wanted = official(naf), official(wanted)
    if wanted in ladder(naf):
        return "yes"
    return "maybe" if naf in ladder(wanted) else "no"


def ladder(code: str) -> list[str]:
    """Return a code and all those above it."""
    steps = [code]
    while parents()[steps[-1]]:
        steps.append(parents()[steps[-1]])
    return steps


@cache
def parents() -> dict[str, str]:
    with (FIXTURES / "naf_rev2.csv").open(encoding="utf-8", newline="") as stream:
        return {row["code"]: row["parent"] for row in csv.DictReader(stream)}


@cache
def official(code: str) -> str:
    return next(known for known in parents() if known.replace(".", "") == code.replace(".", "").upper())


def has_prefix(category: str, wanted: str) -> str:
    if category[: len(wanted)] == wanted:
        return "yes"
    return "maybe" if wanted[: len(category)] == category else "no"


def bounded(criterion: dict[str, Any], band: tuple[float | None, float | None]) -> str:
    low, high = band
    level = criterion.get("level", "company")
    low = 0.0 if level == "establishment" else float("-inf") if low is None else low
    high = float("inf") if level == "group" or high is None else high
    tests = {
        "at_least": lambda number, bound: number >= bound,
        "above": lambda number, bound: number > bound,
        "at_most": lambda number, bound: number <= bound,
        "below": lambda number, bound: number < bound,
    }
    outcomes = []
    for name, test in tests.items():
        if criterion.get(name) is not None:
            at_both_ends = {test(low, criterion[name]), test(high, criterion[name])}
            outcomes.append("maybe" if len(at_both_ends) == 2 else yes_no(at_both_ends.pop()))
    return conjunction(outcomes)


CEILINGS = {
    "micro": (10, 2_000_000, 2_000_000),
    "small": (50, 10_000_000, 10_000_000),
    "medium": (250, 50_000_000, 43_000_000),
    "intermediate": (5000, 1_500_000_000, 2_000_000_000),
}
SIZES = ["micro", "small", "medium", "intermediate", "large"]


def spelled_out(criterion: dict[str, Any]) -> dict[str, Any]:
    """Write a size in staff, turnover and balance sheet."""

    def at_most(size: str) -> dict[str, Any]:
        staff, turnover, balance_sheet = CEILINGS[size]
        figures = [
            {"kind": "turnover", "at_most": turnover},
            {"kind": "balance_sheet", "at_most": balance_sheet},
        ]
        return {"kind": "all", "of": [{"kind": "headcount", "below": staff}, {"kind": "any", "of": figures}]}

    first, last = criterion.get("from", "micro"), criterion.get("to", "large")
    parts = [at_most(last)] if last != "large" else []
    if first != "micro":
        parts.append({"kind": "not", "of": at_most(SIZES[SIZES.index(first) - 1])})
    return {"kind": "all", "of": parts}


def age(criterion: dict[str, Any], created_on: date | None, on: date) -> str:
    if created_on is None:
        return "maybe"
    old_enough = criterion.get("at_least") is None or anniversary(created_on, criterion["at_least"]) <= on
    young_enough = criterion.get("at_most") is None or on <= anniversary(created_on, criterion["at_most"])
    return yes_no(old_enough and young_enough)


def anniversary(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def window(criterion: dict[str, Any], on: date) -> str:
    state, opens_on, closes_on = criterion["state"], criterion.get("opens_on"), criterion.get("closes_on")
    if state in ("closed", "suspended"):
        return "no"
    if opens_on and on < opens_on:
        return "no"
    if closes_on and on > closes_on:
        return "no"
    return "maybe" if state == "unknown" else "yes"
