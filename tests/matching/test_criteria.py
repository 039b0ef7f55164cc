from datetime import date
from math import inf
from typing import Any

import pytest

from matching import (
    MET,
    NOT_MET,
    UNKNOWN,
    FactError,
    Figures,
    Interval,
    Outcome,
    Place,
    Profile,
    Profiles,
    Related,
    activity_path,
    parse_criterion,
)
from tests.matching.factories import DAY, make_profiles, outcome_of

YES, NO, MAYBE = MET, NOT_MET, UNKNOWN


@pytest.mark.parametrize(
    ("band", "expected"),
    [
        ((249, 249), YES),
        ((249.9, 249.9), YES),
        ((250, 250), NO),
        ((200, 249), YES),
        ((250, 499), NO),
        ((200, 300), MAYBE),
        ((200, 250), MAYBE),
        ((249, inf), MAYBE),
        ((-inf, inf), MAYBE),
    ],
)
def test_fewer_than_250_is_a_strict_ceiling_in_decimals(band: tuple[float, float], expected: Outcome) -> None:
    assert outcome_of({"kind": "headcount", "below": 250}, headcount=Interval(*band)) == expected


@pytest.mark.parametrize(
    ("bound", "at", "expected"),
    [
        ("at_least", 10, YES),
        ("at_least", 9.99, NO),
        ("above", 10, NO),
        ("above", 10.01, YES),
        ("at_most", 10, YES),
        ("at_most", 10.01, NO),
        ("below", 10, NO),
        ("below", 9.99, YES),
    ],
)
@pytest.mark.parametrize("fact", ["headcount", "turnover", "balance_sheet", "spend"])
def test_a_bound_is_inside_unless_it_is_strict(fact: str, bound: str, at: float, expected: Outcome) -> None:
    assert outcome_of({"kind": fact, bound: 10}, **{fact: Interval(at, at)}) == expected


@pytest.mark.parametrize(
    ("bound", "band", "expected"),
    [
        ("at_least", (5, 10), MAYBE),
        ("at_least", (10, 12), YES),
        ("at_least", (5, 9.9), NO),
        ("above", (5, 10), NO),
        ("above", (10, 12), MAYBE),
        ("above", (10.1, 12), YES),
        ("at_most", (10, 12), MAYBE),
        ("at_most", (5, 10), YES),
        ("at_most", (10.1, 12), NO),
        ("below", (10, 12), NO),
        ("below", (5, 10), MAYBE),
        ("below", (5, 9.9), YES),
    ],
)
@pytest.mark.parametrize("fact", ["headcount", "turnover", "balance_sheet", "spend"])
def test_a_band_that_ends_on_a_bound_is_in_doubt_only_where_the_bound_decides(
    fact: str, bound: str, band: tuple[float, float], expected: Outcome
) -> None:
    assert outcome_of({"kind": fact, bound: 10}, **{fact: Interval(*band)}) == expected


@pytest.mark.parametrize(
    ("value", "any_of", "none_of", "expected"),
    [
        ("owner", ["owner"], [], YES),
        ("tenant", ["owner"], [], NO),
        ("owner", [], ["tenant"], YES),
        ("tenant", [], ["tenant"], NO),
        ("owner", ["owner", "tenant"], ["owner"], NO),  # what is excluded wins
        ("", ["owner"], [], MAYBE),
        ("", [], ["tenant"], MAYBE),
    ],
)
def test_one_answer_among_few_is_in_or_out(
    value: str, any_of: list[str], none_of: list[str], expected: Outcome
) -> None:
    assert outcome_of({"kind": "tenure", "any_of": any_of, "none_of": none_of}, tenure=value) == expected
    assert outcome_of({"kind": "horizon", "any_of": any_of, "none_of": none_of}, horizon=value) == expected


