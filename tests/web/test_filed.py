"""Back over the pages that led to a request: what this browser filed last is offered, and nothing of anybody else."""

import pytest
from django.test import Client

from backend.matchmaking.models import Submission
from backend.privacy.erasing import erase_submission
from tests.factories import make_submission
from tests.neighbour import ours
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db
FIRST, FILED = "/demande/besoin/", "/demande/deposee/"
SENT = "a été envoyée depuis ce navigateur"


def test_going_back_after_sending_leads_to_what_was_filed(client):
    fill(client)
    submission = ours(Submission).get()
    page = client.get("/demande/reponse/", follow=True)  # where the browser goes back to
    assert page.request["PATH_INFO"] == FIRST
    assert f"Votre demande {submission.reference} {SENT}." in text_of(page)
    answer = client.post(FILED, follow=True)
    assert answer.request["PATH_INFO"].startswith("/resultat/")
    assert answer.context["submission"] == submission


def test_a_browser_that_filed_nothing_is_offered_nothing(client):
    make_submission(confirmed=True)
    fill(Client())
    assert SENT not in text_of(client.get(FIRST))
    assert client.post(FILED)["Location"] == "/demande/"


def test_another_request_that_was_begun_takes_its_place(client):
    fill(client)
    fill(client, upto="besoin")
    assert SENT not in text_of(client.get(FIRST))


def test_what_is_forgotten_or_erased_is_offered_no_more(client):
    fill(client)
    client.post("/demande/effacer/")
    assert SENT not in text_of(client.get(FIRST))
    assert client.post(FILED)["Location"] == "/demande/"
    fill(client, besoin={"text": "Autre chose."})
    for submission in ours(Submission):
        erase_submission(submission=submission)
    assert SENT not in text_of(client.get(FIRST))
