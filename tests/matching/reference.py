"""A second reading of the rules, slow and obvious, written without looking at ``matching``: what it must agree with.

Criteria are the JSON of the catalogue. A profile is a dict of plain values: ``on`` is a date, numbers are pairs of low
and high, ``place`` and ``project_place`` are ``{"inside", "possible"}``; ``None`` and ``""`` mean not known.
Outcomes are the words "yes", "no" and "maybe".
"""

import csv
from calendar import monthrange
from datetime import date
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[2] / "fixtures"
OPPOSITE = {"yes": "no", "no": "yes", "maybe": "maybe", None: None}
FIGURES = ("headcount", "turnover", "balance_sheet")
STATES = ("micro_entrepreneur", "craft_register", "public_body", "in_difficulty", "taxes_up_to_date")
FACTS = {
    "in_territory": {"commune"},
    "spend": {"project.spend"},
    "spend_kind": {"project.spend_kinds"},
    "tenure": {"project.tenure"},
    "horizon": {"project.horizon"},
    "holds_scheme": {"schemes"},
    "age_months": {"created_on"},
    "legal_form": {"legal_category"},
    "project_not_started": {"project.started"},
    "window": {"window"},
    "size_category": {*FIGURES, "group", "previous_years"},
    "autonomous": {"group"},
    **{state: {state} for state in STATES},
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
        return size(criterion, facts)
    if kind == "manual":
        if criterion.get("nature", "condition") != "condition":
            return "yes"
        return doubt or yes_no(facts["answers"].get(criterion["fact"]))
    if kind == "in_territory":
        place = facts["project_place" if criterion.get("level") == "project" else "place"]
        return listed(criterion, lambda code: contains(code, place))
    if kind == "activity":
        return of_all_it_may_be(facts, criterion.get("nomenclature", "naf_rev2"), lambda test: listed(criterion, test))
    if kind == "legal_form":
        return listed(criterion, lambda code: has_prefix(facts["legal_category"], code))
    if kind in ("tenure", "horizon"):
        return listed(criterion, lambda value: yes_no(facts[kind] == value if facts[kind] else None))
    if kind == "spend_kind":
        return listed(criterion, lambda value: yes_no(None if facts[kind] is None else value in facts[kind]))
    if kind == "holds_scheme":
        return listed(criterion, lambda key: yes_no(facts["held"].get(key)))
    if kind in STATES:
        answer = yes_no(facts[kind])
        return answer if criterion.get("expected", True) else OPPOSITE[answer]
    if kind == "autonomous":
        return alone(facts["group"])
    if kind == "project_not_started":
        return OPPOSITE[yes_no(facts["started"])]
    if kind == "age_months":
        return age(criterion, facts["created_on"], facts["on"])
    if kind == "window":
        return window(criterion, facts["on"])
    if criterion.get("level") == "group":
        return bounded(criterion, total(kind, facts))
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
        return open_size(criterion, facts)
    if criterion.get("level") == "group":
        return open_total(kind, facts, alone=outcome({**criterion, "level": "company"}, facts) == "maybe")
    return read_facts(criterion)


def read_facts(criterion: dict[str, Any]) -> set[str]:
    """Return every fact that a criterion reads, whatever is known."""
    kind = criterion["kind"]
    if kind in ("all", "any"):
        return set().union(*map(read_facts, criterion["of"]))
    if kind == "not":
        return read_facts(criterion["of"])
    if kind == "activity":
        return {"naf_2025"} if criterion.get("nomenclature") == "naf_2025" else {"naf"}
    if kind in FIGURES:
        return {kind, "group"} if criterion.get("level") == "group" else {kind}
    if kind == "manual":
        is_condition = criterion.get("nature", "condition") == "condition"
        return {f"manual.{criterion.get('ask', 'operator')}"} if is_condition else set()
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
    read = set().union(*map(read_facts, stated)) - {"manual.firm", "manual.officer", "manual.operator"}
    verdicts = {"yes": "eligible", "maybe": "undecided", "no": "ineligible"}
    return {
        "eligibility": verdicts[eligibility],
        "typed": verdicts[typed],
        "targeted": {"maybe": "unknown"}.get(aim := targeted(scheme, facts), aim),
        "unknown": sorted(unknown),
        "to_confirm": sorted(others - read),
    }


def targeted(scheme: dict[str, Any], facts: dict[str, Any]) -> str:
    old, new = scheme["targeted_naf"], scheme.get("targeted_naf_2025", [])
    if set("ABCDEFGHIJKLMNOPQRSTU") <= set(old) or set("ABCDEFGHIJKLMNOPQRSTUV") <= set(new):
        return "yes"
    aims = [(old, "naf_rev2"), (new, "naf_2025")]
    found = [
        of_all_it_may_be(facts, name, lambda test, codes=codes: disjunction([test(code) for code in codes]))
        for codes, name in aims
        if codes
    ]
    return disjunction(found) if found else "yes"


def of_all_it_may_be(facts: dict[str, Any], nomenclature: str, judge_with: Any) -> str:
    """Judge an activity by each code that it may have in a nomenclature; where these differ, nobody knows."""
    under = is_under_2025 if nomenclature == "naf_2025" else is_under
    codes = activities_of(facts, nomenclature, under)
    found = {judge_with(lambda wanted, code=code: under(code, wanted)) for code in codes}
    return found.pop() if len(found) == 1 else "maybe"


def activities_of(facts: dict[str, Any], nomenclature: str, under: Any) -> list[str]:
    """Return the codes that an activity may have: its own, or those that its code in the other list corresponds to."""
    old, new = facts["naf"].replace(".", ""), facts["naf_2025"].replace(".", "")
    own = facts["naf"] if nomenclature == "naf_rev2" else facts["naf_2025"]
    if len(own.replace(".", "")) == 5:
        return [own]
    linked = [
        one if nomenclature == "naf_rev2" else other
        for one, other in facts.get("links", [])
        if (other.replace(".", "") == new if nomenclature == "naf_rev2" else one.replace(".", "") == old)
    ]
    return [code for code in linked if not own or under(code, own) == "yes"] or [own]


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


# Sections of NACE Rev. 2.1, Delegated Regulation (EU) 2023/137: one letter a division, from 01 to 99.
DIVISIONS_2025 = {
    **dict.fromkeys(range(1, 4), "A"), **dict.fromkeys(range(5, 10), "B"), **dict.fromkeys(range(10, 34), "C"),
    35: "D", **dict.fromkeys(range(36, 40), "E"), **dict.fromkeys(range(41, 44), "F"), 46: "G", 47: "G",
    **dict.fromkeys(range(49, 54), "H"), 55: "I", 56: "I", **dict.fromkeys(range(58, 61), "J"),
    **dict.fromkeys(range(61, 64), "K"), **dict.fromkeys(range(64, 67), "L"), 68: "M",
    **dict.fromkeys(range(69, 76), "N"), **dict.fromkeys(range(77, 83), "O"), 84: "P", 85: "Q",
    **dict.fromkeys(range(86, 89), "R"), **dict.fromkeys(range(90, 94), "S"), **dict.fromkeys(range(94, 97), "T"),
    97: "U", 98: "U", 99: "V",
}  # fmt: skip


def is_under_2025(naf: str, wanted: str) -> str:
    def written_out(code: str) -> str:
        code = code.replace(".", "").upper()
        return code if code.isalpha() else DIVISIONS_2025[int(code[:2])] + code

    return has_prefix(written_out(naf) if naf else "", written_out(wanted))


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
    high = float("inf") if high is None else high
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


def counted(related: dict[str, Any]) -> float:
    """Return the percentage of a related enterprise that is added: all, the share held, or nothing."""
    if related["control"] or related["share"] > 50:
        return 100
    return related["share"] if related["share"] >= 25 and related["holder"] != "exempt_investor" else 0


def alone(group: list[dict[str, Any]] | None) -> str:
    """Tell whether nobody holds a quarter of the firm, nor the firm of anybody; some investors may hold half of it."""
    if group is None:
        return "maybe"
    for related in group:
        allowed = 50 if related["holder"] == "exempt_investor" else 24.999999
        if related["control"] or related["share"] > allowed:
            return "no"
    return "yes"


def total(figure: str, facts: dict[str, Any]) -> tuple[float | None, float | None]:
    """Add a figure over the firm and its group; with no word of the group, at least the firm's own."""
    lows, highs = [facts[figure][0] or 0], [facts[figure][1]]
    for related in facts["group"] or []:
        percent = counted(related)
        if percent:
            low, high = related[figure]
            lows.append((low or 0) * percent / 100)
            highs.append(None if high is None else high * percent / 100)
    known = facts["group"] is not None and None not in highs
    return sum(lows), sum(highs) if known else None


def open_total(figure: str, facts: dict[str, Any], *, alone: bool) -> set[str]:
    """Return what leaves a sum open; ``alone`` says whether the firm's own figure would leave the question open."""
    low, high = facts[figure]
    found = set()
    if not (low == high and low is not None) and (alone or facts["group"] is not None):
        found.add(figure)
    if facts["group"] is None:
        return found | {"group"}
    vague = [related for related in facts["group"] if counted(related) and not is_exact(related[figure])]
    return found | ({"group"} if vague else set())


def is_exact(band: tuple[float | None, float | None]) -> bool:
    return band[0] is not None and band[0] == band[1]


def under_ceilings(ceiling: str, year: dict[str, Any]) -> dict[str, Any]:
    """Say of each figure of a year whether it is under the ceiling of a size."""
    staff, turnover, balance_sheet = CEILINGS[ceiling]
    return {
        "headcount": bounded({"below": staff}, year["headcount"]),
        "turnover": bounded({"at_most": turnover}, year["turnover"]),
        "balance_sheet": bounded({"at_most": balance_sheet}, year["balance_sheet"]),
    }


def is_under_ceiling(ceiling: str, year: dict[str, Any]) -> str:
    tests = under_ceilings(ceiling, year)
    return conjunction([tests["headcount"], disjunction([tests["turnover"], tests["balance_sheet"]])])


def closed_years(facts: dict[str, Any]) -> list[dict[str, Any]]:
    """Return consolidated figures, the last closed year first."""
    return [{figure: total(figure, facts) for figure in FIGURES}, *facts["previous_years"]]


def at_most(size: str, facts: dict[str, Any]) -> str:
    """Say whether the enterprise counts as that size or a smaller one: try every way the open years may turn out."""
    held = [related for related in facts["group"] or [] if related["holder"] == "public_body"]
    if SIZES.index(size) <= SIZES.index("medium") and (
        sum(round(related["share"] * 1000) for related in held) >= 25_000 or any(r["control"] for r in held)
    ):
        return "no"
    years = [is_under_ceiling(size, year) for year in closed_years(facts)]
    ways = product(*(["yes", "no"] if year == "maybe" else [year] for year in years))
    statuses = {status_after(list(reversed(way))) for way in ways}
    if facts["group"] is None and size in ("micro", "small", "medium"):
        statuses.add("no")  # public bodies may hold a quarter of it
    return statuses.pop() if len(statuses) == 1 else "maybe"


def status_after(years: list[str]) -> str:
    """Tell the status after closed years, the first one first: it changes with the second year running."""
    status = years[0]
    for before, year in pairwise(years):
        if before == year:
            status = year
    return status


def ceilings_that_matter(criterion: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the size that must be passed and the one that must not."""
    first, last = criterion.get("from", "micro"), criterion.get("to", "large")
    passed = SIZES[SIZES.index(first) - 1] if first != "micro" else None
    return passed, last if last != "large" else None


def size(criterion: dict[str, Any], facts: dict[str, Any]) -> str:
    passed, last = ceilings_that_matter(criterion)
    return conjunction(
        [
            OPPOSITE[at_most(passed, facts)] if passed else "yes",
            at_most(last, facts) if last else "yes",
        ]
    )


def open_size(criterion: dict[str, Any], facts: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    own = {figure: facts[figure] for figure in FIGURES}
    for ceiling in ceilings_that_matter(criterion):
        if ceiling is None or at_most(ceiling, facts) != "maybe":
            continue
        year, *earlier = closed_years(facts)
        for figure in open_in_year(ceiling, year):
            found |= open_total(figure, facts, alone=figure in open_in_year(ceiling, own))
        if any(is_under_ceiling(ceiling, before) == "maybe" for before in earlier):
            found.add("previous_years")
        if facts["group"] is None and ceiling in ("micro", "small", "medium"):
            found.add("group")
    return found


def open_in_year(ceiling: str, year: dict[str, Any]) -> set[str]:
    if is_under_ceiling(ceiling, year) != "maybe":
        return set()
    tests = under_ceilings(ceiling, year)
    euros = {"turnover": tests["turnover"], "balance_sheet": tests["balance_sheet"]}
    found = {"headcount"} if tests["headcount"] == "maybe" else set()
    if disjunction(list(euros.values())) == "maybe":
        found |= {figure for figure, test in euros.items() if test == "maybe"}
    return found


def age(criterion: dict[str, Any], created_on: date | None, on: date) -> str:
    if created_on is None:
        return "maybe"
    old_enough = criterion.get("at_least") is None or anniversary(created_on, criterion["at_least"]) <= on
    young_enough = criterion.get("at_most") is None or on <= anniversary(created_on, criterion["at_most"])
    younger = criterion.get("below") is None or on < anniversary(created_on, criterion["below"])
    return yes_no(old_enough and young_enough and younger)


def anniversary(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def window(criterion: dict[str, Any], on: date) -> str:
    state, opens_on, closes_on = criterion["state"], criterion.get("opens_on"), criterion.get("closes_on")
    if criterion.get("seen_until") and criterion["seen_on"] <= on <= criterion["seen_until"]:
        state = "permanent"
    if state in ("closed", "suspended", "exhausted"):
        return "no"
    if criterion.get("yearly"):
        occurrences = [(anniversary(opens_on, 12 * n), anniversary(closes_on, 12 * n)) for n in range(60)]
        inside = any(opening <= on <= closing for opening, closing in occurrences)
        return "no" if not inside else "maybe" if state == "unknown" else "yes"
    if opens_on and on < opens_on:
        return "no"
    if closes_on and on > closes_on:
        return "no"
    return "maybe" if state == "unknown" else "yes"