@pytest.mark.parametrize(
    ("kinds", "any_of", "none_of", "expected"),
    [
        ({"works", "wages"}, ["works"], [], YES),
        ({"wages"}, ["works", "equipment"], [], NO),
        (set(), ["works"], [], NO),  # known to have none
        ({"wages"}, [], ["works"], YES),
        ({"works", "wages"}, ["wages"], ["works"], NO),
        (None, ["works"], [], MAYBE),
        (None, [], ["works"], MAYBE),
    ],
)
def test_a_project_has_a_kind_of_spend_or_has_not(
    kinds: set[str] | None, any_of: list[str], none_of: list[str], expected: Outcome
) -> None:
    known = None if kinds is None else frozenset(kinds)
    assert outcome_of({"kind": "spend_kind", "any_of": any_of, "none_of": none_of}, spend_kinds=known) == expected


@pytest.mark.parametrize(
    ("held", "any_of", "none_of", "expected"),
    [
        ({"a:x": True}, ["a:x", "a:y"], [], YES),
        ({"a:x": False}, ["a:x"], [], NO),
        ({"a:x": False}, ["a:x", "a:y"], [], MAYBE),  # the other one may be had
        ({"a:x": False, "a:y": False}, ["a:x", "a:y"], [], NO),
        ({}, ["a:x"], [], MAYBE),
        ({"a:z": True}, ["a:x"], [], MAYBE),
        ({"a:x": True}, [], ["a:x"], NO),
        ({"a:x": False}, [], ["a:x"], YES),
        ({}, [], ["a:x"], MAYBE),
        ({"a:x": True, "a:y": True}, ["a:x"], ["a:y"], NO),
        ({"a:x": True}, ["a:x"], ["a:y"], MAYBE),
    ],
)
def test_another_scheme_is_a_prerequisite_or_an_exclusion(
    held: dict[str, bool], any_of: list[str], none_of: list[str], expected: Outcome
) -> None:
    assert outcome_of({"kind": "holds_scheme", "any_of": any_of, "none_of": none_of}, held=held) == expected


@pytest.mark.parametrize(
    ("band", "expected"), [((10, 49), YES), ((5, 49), MAYBE), ((5, 9), NO), ((5, 60), MAYBE), ((50, 60), NO)]
)
def test_two_bounds_hold_together(band: tuple[float, float], expected: Outcome) -> None:
    assert outcome_of({"kind": "headcount", "at_least": 10, "below": 50}, headcount=Interval(*band)) == expected


@pytest.mark.parametrize(
    ("level", "bound", "expected"),
    [
        ("establishment", {"below": 50}, YES),  # a site has at most the company's staff
        ("establishment", {"at_least": 10}, MAYBE),
        ("establishment", {"at_least": 50}, NO),
        ("group", {"at_least": 10}, YES),  # a group has at least the company's staff
        ("group", {"below": 50}, MAYBE),
        ("group", {"below": 20}, NO),
    ],
)
def test_staff_of_the_company_bounds_that_of_the_site_and_of_the_group(
    level: str, bound: dict[str, int], expected: Outcome
) -> None:
    assert outcome_of({"kind": "headcount", "level": level, **bound}, headcount=Interval(30, 30)) == expected


@pytest.mark.parametrize(
    ("staff", "turnover", "balance_sheet", "expected"),
    [
        ((249.9, 249.9), (50e6, 50e6), (99e6, 99e6), YES),  # one of the two figures is enough
        ((249.9, 249.9), (99e6, 99e6), (43e6, 43e6), YES),
        ((249.9, 249.9), (50e6 + 1, 50e6 + 1), (43e6 + 1, 43e6 + 1), NO),
        ((250, 250), (0, 0), (0, 0), NO),
        ((250, 250), (-inf, inf), (-inf, inf), NO),
        ((100, 100), (-inf, inf), (-inf, inf), MAYBE),
        ((100, 100), (0, 0), (-inf, inf), YES),
        ((-inf, inf), (0, 0), (0, 0), MAYBE),
        ((200, 300), (0, 0), (0, 0), MAYBE),
    ],
)
def test_an_sme_has_fewer_than_250_staff_and_one_figure_under_its_ceiling(
    staff: tuple[float, float], turnover: tuple[float, float], balance_sheet: tuple[float, float], expected: Outcome
) -> None:
    facts = {"headcount": staff, "turnover": turnover, "balance_sheet": balance_sheet}
    bands: dict[str, Any] = {name: Interval(*band) for name, band in facts.items()} | {"group": ()}
    assert outcome_of({"kind": "size_category", "to": "medium"}, **bands) == expected
    assert outcome_of({"kind": "size_category", "from": "intermediate"}, **bands) == -expected


