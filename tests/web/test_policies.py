"""The page where the territory lead decides whether files are read before their schemes are e-mailed."""

import pytest

from backend.matchmaking.models import ReviewPolicy
from backend.matchmaking.review_policies import policies_in_force
from tests.factories import make_lead, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
LIST, PAGE = "/territoire/relecture/", "/territoire/relecture/energie/"


@pytest.fixture
def site(client):
    client.force_login(make_lead())
    return client


def test_a_choice_is_tried_then_made_and_stays_in_the_history(site):
    submission = make_submission(confirmed=True, needs=("energie.audit",))
    listed = text_of(site.get(LIST))
    assert "Un agent lit d’abord" in listed
    assert "dans chaque besoin coché ou lu, même peu sûr" in listed  # more than the follow-up counts
    tried = site.post(PAGE, {"mode": "auto", "least": "80", "try": "1"})
    assert "des 90 derniers jours" in text_of(tried)
    assert submission.sheet.name not in text_of(tried)  # figures, no firm
    assert not ReviewPolicy.objects.exists()
    response = site.post(PAGE, {"mode": "auto", "least": "80", "set": "1", "instead_of": ""}, follow=True)
    text = text_of(response)
    assert "C’est décidé" in text
    assert "Part seule si tout est sûr (probabilité d’au moins 80 %)" in text
    assert "Claire Vasseur" in text
    assert policies_in_force()["energie"].least == 80


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choisissez l’une des trois façons."),
        ({"mode": "auto"}, "Dites à partir de quelle probabilité"),
        ({"mode": "auto", "least": "40"}, "entre 50 et 100"),
        ({"mode": "sampled", "least": "beaucoup"}, "un nombre entier entre 50 et 100"),
        ({"mode": "read"}, "C’est déjà ce qui est décidé"),
        ({"mode": "auto", "least": "80", "instead_of": "7"}, "entre-temps"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_with_a_sentence(site, sent, sentence):
    response = site.post(PAGE, {**sent, "set": "1"})
    assert response.status_code == 422
    assert sentence in text_of(response)
    if "least" in sent:
        assert f'value="{sent["least"]}"' in response.content.decode()
    assert not ReviewPolicy.objects.exists()


def test_after_a_refusal_the_page_replaces_the_choice_that_it_shows(site):
    sent = {"mode": "auto", "least": "80", "set": "1", "instead_of": ""}
    site.post(PAGE, sent)
    late = site.post(PAGE, {**sent, "least": "90"})
    assert "entre-temps" in text_of(late)
    assert "d’au moins 80 %)" in text_of(late)
    shown = late.context["form"]["instead_of"].value()
    assert shown == str(policies_in_force()["energie"].pk)
    assert f'name="instead_of" value="{shown}"' in late.content.decode()
    assert site.post(PAGE, {**sent, "least": "90", "instead_of": shown}).status_code == 302
    assert policies_in_force()["energie"].least == 90


def test_a_choice_tried_on_no_file_says_that_nothing_is_known(site):
    make_submission(confirmed=True, needs=("cyber.diagnostic",), text="")
    tried = text_of(site.post("/territoire/relecture/mobilite/", {"mode": "auto", "least": "80", "try": "1"}))
    assert "Aucune demande de ce besoin sur 90 jours" in tried
    assert "serait partie seule" not in tried


def test_a_need_that_does_not_exist_is_not_found(site):
    assert site.get("/territoire/relecture/inconnu/").status_code == 404
