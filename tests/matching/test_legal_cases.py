"""Ages and dates as the texts count them: the day before each boundary, the boundary, the day after."""

from datetime import date
from typing import Any

import pytest

from matching import MET, NOT_MET, Outcome
from tests.matching.factories import outcome_of

IN, OUT = MET, NOT_MET
# From registration: "up to five years", so the fifth anniversary is still inside.
START_UP = {"kind": "age_months", "at_most": 60}
# "Créée depuis moins de huit ans": on the eighth anniversary it no longer is.
JEI = {"kind": "age_months", "below": 96}
JEI_BEFORE_2023 = {"kind": "age_months", "below": 132}
LESS_THAN_THREE_YEARS = {"kind": "age_months", "below": 36}
THREE_YEARS = {"kind": "age_months", "at_least": 36}

AGES: list[tuple[str, dict[str, Any], str, list[tuple[str, Outcome]]]] = [
    (
        "Règl. (UE) 651/2014, art. 22(2)",
        START_UP,
        "2021-11-24",
        [("2026-11-23", IN), ("2026-11-24", IN), ("2026-11-25", OUT)],
    ),
    (
        "Règl. (UE) 651/2014, art. 22(2), registered on a leap day",
        START_UP,
        "2024-02-29",
        [("2029-02-27", IN), ("2029-02-28", IN), ("2029-03-01", OUT)],
    ),
    (
        "CGI, art. 44 sexies-0 A: created from 1 January 2023",
        JEI,
        "2023-01-01",
        [("2030-12-31", IN), ("2031-01-01", OUT), ("2031-01-02", OUT)],
    ),
    (
        "CGI, art. 44 sexies-0 A: created before 2023",
        JEI_BEFORE_2023,
        "2022-12-31",
        [("2033-12-30", IN), ("2033-12-31", OUT), ("2034-01-01", OUT)],
    ),
    (
        "CGI, art. 44 sexies-0 A, created on a leap day, leap anniversary",
        JEI,
        "2024-02-29",
        [("2032-02-28", IN), ("2032-02-29", OUT), ("2032-03-01", OUT)],
    ),
    (
        "Règl. (UE) 651/2014, art. 2(18)(a): existing for less than three years",
        LESS_THAN_THREE_YEARS,
        "2023-11-24",
        [("2026-11-23", IN), ("2026-11-24", OUT), ("2026-11-25", OUT)],
    ),
    (
        "Règl. (CEE, Euratom) 1182/71, art. 3(2)(c): a month without that day ends on its last one",
        {"kind": "age_months", "at_least": 6},
        "2025-08-31",
        [("2026-02-27", OUT), ("2026-02-28", IN), ("2026-03-01", IN)],
    ),
    (
        "Au moins trois ans d’activité, born in summer time, asked in winter time",
        THREE_YEARS,
        "2023-10-25",
        [("2026-10-24", OUT), ("2026-10-25", IN), ("2026-10-26", IN)],
    ),
    (
        "Au moins trois ans d’activité, on the day the clocks go forward",
        THREE_YEARS,
        "2023-03-29",
        [("2026-03-28", OUT), ("2026-03-29", IN), ("2026-03-30", IN)],
    ),
]


@pytest.mark.parametrize(
    ("definition", "created_on", "on", "expected"),
    [
        pytest.param(definition, created_on, on, expected, id=f"{source}, {on}")
        for source, definition, created_on, days in AGES
        for on, expected in days
    ],
)
def test_an_age_counts_as_its_text_says(
    definition: dict[str, Any], created_on: str, on: str, expected: Outcome
) -> None:
    facts = {"created_on": date.fromisoformat(created_on), "on": date.fromisoformat(on)}
    assert outcome_of(definition, **facts) == expected


# Règl. (CEE, Euratom) 1182/71, art. 3(2)(b): a period runs to the end of the last hour of its last day.
WINDOWS: list[tuple[str, dict[str, Any], list[tuple[str, Outcome]]]] = [
    (
        "an ordinary window",
        {"opens_on": "2026-09-01", "closes_on": "2026-11-24"},
        [
            ("2026-08-31", OUT),
            ("2026-09-01", IN),
            ("2026-09-02", IN),
            ("2026-11-23", IN),
            ("2026-11-24", IN),
            ("2026-11-25", OUT),
        ],
    ),
    (
        "the end of a year, where the GBER ends too (règl. (UE) 651/2014, art. 59)",
        {"closes_on": "2026-12-31"},
        [("2026-12-30", IN), ("2026-12-31", IN), ("2027-01-01", OUT)],
    ),
    (
        "closing on the day of 23 hours (directive 2000/84/CE)",
        {"closes_on": "2026-03-29"},
        [("2026-03-28", IN), ("2026-03-29", IN), ("2026-03-30", OUT)],
    ),
    (
        "closing on the day of 25 hours (directive 2000/84/CE)",
        {"closes_on": "2026-10-25"},
        [("2026-10-24", IN), ("2026-10-25", IN), ("2026-10-26", OUT)],
    ),
    (
        "a single day, the leap one",
        {"opens_on": "2028-02-29", "closes_on": "2028-02-29"},
        [("2028-02-28", OUT), ("2028-02-29", IN), ("2028-03-01", OUT)],
    ),
    (
        "every year, over the new year",
        {"opens_on": "2025-11-15", "closes_on": "2026-01-31", "yearly": True},
        [
            ("2024-12-01", OUT),
            ("2025-11-14", OUT),
            ("2025-11-15", IN),
            ("2026-01-31", IN),
            ("2026-02-01", OUT),
            ("2026-11-14", OUT),
            ("2026-11-15", IN),
            ("2027-01-01", IN),
            ("2027-01-31", IN),
            ("2027-02-01", OUT),
        ],
    ),
    (
        "every year to the end of February",
        {"opens_on": "2024-02-01", "closes_on": "2024-02-29", "yearly": True},
        [("2026-01-31", OUT), ("2026-02-28", IN), ("2026-03-01", OUT), ("2028-02-29", IN), ("2028-03-01", OUT)],
    ),
]


@pytest.mark.parametrize(
    ("days", "on", "expected"),
    [pytest.param(days, on, expected, id=f"{name}, {on}") for name, days, cases in WINDOWS for on, expected in cases],
)
def test_a_window_holds_on_its_first_and_its_last_day(days: dict[str, Any], on: str, expected: Outcome) -> None:
    definition = {"kind": "window", "state": "dated", **days}
    assert outcome_of(definition, on=date.fromisoformat(on)) == expected