@pytest.mark.parametrize(
    ("size", "staff", "euros"),
    [("micro", 10, 2e6), ("small", 50, 10e6), ("medium", 250, 43e6), ("intermediate", 5000, 1.5e9)],
)
def test_each_size_stops_at_its_own_ceilings(size: str, staff: float, euros: float) -> None:
    criterion = {"kind": "size_category", "to": size}
    inside: dict[str, Any] = {"turnover": Interval(euros, euros), "balance_sheet": Interval(euros, euros), "group": ()}
    assert outcome_of(criterion, headcount=Interval(staff - 0.1, staff - 0.1), **inside) == YES
    assert outcome_of(criterion, headcount=Interval(staff, staff), **inside) == NO


@pytest.mark.parametrize(
    ("code", "any_of", "none_of", "expected"),
    [
        ("25.62B", ["C"], [], YES),
        ("25.62B", ["25"], [], YES),
        ("2562B", ["25.62B"], [], YES),
        ("25.62b", ["25.6"], [], YES),
        ("25.62B", ["24", "26"], [], NO),
        ("25.62B", ["2"], [], None),
        ("25", ["25.6"], [], MAYBE),  # known only at a higher level
        ("C", ["25"], [], MAYBE),
        ("C", ["01"], [], NO),
        ("", ["C"], [], MAYBE),
        ("25.40Z", ["25"], ["25.4"], NO),  # what is excluded wins
        ("25.62B", ["25"], ["25.4"], YES),
        ("25", ["25"], ["25.4"], MAYBE),
        ("25.40Z", [], ["25.4"], NO),
        ("24.10Z", [], ["25.4"], YES),
        ("", [], ["25.4"], MAYBE),
    ],
)
def test_an_activity_is_tested_at_any_level_and_exclusions_win(
    code: str, any_of: list[str], none_of: list[str], expected: Outcome | None
) -> None:
    criterion = {"kind": "activity", "any_of": any_of, "none_of": none_of}
    if expected is None:
        with pytest.raises(ValueError, match="no NAF"):
            parse_criterion(criterion)
    else:
        assert outcome_of(criterion, activity=code) == expected


@pytest.mark.parametrize("code", ["", "Z", "2", "00", "25.62BB", "2562BB", "abc", "٢٥"])
def test_only_codes_with_the_shape_of_naf_are_read(code: str) -> None:
    with pytest.raises(FactError, match="no NAF"):
        activity_path(code)


HERE = Place(frozenset({"COM-60159", "DEP-60", "REG-32"}), frozenset({"ZONE-afr"}))
REGION_ONLY = Place(frozenset({"REG-32"}), frozenset({"DEP-60", "DEP-02", "ZONE-afr"}))


@pytest.mark.parametrize(
    ("place", "any_of", "none_of", "expected"),
    [
        (HERE, ["DEP-60"], [], YES),
        (HERE, ["DEP-02"], [], NO),
        (HERE, ["DEP-02", "REG-32"], [], YES),
        (HERE, ["ZONE-afr"], [], MAYBE),  # the list is not held there
        (HERE, ["REG-32"], ["ZONE-afr"], MAYBE),
        (HERE, ["REG-32"], ["DEP-60"], NO),
        (HERE, ["REG-84"], ["DEP-02"], NO),  # not excluded, and not in either
        (HERE, ["REG-32"], ["DEP-02"], YES),
        (HERE, [], ["DEP-60"], NO),
        (HERE, [], ["DEP-02"], YES),
        (REGION_ONLY, ["REG-32"], [], YES),
        (REGION_ONLY, ["DEP-60"], [], MAYBE),
        (REGION_ONLY, ["REG-84"], [], NO),
        (Place(), ["REG-32"], [], MAYBE),
        (Place(), [], ["REG-32"], MAYBE),
        (Place(frozenset({"COM-60159"}), None), ["COM-60159"], [], YES),
    ],
)
@pytest.mark.parametrize("level", ["establishment", "project"])
def test_a_territory_is_in_out_or_possible(
    place: Place, any_of: list[str], none_of: list[str], expected: Outcome, level: str
) -> None:
    criterion = {"kind": "in_territory", "any_of": any_of, "none_of": none_of, "level": level}
    assert outcome_of(criterion, **{"place" if level == "establishment" else "project_place": place}) == expected


