"""« Déposer pour une entreprise », from the pages: the firm's own steps, then its agreement."""

from datetime import timedelta

import pytest
from django.urls import reverse

from backend.companies.services import record_facts
from backend.matchmaking.models import Submission
from backend.matchmaking.services import correct_submission
from backend.notifications.models import Notification
from tests.factories import CCLO, DAY, OUTSIDE, link_to, make_lead, make_officer
from tests.neighbour import ours
from tests.web.conftest import FORMS, text_of

pytestmark = pytest.mark.django_db
FILE = "/agent/nouveau/dossier/"
GIVEN = {
    "contact_name": "Camille Roux",
    "email": "camille.roux@chaudronnerie.example",
    "phone": "0353016099",
    "call_slot": "noon",
    "consented_on": f"{DAY:%d/%m/%Y}",
    "consent": "on",
}


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def answered(client, officer):
    """Return a browser in which an officer went through the steps for a firm."""
    client.force_login(officer)
    assert client.post("/agent/nouveau/")["Location"] == "/demande/besoin/"
    for name, fields in FORMS.items():
        client.post(f"/demande/{name}/", fields)
    return client


def given(browser, **changes):
    return {**GIVEN, "filing_key": browser.session["draft"]["key"], **changes}


def test_an_officer_files_for_a_firm_which_confirms(answered, client, officer):
    page = text_of(answered.get("/demande/reponse/"))
    assert "Ouvrir le dossier de l’entreprise" in page
    assert "Rappelez-moi" not in page
    assert "Quifarnel" not in page
    key = answered.session["draft"]["key"]
    first = answered.post(FILE, {**GIVEN, "filing_key": key})
    second = answered.post(FILE, {**GIVEN, "filing_key": key})
    submission = ours(Submission).get()
    assert first["Location"] == second["Location"] == f"/agent/{submission.pk}/"
    assert submission.sheet.name == "Chaudronnerie du Bac"
    assert f"accord noté par {officer}" in text_of(client.get(first["Location"]))
    assert [mail.kind for mail in ours(Notification)] == ["confirm_address"]
    client.logout()
    confirm = f"/confirmer/{link_to(submission, 'confirm')}/"
    assert f"{officer} a déposé une demande pour vous" in text_of(client.get(confirm))
    client.post(confirm)
    submission.refresh_from_db()
    assert submission.confirmed_at


def test_the_steps_say_for_whom_they_are_filled_in_after_a_search_too(client, officer):
    told = "Vous remplissez ceci pour une entreprise"
    client.force_login(officer)
    client.post("/agent/nouveau/")
    client.post("/demande/besoin/", FORMS["besoin"])
    for path in ("/demande/entreprise/", f"{reverse('firm_search')}?q=zzzz"):
        page = text_of(client.get(path))
        assert told in page
        assert "Son besoin" in page
        assert "Étape 2 L’entreprise" in page
    client.logout()
    client.post("/demande/besoin/", FORMS["besoin"])
    page = text_of(client.get("/demande/entreprise/"))
    assert told not in page
    assert "Étape 2 Votre entreprise" in page


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"consent": ""}, "Sans son accord, aucun dossier n’est ouvert"),
        ({"consented_on": ""}, "Dites quel jour la personne a donné son accord."),
        ({"consented_on": f"{DAY + timedelta(days=1):%d/%m/%Y}"}, "est à venir"),
        ({"consented_on": f"{DAY - timedelta(days=31):%d/%m/%Y}"}, "plus de trente jours"),
        ({"email": "camille@"}, "n’est pas complète"),
        ({"phone": ""}, "Ce champ est obligatoire."),
    ],
)
def test_what_cannot_be_taken_says_why_and_keeps_what_was_typed(answered, changes, sentence):
    typed = given(answered, **changes)
    response = answered.post(FILE, typed, follow=True)
    assert sentence in text_of(response)
    assert response.context["form"]["contact_name"].value() == typed["contact_name"]
    assert not ours(Submission).exists()


@pytest.mark.parametrize("is_filed", [False, True])
def test_what_was_typed_in_another_tab_for_another_firm_opens_nothing(answered, is_filed):
    first = given(answered)
    if is_filed:
        answered.post(FILE, first)
    answered.post("/agent/nouveau/")
    for name, fields in FORMS.items():
        other = {"company_name": "Fonderie du Voisin", "number": ""} if name == "entreprise" else {}
        answered.post(f"/demande/{name}/", {**fields, **other})
    response = answered.post(FILE, first)
    if is_filed:  # its own page again: its own file
        assert response["Location"] == f"/agent/{ours(Submission).get().pk}/"
        return
    page = text_of(response)
    assert response.status_code == 422
    assert "une autre saisie a commencé" in page
    assert "celle de Fonderie du Voisin" in page
    assert "Chaudronnerie du Bac" not in page
    assert response.context["form"]["contact_name"].value() == "Camille Roux"
    assert not ours(Submission).exists()
    assert not ours(Notification).exists()
    answered.post(FILE, given(answered))  # seen and sent again
    assert ours(Submission).get().sheet.name == "Fonderie du Voisin"


def test_an_agent_s_address_is_refused_with_a_sentence(answered, officer):
    response = answered.post(FILE, given(answered, email=officer.email))
    assert (response.status_code, ours(Submission).count()) == (422, 0)
    assert "donnez celle de l’entreprise" in text_of(response)


def test_the_draft_of_an_officer_is_filed_by_no_other_door(answered):
    for door in ("/demande/contact/", "/demande/rappel/"):
        assert answered.post(door, {**GIVEN, "rappel-phone": "0353016099"})["Location"] == "/demande/reponse/"
    assert not ours(Submission).exists()


@pytest.mark.shows_both("the list of all files is the territory lead's")
def test_the_file_is_not_found_elsewhere_before_the_firm_confirms(answered, client):
    path = answered.post(FILE, given(answered))["Location"]
    for user in (make_lead(), make_officer(CCLO)):
        client.force_login(user)
        assert client.get(path).status_code == 404
        assert "Chaudronnerie du Bac" not in text_of(client.get("/agent/?etat=tous"))


def test_a_lead_of_the_territory_and_a_visitor_file_for_nobody(client):
    assert client.post("/agent/nouveau/")["Location"].startswith("/compte/connexion/")
    client.force_login(make_lead())
    assert client.post("/agent/nouveau/").status_code == 403
    assert client.post(FILE, GIVEN).status_code == 403


@pytest.mark.cases(1)
@pytest.mark.parametrize("is_closed", [False, True])
def test_a_firm_whose_place_is_outside_by_now_confirms_and_reads_whom_to_call(answered, client, officer, is_closed):
    answered.post(FILE, given(answered))
    submission = ours(Submission).get()
    facts = {"project.commune": OUTSIDE}
    if is_closed:
        correct_submission(submission=submission, facts=facts, author=officer, leaves=True, on=DAY)
    else:  # the commune left its intercommunality, or that one is served no more
        record_facts(sheet=submission.sheet, values=facts, origin="officer", on=DAY, author=officer)
    client.logout()
    page = text_of(client.post(f"/confirmer/{link_to(submission, 'confirm')}/", follow=True))
    assert "Conseillers-entreprises" in page
    assert "transmise" not in page
    assert "Quifarnel" not in page
    submission.refresh_from_db()
    assert submission.confirmed_at
    assert submission.closed_reason == Submission.Closing.OUTSIDE
    assert {mail.kind for mail in ours(Notification)} == {"confirm_address", "closed"}
