"""Each kind of criterion has two halves: what the engine tests, and what people read and type of it."""

import pytest

import matching
from backend.facts.yes_no import YES_NO
from backend.schemes.catalogue.criteria import KINDS
from backend.schemes.vocabulary import CRITERION_KINDS, CRITERION_PARAMETERS

GROUPS = ("all", "any", "not")  # their part is rows of their own
SCHEMA = matching.criterion_schema()["$defs"]


def test_a_kind_has_both_halves_and_a_name():
    assert KINDS.keys() == matching.KINDS.keys() == CRITERION_KINDS.keys()
    assert list(KINDS) == list(CRITERION_KINDS), "editors choose in one order"
    assert {name: kind.kind for name, kind in KINDS.items()} == {name: name for name in KINDS}


@pytest.mark.parametrize("kind", [name for name in KINDS if name not in YES_NO])
def test_both_halves_of_a_kind_are_called_the_same(kind):
    assert type(KINDS[kind]).__name__ == matching.KINDS[kind].__name__


@pytest.mark.parametrize("kind", [name for name in KINDS if name not in GROUPS])
def test_an_editor_types_every_parameter_that_the_engine_reads_and_no_other(kind):
    read = SCHEMA[kind]["properties"].keys() - {"kind"}
    assert KINDS[kind].fields().keys() == read
    assert read <= CRITERION_PARAMETERS.keys()


SMALLEST = {
    "in_territory": {"any_of": ["REG-32"]},
    "activity": {"any_of": ["C"]},
    "legal_form": {"any_of": ["57"]},
    "headcount": {"below": 250},
    "turnover": {"below": 250},
    "balance_sheet": {"below": 250},
    "spend": {"at_least": 250},
    "age_months": {"at_least": 12},
    "spend_kind": {"any_of": ["study"]},
    "tenure": {"any_of": ["tenant"]},
    "horizon": {"any_of": ["later"]},
}


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.fact])
def test_the_value_shown_beside_a_rule_is_one_that_the_rule_reads(kind):
    criterion = matching.parse_criterion({"kind": kind, **SMALLEST.get(kind, {})})
    assert KINDS[kind].fact in criterion.facts