@pytest.mark.parametrize(
    ("created_on", "on", "at_least", "at_most"),
    [
        ("2023-11-24", "2026-11-23", NO, YES),  # the day before three years
        ("2023-11-24", "2026-11-24", YES, YES),  # the anniversary is inside both
        ("2023-11-24", "2026-11-25", YES, NO),
        ("2024-02-29", "2027-02-27", NO, YES),
        ("2024-02-29", "2027-02-28", YES, YES),  # no 29 February: the last day of the month
        ("2024-02-29", "2027-03-01", YES, NO),
        ("2026-11-25", "2026-11-24", NO, YES),  # not created yet
        (None, "2026-11-24", MAYBE, MAYBE),
    ],
)
def test_an_age_is_counted_by_calendar(created_on: str | None, on: str, at_least: Outcome, at_most: Outcome) -> None:
    facts = {"created_on": created_on and date.fromisoformat(created_on), "on": date.fromisoformat(on)}
    assert outcome_of({"kind": "age_months", "at_least": 36}, **facts) == at_least
    assert outcome_of({"kind": "age_months", "at_most": 36}, **facts) == at_most


@pytest.mark.parametrize(("on", "expected"), [("2026-02-27", NO), ("2026-02-28", YES)])
def test_one_month_after_the_31st_is_the_last_day_of_a_shorter_month(on: str, expected: Outcome) -> None:
    facts = {"created_on": date(2026, 1, 31), "on": date.fromisoformat(on)}
    assert outcome_of({"kind": "age_months", "at_least": 1}, **facts) == expected


@pytest.mark.parametrize(
    ("state", "opens_on", "closes_on", "on", "expected"),
    [
        ("permanent", None, None, "2026-11-24", YES),
        ("permanent", "2027-01-01", None, "2026-12-31", NO),
        ("permanent", "2027-01-01", None, "2027-01-01", YES),
        ("dated", "2026-01-01", "2026-12-31", "2025-12-31", NO),
        ("dated", "2026-01-01", "2026-12-31", "2026-01-01", YES),
        ("dated", "2026-01-01", "2026-12-31", "2026-12-31", YES),  # the last day is inside
        ("dated", "2026-01-01", "2026-12-31", "2027-01-01", NO),
        ("dated", None, "2026-12-31", "1999-01-01", YES),
        ("unknown", None, None, "2026-11-24", MAYBE),  # no end date is not "open"
        ("unknown", "2026-12-01", None, "2026-11-30", NO),
        ("unknown", "2026-12-01", None, "2026-12-01", MAYBE),
        ("unknown", None, "2026-11-23", "2026-11-24", NO),
        ("closed", None, None, "2026-11-24", NO),
        ("closed", "2026-01-01", "2026-12-31", "2026-06-01", NO),
        ("suspended", None, None, "2026-11-24", NO),
        ("exhausted", None, None, "2026-11-24", NO),
        ("exhausted", "2026-01-01", "2026-12-31", "2026-11-24", NO),
    ],
)
def test_a_window_holds_from_its_first_to_its_last_day(
    state: str, opens_on: str | None, closes_on: str | None, on: str, expected: Outcome
) -> None:
    definition = {"kind": "window", "state": state, "opens_on": opens_on, "closes_on": closes_on}
    assert outcome_of(definition, on=date.fromisoformat(on)) == expected


