from datetime import date

import pytest
from django.db import IntegrityError, transaction

from backend.companies.models import Company, Establishment, Fact, FactSheet
from backend.companies.services import identify, open_sheet, record_facts
from tests.factories import DAY, OTHER_SITE, SIREN, SIRET, make_officer

pytestmark = pytest.mark.django_db
LATER = date(2027, 1, 2)


@pytest.fixture
def sheet():
    return open_sheet(siret=SIRET, siren=SIREN, name="Tôlerie")


def record(sheet, on=DAY, origin=Fact.Origin.DECLARED, **values):
    return record_facts(sheet=sheet, values=values, origin=origin, on=on)


@pytest.mark.parametrize(
    ("filings", "n_companies", "n_sites"),
    [
        ([(SIRET, SIREN), (SIRET, SIREN)], 1, 1),
        ([(SIRET, SIREN), (OTHER_SITE, SIREN)], 1, 2),
        ([(SIRET, SIREN), ("", SIREN)], 1, 1),
        ([("", ""), ("", "")], 0, 0),
    ],
)
def test_a_firm_and_its_sites_are_made_once_and_each_filing_has_its_sheet(filings, n_companies, n_sites):
    for siret, siren in filings:
        open_sheet(siret=siret, siren=siren, name="Tôlerie")
    counts = [model.objects.count() for model in (Company, Establishment, FactSheet)]
    assert counts == [n_companies, n_sites, len(filings)]


@pytest.mark.parametrize(
    ("siret", "siren", "name", "shown"),
    [(SIRET, SIREN, "Tôlerie", "Tôlerie"), (SIRET, SIREN, "", SIRET), ("", SIREN, "", SIREN)],
)
def test_a_sheet_is_called_by_the_best_that_is_known(siret, siren, name, shown):
    assert str(open_sheet(siret=siret, siren=siren, name=name)) == shown


def test_a_sheet_that_knows_nothing_still_has_a_title():
    assert str(open_sheet(siret="", siren="", name=""))


@pytest.mark.parametrize(
    ("siret", "siren", "name", "changed"),
    [(SIRET, SIREN, "Tôlerie", False), (OTHER_SITE, SIREN, "Tôlerie", True), ("", "", "Autre", True)],
)
def test_saying_again_whose_sheet_it_is_tells_whether_that_changed(sheet, siret, siren, name, changed):
    assert identify(sheet=sheet, siret=siret, siren=siren, name=name) is changed
    sheet.refresh_from_db()
    assert sheet.name == name
    assert str(sheet.establishment or "") == siret


def test_what_does_not_change_makes_no_new_row(sheet):
    record(sheet, headcount=35.0, naf="25.62B")
    assert [fact.name for fact in record(sheet, headcount=35.0, naf="25.61Z")] == ["naf"]
    assert sheet.facts.count() == 3


def test_the_newest_row_counts_and_the_older_ones_stay_with_their_day(sheet):
    record(sheet, headcount=35.0)
    record(sheet, on=LATER, headcount=36.0)
    assert sheet.values() == {"headcount": 36.0}
    assert list(sheet.facts.order_by("pk").values_list("value", "recorded_on")) == [(35.0, DAY), (36.0, LATER)]


def test_a_fact_taken_back_is_unknown_and_not_forgotten(sheet):
    record(sheet, **{"project.started": False})
    assert sheet.values() == {"project.started": False}
    record(sheet, **{"project.started": None})
    assert sheet.values() == {}
    assert sheet.facts.count() == 2
    assert record(sheet, **{"project.started": None}) == []


def test_a_fact_that_was_never_known_is_not_taken_back(sheet):
    assert record(sheet, headcount=None) == []


def test_zero_and_false_are_answers(sheet):
    record(sheet, headcount=0.0, micro_entrepreneur=False)
    assert sheet.values() == {"headcount": 0.0, "micro_entrepreneur": False}


def test_a_deduced_fact_says_so(sheet):
    record_facts(
        sheet=sheet,
        values={"legal_category": "57", "micro_entrepreneur": False},
        origin=Fact.Origin.DECLARED,
        origins={"micro_entrepreneur": Fact.Origin.DEDUCED},
        on=DAY,
    )
    assert {name: fact.origin for name, fact in sheet.current().items()} == {
        "legal_category": "declared",
        "micro_entrepreneur": "deduced",
    }


def test_a_fact_of_an_officer_names_them(sheet):
    officer = make_officer()
    record_facts(sheet=sheet, values={"headcount": 40.0}, origin=Fact.Origin.OFFICER, author=officer, on=DAY)
    assert sheet.current()["headcount"].author == officer
    with pytest.raises(IntegrityError), transaction.atomic():
        record(sheet, origin=Fact.Origin.OFFICER, headcount=41.0)


def test_the_database_refuses_to_rewrite_a_fact(sheet):
    (fact,) = record(sheet, headcount=35.0)
    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        Fact.objects.filter(pk=fact.pk).update(value=36.0)
    assert sheet.values() == {"headcount": 35.0}


def test_answers_are_the_facts_that_only_a_person_can_give(sheet):
    record(sheet, headcount=35.0, **{"answer:growth": True})
    assert [fact.name for fact in Fact.objects.answers()] == ["answer:growth"]
