"""An activity known in one nomenclature only: decided in the other where all that it may be there agree."""

import pytest

from matching import MET, NOT_MET, UNKNOWN, Correspondence, FactError, Profile, Profiles, explain, parse_criterion
from tests.matching.factories import DAY, make_scheme

# Invented pairs: 25.62A and 25.62B became one, 25.40Z two.
TABLE = Correspondence([("25.62A", "25.53Y"), ("25.62B", "25.53Y"), ("25.40Z", "25.30Y"), ("25.40Z", "33.11Y")])


def outcome(criterion, **codes):
    profile = Profile(
        on=DAY,
        **codes,
        possible_activities=TABLE.of(codes.get("activity_2025", ""), "naf_2025"),
        possible_activities_2025=TABLE.of(codes.get("activity", ""), "naf_rev2"),
    )
    return parse_criterion({"kind": "activity", **criterion}).evaluate(Profiles([profile]))[0]


@pytest.mark.parametrize(
    ("criterion", "codes", "expected"),
    [
        ({"any_of": ["25.6"]}, {"activity_2025": "25.53Y"}, MET),
        ({"any_of": ["25.62B"]}, {"activity_2025": "25.53Y"}, UNKNOWN),
        ({"any_of": ["25.4"]}, {"activity_2025": "25.53Y"}, NOT_MET),
        ({"any_of": ["C"], "none_of": ["25.62A"]}, {"activity_2025": "25.53Y"}, UNKNOWN),
        ({"any_of": ["25.62B"]}, {"activity_2025": "25.53Y", "activity": "25.62A"}, NOT_MET),
        ({"any_of": ["25.62"]}, {"activity_2025": "25.53Y", "activity": "25"}, MET),
        ({"any_of": ["25.62"]}, {"activity_2025": "25.53Y", "activity": "64"}, NOT_MET),
        ({"any_of": ["25.6"]}, {"activity_2025": "25.53"}, UNKNOWN),
        ({"any_of": ["25.6"]}, {"activity_2025": "10.11Y"}, UNKNOWN),
        ({"any_of": ["25"], "nomenclature": "naf_2025"}, {"activity": "25.62A"}, MET),
        ({"any_of": ["25"], "nomenclature": "naf_2025"}, {"activity": "25.40Z"}, UNKNOWN),
        ({"any_of": ["C"], "nomenclature": "naf_2025"}, {"activity": "25.40Z"}, MET),
        ({"any_of": ["10"], "nomenclature": "naf_2025"}, {"activity": "25.40Z"}, NOT_MET),
        ({"any_of": ["C"], "nomenclature": "naf_2025"}, {"activity": "25.4"}, UNKNOWN),
    ],
)
def test_a_criterion_is_decided_where_every_correspondent_agrees(criterion, codes, expected):
    assert outcome(criterion, **codes) == expected


def test_without_a_table_the_other_nomenclature_says_nothing():
    profile = Profiles([Profile(on=DAY, activity_2025="25.53Y")])
    criterion = {"kind": "activity", "any_of": ["C"]}
    assert parse_criterion(criterion).evaluate(profile)[0] == UNKNOWN
    reason = explain(make_scheme("s:a", criterion).criteria[0], profile)
    assert reason.open_facts == ("naf",)


def test_nothing_is_told_of_a_code_whose_correspondents_are_not_all_known():
    table = Correspondence([("25.40Z", "25.30Y"), ("25.62A", "25.30Y")], incomplete={"naf_rev2": ["25.40Z"]})
    assert table.of("25.40Z", "naf_rev2") == frozenset()
    assert table.of("25.62A", "naf_rev2") == {"C2530Y"}
    assert table.of("25.30Y", "naf_2025") == {"C2540Z", "C2562A"}
    silent = Correspondence([("25.40Z", "25.30Y")], silent=["naf_2025"])
    assert (silent.of("25.40Z", "naf_rev2"), silent.of("25.30Y", "naf_2025")) == ({"C2530Y"}, frozenset())


@pytest.mark.parametrize(
    "pair", [("25.4", "25.30Y"), ("25.40Z", "25.3"), ("99.99", "25.30Y"), ("C", "C"), ("", "25.30Y")]
)
def test_a_pair_that_is_not_of_sub_classes_is_refused(pair):
    with pytest.raises(FactError):
        Correspondence([pair])
