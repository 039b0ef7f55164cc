from datetime import date
from time import process_time
from typing import Any

import pytest

from matching import KINDS, CriterionError, Place, Profile, Profiles, dump_criterion, leaves, parse_criterion
from matching.profiles import YES_NO

EXAMPLES: list[dict[str, Any]] = [
    {"kind": "in_territory", "any_of": ["REG-32"], "none_of": ["DEP-02"], "level": "project"},
    {"kind": "activity", "any_of": ["C"], "none_of": ["25.4"]},
    {"kind": "headcount", "below": 250},
    {"kind": "headcount", "at_least": 2.5, "level": "group"},
    {"kind": "turnover", "at_most": 50_000_000},
    {"kind": "turnover", "below": 50_000_000, "level": "group"},
    {"kind": "balance_sheet", "above": 1},
    {"kind": "spend", "at_least": 3000, "at_most": 60_000},
    {"kind": "size_category", "from": "small", "to": "medium"},
    {"kind": "age_months", "at_least": 36},
    {"kind": "age_months", "below": 96},
    {"kind": "legal_form", "any_of": ["5"]},
    {"kind": "activity", "any_of": ["62.10Y"], "nomenclature": "naf_2025"},
    *({"kind": fact} for fact in YES_NO),
    *({"kind": fact, "expected": False} for fact in YES_NO),
    {"kind": "tenure", "any_of": ["owner"]},
    {"kind": "horizon", "none_of": ["later"]},
    {"kind": "spend_kind", "any_of": ["works", "equipment"]},
    {"kind": "holds_scheme", "any_of": ["jonction:a"], "none_of": ["jonction:b"]},
    {"kind": "project_not_started"},
    {"kind": "autonomous"},
    {"kind": "window", "state": "dated", "opens_on": "2026-01-01", "closes_on": "2026-12-31"},
    {"kind": "window", "state": "dated", "opens_on": "2026-03-01", "closes_on": "2026-04-30", "yearly": True},
    {"kind": "manual", "fact": "taxes", "sentence": "À jour.", "ask": "firm"},
    {"kind": "manual", "fact": "novel", "sentence": "Projet innovant.", "nature": "appraisal"},
    {"kind": "all", "of": [{"kind": "manual", "fact": "before", "sentence": "Avant.", "nature": "undertaking"}]},
    {"kind": "all", "of": [{"kind": "any", "of": [{"kind": "project_not_started"}]}]},
    {"kind": "not", "of": {"kind": "activity", "any_of": ["64"], "none_of": ["64.2"]}},
]


@pytest.mark.parametrize("definition", EXAMPLES, ids=lambda definition: definition["kind"])
def test_a_definition_is_written_as_it_was_read(definition: dict[str, Any]) -> None:
    criterion = parse_criterion(definition)
    assert dump_criterion(criterion) == definition
    assert parse_criterion(dump_criterion(criterion)) == criterion


def test_every_kind_has_an_example_here() -> None:
    assert {definition["kind"] for definition in EXAMPLES} | {"any"} == set(KINDS)  # "any" stands in the "all"


def test_a_date_may_come_as_text_or_as_a_date() -> None:
    text = parse_criterion({"kind": "window", "state": "dated", "closes_on": "2026-12-31"})
    assert text == parse_criterion({"kind": "window", "state": "dated", "closes_on": date(2026, 12, 31)})


def test_the_leaves_are_the_ends_of_the_tree() -> None:
    tree = {"kind": "all", "of": [{"kind": "not", "of": {"kind": "project_not_started"}}, {"kind": "window"}]}
    assert [leaf.kind for leaf in leaves(parse_criterion(tree))] == ["project_not_started", "window"]


def nested(depth: int) -> dict[str, Any]:
    definition: dict[str, Any] = {"kind": "project_not_started"}
    for _ in range(depth):
        definition = {"kind": "not", "of": definition}
    return definition