@pytest.mark.parametrize(
    ("seen_until", "on", "expected"),
    [
        ("2026-12-24", "2026-11-23", MAYBE),  # a page says nothing of the day before it
        ("2026-12-24", "2026-11-24", YES),
        ("2026-12-24", "2026-12-24", YES),
        ("2026-12-24", "2026-12-25", MAYBE),
        (None, "2026-11-24", MAYBE),  # seen by somebody else than who runs it
    ],
)
def test_a_window_seen_open_is_met_as_long_as_that_holds(seen_until: str | None, on: str, expected: Outcome) -> None:
    definition = {"kind": "window", "state": "unknown", "seen_on": "2026-11-24", "seen_until": seen_until}
    assert outcome_of(definition, on=date.fromisoformat(on)) == expected


@pytest.mark.parametrize(
    ("category", "any_of", "none_of", "expected"),
    [
        ("5710", ["57"], [], YES),
        ("5710", ["5710"], [], YES),
        ("5499", ["57"], [], NO),
        ("5", ["57"], [], MAYBE),
        ("", ["57"], [], MAYBE),
        ("5710", ["5"], ["57"], NO),
        ("5", ["5"], ["57"], MAYBE),
        ("1000", [], ["5"], YES),
    ],
)
def test_a_legal_form_is_tested_by_prefix(
    category: str, any_of: list[str], none_of: list[str], expected: Outcome
) -> None:
    definition = {"kind": "legal_form", "any_of": any_of, "none_of": none_of}
    assert outcome_of(definition, legal_category=category) == expected


@pytest.mark.parametrize(("value", "expected"), [(True, YES), (False, NO), (None, MAYBE)])
def test_yes_no_and_not_said_are_three_answers(value: bool | None, expected: Outcome) -> None:
    assert outcome_of({"kind": "micro_entrepreneur"}, micro_entrepreneur=value) == expected
    assert outcome_of({"kind": "micro_entrepreneur", "expected": False}, micro_entrepreneur=value) == -expected
    assert outcome_of({"kind": "project_not_started"}, started=value) == -expected


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (None, MAYBE),
        ((), YES),
        ((Related(share=24.9), Related(share=50, holder="exempt_investor")), YES),
        ((Related(share=25),), NO),
        ((Related(share=50.1, holder="exempt_investor"),), NO),
        ((Related(share=0, control=True),), NO),
    ],
)
def test_a_share_of_a_quarter_or_control_ends_autonomy_and_half_of_an_exempt_investor_does_not(
    group: tuple[Related, ...] | None, expected: Outcome
) -> None:
    assert outcome_of({"kind": "autonomous"}, group=group) == expected
    assert open_facts({"kind": "autonomous"}, group=group) == ({"group"} if expected == MAYBE else set())


MANUAL = {"kind": "manual", "fact": "taxes", "sentence": "À jour."}


@pytest.mark.parametrize(("answers", "expected"), [({}, MAYBE), ({"taxes": True}, YES), ({"taxes": False}, NO)])
def test_a_manual_condition_is_unknown_until_someone_answers_it(answers: dict[str, bool], expected: Outcome) -> None:
    assert outcome_of(MANUAL, answers=answers) == expected


@pytest.mark.parametrize("nature", ["appraisal", "undertaking"])
@pytest.mark.parametrize("answers", [{}, {"taxes": True}, {"taxes": False}])
@pytest.mark.parametrize("assume", [None, MET, NOT_MET])
def test_what_decides_nothing_is_met_whatever_was_answered_and_asks_nothing(
    nature: str, answers: dict[str, bool], assume: Outcome | None
) -> None:
    criterion, profiles = parse_criterion({**MANUAL, "nature": nature}), make_profiles(answers=answers)
    assert criterion.evaluate(profiles, assume=assume)[0] == MET
    assert (criterion.facts, criterion.open_facts(profiles, assume=assume)) == ((), {})


def test_a_manual_condition_is_given_the_benefit_of_the_doubt_on_both_sides_of_a_not() -> None:
    profiles = make_profiles(answers={"taxes": False})
    assert parse_criterion(MANUAL).evaluate(profiles, assume=MET)[0] == MET
    assert parse_criterion({"kind": "not", "of": MANUAL}).evaluate(profiles, assume=MET)[0] == MET


