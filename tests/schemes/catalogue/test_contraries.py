"""The contrary of a criterion, against the engine's own "not"."""

from typing import Any

import pytest
from hypothesis import given

from backend.schemes.catalogue.criteria import contrary
from matching import MET, NOT_MET, UNKNOWN, Profiles, parse_criterion
from tests.matching.test_properties import criteria, profiles, to_profile


@given(criteria, profiles)
def test_a_contrary_is_met_where_the_criterion_is_not_and_open_where_it_is(
    definition: dict[str, Any], facts: dict[str, Any]
) -> None:
    opposite = contrary(definition)
    if opposite is not None:
        firm = Profiles([to_profile(facts)])
        turned = {MET: NOT_MET, UNKNOWN: UNKNOWN, NOT_MET: MET}
        assert parse_criterion(opposite).evaluate(firm)[0] == turned[parse_criterion(definition).evaluate(firm)[0]]


@pytest.mark.parametrize(
    "definition",
    [
        {"kind": "headcount", "at_least": 10, "below": 50},
        {"kind": "activity", "any_of": ["C"], "none_of": ["10"]},
        {"kind": "size_category", "from": "small", "to": "medium"},
        {"kind": "age_months", "at_most": 36},
        {"kind": "manual", "fact": "a", "sentence": "b"},
        {"kind": "any", "of": [{"kind": "public_body"}]},
    ],
    ids=lambda definition: definition["kind"],
)
def test_what_has_no_contrary_of_its_own_kind_has_none(definition: dict[str, Any]) -> None:
    assert contrary(definition) is None
