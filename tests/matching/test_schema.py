"""The published schema and the reader of criteria say the same thing, as far as a schema can."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from matching import KINDS, CriterionError, criterion_schema, parse_criterion
from tests.matching.test_definitions import EXAMPLES
from tests.matching.test_properties import criteria

PUBLISHED = Path(__file__).parents[2] / "docs" / "criterion.schema.json"
schema = Draft202012Validator(criterion_schema())
# Only the reader can refuse these: they compare values, or know a nomenclature.
BEYOND_A_SCHEMA = (
    "upside down",
    "no NAF",
    "longer than a year",
    "required and excluded",
    "Every size",
    "more than 20",
)


def as_json(definition: dict[str, Any]) -> dict[str, Any]:
    """Write days as a file does."""
    written: dict[str, Any] = json.loads(json.dumps(definition, default=date.isoformat))
    return written


def refusal(definition: Any) -> str:
    """Return why a definition is refused; nothing where it is read."""
    try:
        parse_criterion(definition)
    except CriterionError as error:
        return str(error)
    return ""


def test_the_published_schema_is_what_the_code_says() -> None:
    made = json.dumps(criterion_schema(), indent=2, ensure_ascii=False) + "\n"
    assert made == PUBLISHED.read_text(), "run the command of docs/matching.md"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(criterion_schema())
    assert set(KINDS) == set(criterion_schema()["$defs"]) - {"criterion"}


@pytest.mark.parametrize("definition", EXAMPLES, ids=lambda definition: definition["kind"])
def test_every_kind_follows_the_schema(definition: dict[str, Any]) -> None:
    schema.validate(definition)


@given(criteria)
def test_what_is_read_follows_the_schema(definition: dict[str, Any]) -> None:
    schema.validate(as_json(definition))


NAMES = sorted(
    {name for kind in criterion_schema()["$defs"].values() for name in kind.get("properties", ())} | {"of", "under"}
)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 300),
    st.sampled_from([1.5, [], {"kind": "project_not_started"}, [{"kind": "project_not_started"}]]),
    st.sampled_from(["", "C", "57", "owner", "large", "group", "naf_2025", "dated", "2026-12-31", "2026-1-1"]),
    st.lists(st.sampled_from(["C", "57", "REG-32", "owner", ""]), max_size=2),
)


@given(criteria, st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=3))
def test_whatever_is_wrong_is_refused_by_both(definition: dict[str, Any], wrong: dict[str, Any]) -> None:
    changed = as_json({**definition, **wrong})
    reason = refusal(changed)
    if schema.is_valid(changed):
        assert not reason or any(known in reason for known in BEYOND_A_SCHEMA)
    else:
        assert reason
