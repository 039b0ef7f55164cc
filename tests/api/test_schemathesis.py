"""The API against its own document: schemathesis makes up requests, right and wrong, and reads every answer.

A few requests of each kind here; with the bounds of each parameter, some 1,000 with ``./test -m slow`` and some 5,000
with ``JONCTION_LONG=1``, see ``scripts/fuzz_api``. All checks are on.
"""

import csv
import os
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from schemathesis.core.parameters import ParameterLocation

from backend.api.documentation import QUESTION
from backend.config.wsgi import application
from tests.api.conftest import count_request
from tests.conftest import ROOT
from tests.factories import OTHER_SITE, SIRET

LONG = os.environ.get("JONCTION_LONG") == "1"
FIXTURES = ROOT / "fixtures"
pytestmark = pytest.mark.django_db


def column(path: str, name: str, step: int = 1) -> list[str]:
    with (FIXTURES / path).open(encoding="utf-8", newline="") as rows:
        return [row[name] for row in csv.DictReader(rows)][::step]


def keys_of(text: str, start: str) -> list[str]:
    return [line.split(start)[1].strip() for line in text.splitlines() if line.strip().startswith(start)]


COMMUNES = column("territories/communes.csv", "code", step=300)
REGIONS = column("territories/regions.csv", "code")
TAXONOMY = keys_of((FIXTURES / "taxonomy.yaml").read_text(), "- id: ")
FORMATS: dict[str, Iterable[str]] = {
    "commune": COMMUNES,
    "region": REGIONS,
    "naf": column("naf_rev2.csv", "code"),
    "legal-category": column("legal_categories.csv", "code"),
    "siret": [SIRET, OTHER_SITE, "73282932000074", "35600000049837"],
    "need": [key for key in TAXONOMY if "." not in key],
    "sub-need": [key for key in TAXONOMY if "." in key],
    "naf-2025": ["C", "25", "25.6", "25.62", "25.62Y", "62.10Y", "v"],
    "scheme-key": [f"jonction:{path.stem}" for path in (FIXTURES / "schemes").glob("*.yaml")],
    "scheme": [path.stem for path in (FIXTURES / "schemes").glob("*.yaml")],
    "perimeter": [
        *(f"COM-{code}" for code in COMMUNES),
        *(f"REG-{code}" for code in REGIONS),
        *(f"DEP-{code}" for code in column("territories/departments.csv", "code")),
        *(f"EPCI-{code}" for code in column("territories/epcis.csv", "siren", step=50)),
        *(f"ZONE-{code}" for code in keys_of((FIXTURES / "territories/zones.yaml").read_text(), "- code: ")),
    ],
}
for name, values in FORMATS.items():
    schemathesis.openapi.format(name, st.sampled_from(sorted(values)))

CHECKER = FormatChecker(["date"])
for name, values in FORMATS.items():
    CHECKER.checks(name)(lambda value, known=frozenset(values): not isinstance(value, str) or value in known)
ALLOWED = Draft202012Validator(QUESTION, format_checker=CHECKER)
schema = schemathesis.openapi.from_wsgi("/api/v1/schema.json", application)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keep the connection of the test, as Django's own client does: a real server lets go of it after each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.hook
def map_case(context: Any, case: schemathesis.Case) -> schemathesis.Case:
    """Keep, in a right question, the two rules that JSON Schema cannot say: bounds in order, one place."""
    if case.meta is not None and case.meta.generation.mode.is_positive and isinstance(case.body, dict):
        case.body = in_order(case.body)
        if isinstance(case.body.get("commune"), str):
            case.body.pop("region", None)
    return case


@schema.hook
def filter_case(context: Any, case: schemathesis.Case) -> bool:
    """Drop a question said to be wrong that the document allows.

    schemathesis calls a body wrong once it has spoilt a rule of the document on its way; where what it draws then has
    nothing at that place (``{"project": null}``), the body is right, and refusing it would be our mistake.
    """
    mode = case.meta.components.get(ParameterLocation.BODY) if case.meta is not None else None
    said_wrong = mode is not None and mode.mode.is_negative and isinstance(case.body, dict)
    return not (said_wrong and ALLOWED.is_valid(case.body))


def in_order(record: dict[str, Any]) -> dict[str, Any]:
    return {name: _in_order(value) for name, value in record.items()}


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return in_order(value)
    if not isinstance(value, list):
        return value
    numbers = all(isinstance(bound, int | float) for bound in value)
    return sorted(value) if numbers else [_in_order(part) for part in value]


@schema.hook
def after_call(context: Any, case: schemathesis.Case, response: Any) -> None:
    count_request(case.operation.label, response.status_code)


@schema.parametrize()
@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_every_answer_is_the_documented_one(case: schemathesis.Case) -> None:
    case.call_and_validate(headers={"Accept-Encoding": "identity"})  # what is compressed is tested with the pages