STAFF = {"kind": "headcount", "below": 250}
NAF = {"kind": "activity", "any_of": ["C"]}


@pytest.mark.parametrize(
    ("kind", "staff", "code", "expected"),
    [
        ("all", 10, "25", YES),
        ("all", 10, "", MAYBE),
        ("all", 300, "", NO),  # one that fails settles it, whatever is unknown
        ("any", 300, "01", NO),
        ("any", 300, "", MAYBE),
        ("any", 10, "", YES),
    ],
)
def test_all_is_the_worst_and_any_the_best_of_the_parts(kind: str, staff: float, code: str, expected: Outcome) -> None:
    facts = {"headcount": Interval(staff, staff), "activity": code}
    assert outcome_of({"kind": kind, "of": [STAFF, NAF]}, **facts) == expected


def open_facts(definition: dict[str, object], assume: Outcome | None = None, **facts: object) -> set[str]:
    found = parse_criterion(definition).open_facts(make_profiles(**facts), assume=assume)
    return {fact for fact, rows in found.items() if rows[0]}


def test_a_part_that_decides_nothing_asks_nothing() -> None:
    both = {"kind": "any", "of": [STAFF, NAF]}
    assert open_facts(both) == {"headcount", "naf"}
    assert open_facts(both, headcount=Interval(10, 10)) == set()
    assert open_facts(both, headcount=Interval(300, 300)) == {"naf"}
    assert open_facts({"kind": "not", "of": both}) == {"headcount", "naf"}


def test_what_is_assumed_is_assumed_at_every_depth() -> None:
    either: dict[str, object] = {"kind": "any", "of": [MANUAL, STAFF]}
    assert open_facts({"kind": "not", "of": either}) == {"manual.operator", "headcount"}
    # Under the "not" the condition is taken as not met: the staff alone is left to ask.
    assert open_facts({"kind": "not", "of": either}, assume=MET) == {"headcount"}
    assert open_facts({"kind": "not", "of": {"kind": "not", "of": either}}, assume=MET) == set()
    assert open_facts({"kind": "not", "of": {"kind": "all", "of": [MANUAL, STAFF]}}, assume=MET) == set()


def test_two_parts_on_one_fact_leave_it_open_where_either_does() -> None:
    both = parse_criterion({"kind": "all", "of": [STAFF, {"kind": "headcount", "at_least": 10}]})
    several = Profiles([Profile(on=DAY, headcount=Interval(*band)) for band in ((5, 20), (20, 300), (20, 30))])
    assert both.open_facts(several)["headcount"].tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("on", "expected"), [("2025-11-23", NO), ("2025-11-24", YES), ("2026-11-24", YES), ("2026-11-25", NO)]
)
def test_an_age_is_between_both_its_bounds(on: str, expected: Outcome) -> None:
    facts = {"created_on": date(2023, 11, 24), "on": date.fromisoformat(on)}
    assert outcome_of({"kind": "age_months", "at_least": 24, "at_most": 36}, **facts) == expected
    last_day = YES if on == "2025-11-24" else NO
    assert outcome_of({"kind": "age_months", "at_least": 24, "at_most": 24}, **facts) == last_day
    assert outcome_of({"kind": "age_months", "at_least": 24, "below": 25}, **facts) == last_day


def test_a_size_asks_only_for_the_figures_that_matter() -> None:
    sme = {"kind": "size_category", "to": "medium"}
    assert open_facts(sme) == {"headcount", "turnover", "balance_sheet", "group"}
    assert open_facts(sme, headcount=Interval(250, 499)) == set()
    assert open_facts(sme, headcount=Interval(10, 19)) == {"turnover", "balance_sheet", "group"}
    assert open_facts(sme, headcount=Interval(10, 19), group=()) == {"turnover", "balance_sheet"}
    assert open_facts(sme, turnover=Interval(0, 0), group=()) == {"headcount"}
    # The firm's own figures are under the ceilings: only those of its group can still matter.
    assert open_facts(sme, headcount=Interval(10, 19), turnover=Interval(0, 1)) == {"group"}


