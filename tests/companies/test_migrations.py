"""What was answered before the engine could read it is not asked again."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps

from backend.companies.models import Fact, FactSnapshot
from backend.companies.services import open_sheet, record_facts
from backend.schemes.catalogue.definitions import manual_facts
from backend.schemes.models import Criterion
from tests.factories import DAY, make_officer

pytestmark = pytest.mark.django_db
migration = import_module("backend.companies.migrations.0004_answers_that_became_facts")
asked_once = import_module("backend.companies.migrations.0007_answers_asked_once")
sentences_once = import_module("backend.companies.migrations.0011_sentences_asked_once")


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


def test_an_answer_is_kept_under_the_name_by_which_every_sheet_asks_it_now():
    sheet, other = (open_sheet(siret="", siren="", name=name) for name in ("Tôlerie", "Fonderie"))
    officer = make_officer()
    given = {"answer:fipu.duerp": True, "answer:vie.firm": True, "answer:cifre.partner": False, "answer:other": False}
    record_facts(sheet=sheet, values=given, origin=Fact.Origin.OFFICER, on=DAY, author=officer)
    record_facts(sheet=other, values={"answer:other": True}, origin=Fact.Origin.DECLARED, on=DAY)
    asked_once.keep_answers(apps, None)
    del given["answer:cifre.partner"]  # of a sentence of which a part became a rule: nobody knows which part it was
    assert sheet.values() == {**given, "answer:duerp_updated_12m": True}
    kept = sheet.facts.get(name="answer:duerp_updated_12m")
    assert (kept.author, kept.origin, kept.recorded_on) == (officer, "officer", DAY)
    assert other.values() == {"answer:other": True}
    assert set(FactSnapshot.objects.filter(sheet__in=[sheet, other]).values_list("sheet", flat=True)) == {other.pk}


def test_an_answer_to_a_sentence_that_two_sheets_asked_counts_for_both():
    sheet, other = (open_sheet(siret="", siren="", name=name) for name in ("Tôlerie", "Fonderie"))
    given = {"answer:hdf-prevention.equity": True, "answer:inpi-pass-pi.not_liberal": False}
    record_facts(sheet=sheet, values=given, origin=Fact.Origin.DECLARED, on=date(2026, 11, 1))
    record_facts(sheet=sheet, values={"answer:hdf-premier-secours.equity": False}, origin=Fact.Origin.DECLARED, on=DAY)
    record_facts(sheet=other, values={"answer:other": True}, origin=Fact.Origin.DECLARED, on=DAY)
    (operation,) = sentences_once.Migration.operations
    operation.code(apps, None)
    kept = {name: value for name, value in sheet.values().items() if "." not in name}
    assert kept == {"answer:positive_equity": False, "answer:no_liberal_profession": False}  # the last word said of it
    assert other.values() == {"answer:other": True}


def test_what_is_kept_is_what_sheets_ask_and_no_sheet_asks_under_a_former_name():
    asked = {f"{Fact.ANSWER}{name}" for row in Criterion.objects.all() for name in manual_facts(row.definition)}
    former = {**asked_once.ONE_ANSWER, **sentences_once.ONE_ANSWER}
    assert {former.get(name, name) for name in [*former.values(), *asked_once.NARROWED]} <= asked
    assert asked.isdisjoint(former)
