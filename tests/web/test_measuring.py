"""How often the catalogue can say yes: the same firms each time, and one word for each scheme that they are listed."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from backend.matchmaking.standing import Standing
from backend.web.management import measuring
from backend.web.management.measuring import ANSWERS, FACTS, FORM, conditions_of_firms, words_of
from backend.web.management.simulation import Draw
from tests.factories import DAY

pytestmark = pytest.mark.django_db


def test_firms_answer_conditions_that_sheets_ask_of_them_and_nothing_else():
    asked = conditions_of_firms()
    assert {"no_economic_layoff_12m", "urssaf_up_to_date"} <= set(asked)  # asked under "any" too
    assert "hdf-implantation.maintain" not in asked  # an undertaking
    assert "carsat-contrat-prevention.branch_agreement" not in asked  # asked of the operator


def test_what_a_firm_says_only_turns_what_is_left_to_specify(monkeypatch):
    monkeypatch.setattr(measuring, "YES_SHARE", 1.0)
    draw = Draw(7, on=DAY)
    words = words_of([draw.firm() for _ in range(6)], seed=7, on=DAY)
    form, answers, facts = (words[name] for name in (FORM, ANSWERS, FACTS))
    assert form.total() == answers.total() >= facts.total()  # a yes excludes nobody
    assert facts[Standing.INELIGIBLE] == answers[Standing.INELIGIBLE] == 0
    assert form[Standing.TO_SPECIFY] > answers[Standing.TO_SPECIFY] > facts[Standing.TO_SPECIFY]
    assert form[Standing.ELIGIBLE] < answers[Standing.ELIGIBLE]


def test_what_holds_a_sheet_to_specify_is_named_and_said_it_holds_it_no_more():
    draw = Draw(7, on=DAY)
    firms = [draw.firm() for _ in range(6)]
    found = measuring.held(firms, on=DAY)
    form = words_of(firms, seed=7, on=DAY)[FORM]
    assert found.total() == form[Standing.TO_SPECIFY]
    assert all(facts for _, facts in found)
    facts = {fact for _, facts in found for fact in facts}
    assert {"taxes_up_to_date", "in_difficulty", "no_economic_layoff_12m"} & facts
    assert not {"window", "manual.firm", "manual.officer", "hdf-implantation.maintain"} & facts


def measured(**options):
    out = StringIO()
    call_command("measure_catalogue", stdout=out, **options)
    return out.getvalue()


@pytest.mark.slow
def test_the_command_prints_one_row_a_day_and_way_of_knowing_the_same_each_time():
    rows = measured(firms=3).splitlines()
    assert [row.split(" | ")[:2] for row in rows[2:]] == [
        [f"| {day}", name] for day in ("2026-11-28", "2027-01-02") for name in (FORM, ANSWERS, FACTS)
    ]
    assert rows[0].startswith("| Day | Known | listed | Éligible | Très probable | À préciser |")
    assert measured(firms=3).splitlines() == rows
    held = measured(firms=3, held=2).splitlines()
    assert held[: len(rows)] == rows
    assert [" x jonction:" in row for row in held[len(rows) :]] == [True, True]


@pytest.mark.parametrize("options", [{"on": ["demain"]}, {"firms": 0}])
def test_the_command_refuses_what_it_cannot_measure(options):
    with pytest.raises(CommandError, match="2026-11-28"):
        measured(**options)