def related(share: float, low: float, high: float) -> Related:
    nothing = Interval(0, 0)
    figures = Figures(headcount=Interval(low, high), turnover=nothing, balance_sheet=nothing)
    return Related(share=share, figures=figures)


@pytest.mark.parametrize(
    ("own", "group", "expected", "missing"),
    [
        ((30, 30), None, MAYBE, {"group"}),
        ((30, 60), None, MAYBE, {"group", "headcount"}),
        ((60, 60), None, NO, set()),  # a sum only grows
        ((30, 30), (), YES, set()),
        ((30, 60), (), MAYBE, {"headcount"}),
        ((30, 30), (related(40, 49, 49),), YES, set()),  # 30 + 19.6
        ((30, 30), (related(40, 50, 50),), NO, set()),
        ((30, 30), (related(40, 20, 60),), MAYBE, {"group"}),
        ((30, 30), (related(24.9, 20, 600),), YES, set()),
        ((30, 30), (related(24.9, 20, 600), related(60, 10, 30)), MAYBE, {"group"}),
        ((20, 40), (related(60, 15, 15),), MAYBE, {"headcount"}),
        ((20, 40), (related(60, 5, 15),), MAYBE, {"headcount", "group"}),
    ],
)
def test_the_sum_of_a_group_asks_for_the_part_that_is_missing(
    own: tuple[float, float], group: tuple[Related, ...] | None, expected: Outcome, missing: set[str]
) -> None:
    facts: dict[str, Any] = {"headcount": Interval(*own), "group": group}
    definition: dict[str, object] = {"kind": "headcount", "level": "group", "below": 50}
    assert outcome_of(definition, **facts) == expected
    assert open_facts(definition, **facts) == missing
    small: dict[str, object] = {"kind": "size_category", "to": "small"}
    facts |= {"turnover": Interval(0, 0), "balance_sheet": Interval(0, 0)}
    assert outcome_of(small, **facts) == expected
    assert open_facts(small, **facts) == missing


def test_two_small_years_do_not_settle_the_size_of_a_firm_that_public_bodies_may_hold() -> None:
    before = Figures(headcount=Interval(9, 9), turnover=Interval(0, 0), balance_sheet=Interval(0, 0))
    micro: dict[str, object] = {"kind": "size_category", "to": "micro"}
    facts: dict[str, Any] = {"headcount": Interval(300, 300), "previous_years": (before, before)}
    assert outcome_of(micro, **facts) == MAYBE
    assert open_facts(micro, **facts) == {"group"}
    assert outcome_of(micro, **facts, group=()) == YES
    assert outcome_of(micro, **facts, group=(Related(share=25, holder="public_body"),)) == NO


def test_an_earlier_year_that_is_vague_is_asked_for() -> None:
    before = Figures(headcount=Interval(40, 60), turnover=Interval(0, 0), balance_sheet=Interval(0, 0))
    nothing = {"turnover": Interval(0, 0), "balance_sheet": Interval(0, 0), "group": ()}
    small: dict[str, object] = {"kind": "size_category", "to": "small"}
    facts: dict[str, Any] = {"headcount": Interval(50, 50), **nothing, "previous_years": (before,)}
    assert outcome_of(small, **facts) == MAYBE
    assert open_facts(small, **facts) == {"previous_years"}
    assert open_facts({"kind": "size_category", "to": "medium"}, **facts) == set()
    assert open_facts({"kind": "size_category", "from": "medium", "to": "medium"}, **facts) == {"previous_years"}


def test_a_manual_condition_asks_nothing_where_it_is_assumed() -> None:
    assert open_facts(MANUAL) == {"manual.operator"}
    assert open_facts(MANUAL, assume=MET) == set()


def test_an_interval_upside_down_is_refused() -> None:
    with pytest.raises(FactError, match="upside down"):
        Interval(2, 1)


def test_a_profile_of_nothing_is_unknown_to_every_fact() -> None:
    profile = Profile(on=DAY)
    assert (profile.headcount, profile.activity, profile.started) == (Interval(), "", None)
