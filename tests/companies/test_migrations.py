"""What was answered before the engine could read it is not asked again."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps

from backend.companies.models import Fact
from backend.companies.services import open_sheet, record_facts
from tests.factories import DAY, make_officer

pytestmark = pytest.mark.django_db
migration = import_module("backend.companies.migrations.0004_answers_that_became_facts")


@pytest.mark.parametrize(
    ("answer", "value", "fact", "stated"),
    [
        ("answer:not_in_difficulty", True, "in_difficulty", False),
        ("answer:not_in_difficulty", False, "in_difficulty", True),
        ("answer:taxes_up_to_date", True, "taxes_up_to_date", True),
        ("answer:taxes_up_to_date", False, "taxes_up_to_date", False),
        ("answer:artisan", True, "craft_register", True),
    ],
)
def test_an_answer_becomes_the_fact_it_stands_for(answer, value, fact, stated):
    sheet, officer = open_sheet(siret="", siren="", name="Tôlerie"), make_officer()
    record_facts(sheet=sheet, values={answer: value}, origin=Fact.Origin.OFFICER, on=DAY, author=officer)
    migration.state_answers_as_facts(apps, None)
    assert sheet.values() == {answer: value, fact: stated}
    old, new = sheet.facts.order_by("pk")
    assert (new.author, new.origin, new.recorded_on, new.recorded_at) == (officer, "officer", DAY, old.recorded_at)


def test_the_last_answer_wins_and_one_that_was_taken_back_stays_so():
    sheet = open_sheet(siret="", siren="", name="Tôlerie")
    for value in (True, False, None):
        answers = {"answer:artisan": value, "answer:taxes_up_to_date": not value, "answer:other": True}
        record_facts(sheet=sheet, values=answers, origin=Fact.Origin.DECLARED, on=date(2026, 11, 1))
    migration.state_answers_as_facts(apps, None)
    assert sheet.values() == {"answer:taxes_up_to_date": True, "answer:other": True, "taxes_up_to_date": True}
    assert sheet.facts.filter(name="craft_register").count() == 3