@pytest.mark.parametrize(
    ("definition", "place", "reason"),
    [
        ([], "here", "is not an object"),
        ({}, "here", "Unknown criterion kind None"),
        ({"kind": ["all"]}, "here", "Unknown criterion kind"),
        ({"kind": "headcounts"}, "here", "Known kinds: activity, age_months, all"),
        ({"kind": "headcount", "under": 250}, "here", "no parameter 'under'. Accepted: at_least"),
        ({"kind": "headcount"}, "here", "has no bound"),
        ({"kind": "headcount", "below": "250"}, "here.below", "is not of type float or null"),
        ({"kind": "headcount", "below": True}, "here.below", "is not of type"),
        ({"kind": "headcount", "below": float("nan")}, "here.below", "is not of type"),
        ({"kind": "headcount", "below": 10, "at_most": 9}, "here", "Two bounds on one side"),
        ({"kind": "headcount", "at_least": 10, "below": 10}, "here", "upside down"),
        ({"kind": "headcount", "below": 10, "level": "planet"}, "here", "accepted: company"),
        ({"kind": "spend", "at_least": 2, "at_most": 1}, "here", "upside down"),
        ({"kind": "age_months", "at_least": 1.5}, "here.at_least", "is not of type"),
        ({"kind": "age_months"}, "here", "No bound"),
        ({"kind": "age_months", "at_least": 2, "at_most": 1}, "here", "upside down"),
        ({"kind": "in_territory"}, "here", "names nothing"),
        ({"kind": "in_territory", "any_of": "REG-32"}, "here.any_of", "is not of type tuple"),
        ({"kind": "activity", "any_of": ["99.99Z1"]}, "here.any_of[0]", "no NAF"),
        ({"kind": "legal_form", "any_of": ["SARL"]}, "here.any_of[0]", "1 to 4 digits"),
        ({"kind": "size_category", "to": "big"}, "here", "accepted: micro, small"),
        ({"kind": "size_category", "from": "large", "to": "micro"}, "here", "upside down"),
        ({"kind": "size_category"}, "here", "Every size"),
        ({"kind": "micro_entrepreneur", "expected": "no"}, "here.expected", "is not of type bool"),
        ({"kind": "window", "state": "open"}, "here", "accepted: permanent, dated"),
        ({"kind": "window", "state": "dated"}, "here", "without end"),
        ({"kind": "window", "closes_on": "31/12/2026"}, "here.closes_on", "not a date"),
        ({"kind": "window", "opens_on": "2027-01-01", "closes_on": "2026-01-01"}, "here", "upside down"),
        ({"kind": "window", "state": "unknown", "yearly": True}, "here", "needs both days"),
        (
            {"kind": "window", "opens_on": "2026-01-01", "closes_on": "2027-01-01", "yearly": True},
            "here",
            "less than a year",
        ),
        ({"kind": "age_months", "at_least": 36, "below": 36}, "here", "upside down"),
        ({"kind": "age_months", "at_most": 36, "below": 36}, "here", "Two bounds"),
        ({"kind": "activity", "any_of": ["C", "V"]}, "here.any_of[1]", "'V' is no NAF rév. 2"),
        ({"kind": "activity", "any_of": ["W"], "nomenclature": "naf_2025"}, "here.any_of[0]", "no NAF 2025"),
        ({"kind": "activity", "any_of": ["C"], "nomenclature": "nace"}, "here", "accepted: naf_rev2, naf_2025"),
        ({"kind": "legal_form", "any_of": ["5", ""]}, "here", "empty code"),
        ({"kind": "turnover", "below": 1, "level": "establishment"}, "here", "accepted: company, group"),
        ({"kind": "tenure", "any_of": ["squatter"]}, "here", "accepted: owner, tenant"),
        ({"kind": "tenure"}, "here", "names nothing"),
        ({"kind": "holds_scheme", "any_of": ["a"], "none_of": ["a"]}, "here", "required and excluded"),
        ({"kind": "activity", "_wanted": ["C"]}, "here", "no parameter '_wanted'"),
        ({"kind": "manual", "fact": "taxes"}, "here", "needs both"),
        ({"kind": "manual", "fact": "a", "sentence": "b", "ask": "mayor"}, "here", "accepted: firm, officer"),
        ({"kind": "not"}, "here", "needs of"),
        ({"kind": "all", "of": []}, "here", "of nothing"),
        ({"kind": "all", "of": {"kind": "window"}}, "here.of", "is not a list"),
        ({"kind": "any", "of": [{"kind": "window"}, {"kind": "x"}]}, "here.of[1]", "Unknown criterion kind 'x'"),
        ({"kind": "not", "of": {"kind": "all", "of": [{"kind": "spend"}]}}, "here.of.of[0]", "has no bound"),
        (nested(21), "here" + ".of" * 21, "more than 20 deep"),
    ],
)
def test_a_definition_that_cannot_be_read_names_its_place_and_reason(definition: Any, place: str, reason: str) -> None:
    with pytest.raises(CriterionError) as caught:
        parse_criterion(definition, place="here")
    assert caught.value.place == place
    assert str(caught.value).startswith(f"{place}: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize("kind", ["activity", "legal_form", "in_territory", "holds_scheme", "spend_kind"])
def test_a_hundred_thousand_codes_are_tested_in_bounded_time(kind: str) -> None:
    numbers = [f"{number:05d}" for number in range(100_000)]
    codes = {
        "activity": [f"{n[:4]}{chr(65 + int(n[4]))}" for n in numbers if n[:2] > "00"],
        "legal_form": ["57"] * 100_000,
    }
    criterion = parse_criterion({"kind": kind, "any_of": codes.get(kind, numbers)})
    place = Place(frozenset({"00001"}), frozenset())
    facts = {"activity": "2562B", "legal_category": "5710", "place": place, "spend_kinds": frozenset({"00002"})}
    profiles = Profiles([Profile(on=date(2026, 11, 24), **facts, held={"00003": True})] * 1000)
    started = process_time()
    assert criterion.evaluate(profiles).tolist() == [1] * 1000
    assert process_time() - started < 10


def test_twenty_levels_are_not_too_deep() -> None:
    assert parse_criterion(nested(20))
