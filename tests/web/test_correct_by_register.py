"""The register's box on the page of corrections: it fills the form in, and nothing changes before it is sent."""

import pytest

from backend.companies.models import Fact
from tests.factories import link_to, make_submission
from tests.web.choosing import SIRET, closed_one, sirets_in
from tests.web.conftest import text_of
from tests.web.test_correct import typed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return make_submission(siret="", siren="", company_name="Atelier")


def page_of(submission):
    return f"/resultat/{link_to(submission)}/corriger/"


def test_a_name_is_looked_up_and_the_site_fills_the_form_in(client, copy, submission):
    path, before = page_of(submission), submission.sheet.values()
    page = client.get(path, {"q": "chaudronnerie"})
    assert SIRET in sirets_in(page)
    assert "Retrouver mon entreprise dans le registre" in text_of(page)
    filled = client.get(path, {"siret": SIRET})
    assert "relisez, puis enregistrez. Rien n’est changé avant." in text_of(filled)
    firm = filled.context["firm"]
    assert firm.initial["number"] == SIRET
    assert firm.initial["company_name"]
    assert firm.initial["naf"]
    assert firm.initial["commune"] == "Compiègne (60159)"
    submission.sheet.refresh_from_db()
    assert submission.sheet.values() == before


def test_what_was_filled_in_is_the_word_of_the_firm_once_it_is_sent(client, copy, submission):
    path = page_of(submission)
    sent = typed_in(client, submission, {"siret": SIRET})
    assert client.post(path, sent).status_code == 302
    submission.sheet.refresh_from_db()
    assert submission.sheet.establishment.siret == SIRET
    assert submission.sheet.official() == {}
    facts = submission.sheet.current()
    assert facts["naf"].origin == Fact.Origin.DECLARED
    assert facts["project.spend"].value == 180_000.0  # of the project, and not of the register


OF_ANOTHER = "Ce n’est pas l’entreprise de ce dossier"
WHOLE = {
    "balance_sheet": [2_000_001, 10_000_000],
    "group": [{"name": "Holding des Étangs", "share": 60.0, "holder": "company", "headcount": [20, 49]}],
    "project.spend_kinds": ["equipment"],
}


def test_a_site_of_another_firm_takes_nothing_of_the_former_one(client, copy):
    submission = make_submission(siret="99999107800018", siren="999991078", facts=WHOLE)
    page = client.get(page_of(submission), {"siret": SIRET})
    assert f"{OF_ANOTHER} (SIREN 999991078)" in text_of(page)
    firm, project = page.context["firm"], page.context["project"]
    for form, name in ((project, "turnover_band"), (project, "balance_sheet_band"), (firm, "independent")):
        assert not form.initial[name], name
    assert firm.initial["group"] == []
    assert project.initial["spend"]
    assert project.initial["spend_kinds"] == ["equipment"]
    assert "Holding des Étangs" not in text_of(page)
    rows = {field.html_name: field.value() or "" for row in firm.rows for field in row}
    sent = typed_in(client, submission, {"siret": SIRET}) | rows
    assert client.post(page_of(submission), sent).status_code == 302
    submission.sheet.refresh_from_db()
    facts = submission.sheet.values()
    assert facts.keys().isdisjoint({"turnover", "balance_sheet", "group"})
    assert facts["project.spend"] == 180_000.0


def test_another_site_of_the_same_firm_keeps_what_the_register_does_not_say(client, copy):
    submission = make_submission(siret="", siren=SIRET[:9], facts=WHOLE)
    page = client.get(page_of(submission), {"siret": SIRET})
    assert OF_ANOTHER not in text_of(page)
    firm, project = page.context["firm"], page.context["project"]
    assert project.initial["turnover_band"]
    assert project.initial["spend_kinds"] == ["equipment"]
    assert [row["name"] for row in firm.initial["group"]] == ["Holding des Étangs"]


def test_the_box_says_that_it_loses_what_was_not_saved(client, copy, submission):
    assert "ce que vous avez changé plus bas sans l’enregistrer serait perdu" in text_of(
        client.get(page_of(submission))
    )


@pytest.mark.cases(2)
@pytest.mark.parametrize("siret", ["closed", "99999999999999", "x" * 400, "٣" * 14])
def test_a_site_that_is_closed_or_of_nobody_fills_nothing_in(client, copy, submission, siret):
    page = client.get(page_of(submission), {"siret": closed_one() if siret == "closed" else siret})
    assert page.status_code == 200
    assert "aucun établissement ouvert à ce numéro" in text_of(page)
    assert page.context["firm"].initial["number"] == ""


def test_without_a_register_the_page_is_as_before(client, submission):
    assert "Retrouver mon entreprise" not in text_of(client.get(page_of(submission)))


def test_what_is_too_short_is_told_and_kept(client, copy, submission):
    page = client.get(page_of(submission), {"q": "ab"})
    assert "« ab » est trop court : trois lettres au moins." in text_of(page)
    assert 'value="ab"' in page.content.decode()
