"""« Déposer pour une entreprise », from the pages: the firm's own steps, then its agreement."""

from datetime import timedelta

import pytest

from backend.matchmaking.models import Submission
from backend.notifications.models import Notification
from tests.factories import CCLO, DAY, link_to, make_lead, make_officer
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
    typed = {**GIVEN, **changes}
    response = answered.post(FILE, typed, follow=True)
    assert sentence in text_of(response)
    assert response.context["form"]["contact_name"].value() == typed["contact_name"]
    assert not ours(Submission).exists()


def test_an_agent_s_address_is_refused_with_a_sentence(answered, officer):
    response = answered.post(FILE, {**GIVEN, "email": officer.email})
    assert (response.status_code, ours(Submission).count()) == (422, 0)
    assert "donnez celle de l’entreprise" in text_of(response)


def test_the_draft_of_an_officer_is_filed_by_no_other_door(answered):
    for door in ("/demande/contact/", "/demande/rappel/"):
        assert answered.post(door, {**GIVEN, "rappel-phone": "0353016099"})["Location"] == "/demande/reponse/"
    assert not ours(Submission).exists()


@pytest.mark.shows_both("the list of all files is the territory lead's")
def test_the_file_is_not_found_elsewhere_before_the_firm_confirms(answered, client):
    path = answered.post(FILE, GIVEN)["Location"]
    for user in (make_lead(), make_officer(CCLO)):
        client.force_login(user)
        assert client.get(path).status_code == 404
        assert "Chaudronnerie du Bac" not in text_of(client.get("/agent/?etat=tous"))


def test_a_lead_of_the_territory_and_a_visitor_file_for_nobody(client):
    assert client.post("/agent/nouveau/")["Location"].startswith("/compte/connexion/")
    client.force_login(make_lead())
    assert client.post("/agent/nouveau/").status_code == 403
    assert client.post(FILE, GIVEN).status_code == 403
