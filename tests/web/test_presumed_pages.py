"""Every page that says where a scheme stands says too when the word rests on what is presumed of the firm."""

import pytest
from django.urls import reverse

from backend.matchmaking.results import latest_result
from backend.matchmaking.services import correct_submission
from backend.matchmaking.shortlist import shortlist_of
from tests.factories import DAY, link_to, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "address", "group")]  # of another service
GUESS = "Indépendance à confirmer"


def pages_of(client, submission, scheme):
    token = link_to(submission)
    yield reverse("result", args=(token,))
    yield reverse("firm_scheme", args=(token, scheme))
    yield reverse("open_schemes", args=(token,))
    client.force_login(make_officer())
    yield reverse("officer_file", args=(submission.pk,))
    yield reverse("officer_file_scheme", args=(submission.pk, scheme))
    yield f"{reverse('officer_file_scheme', args=(submission.pk, scheme))}?partie=fiche"
    yield reverse("officer_call_sheet", args=(submission.pk,))
    yield reverse("officer_waiting", args=(scheme,))


def test_the_word_says_that_it_rests_on_a_guess_until_the_firm_has_said(client):
    submission = make_submission(confirmed=True, without=("group",), facts={"headcount": 12.0})
    cards = shortlist_of(submission, latest_result(submission, on=DAY)).cards
    scheme = next(card.match.scheme_id for card in cards if card.match.presumed)
    for is_presumed in (True, False):
        for path in pages_of(client, submission, scheme):
            response = client.get(path)
            assert response.status_code == 200, path
            assert (GUESS in text_of(response)) is is_presumed, path
        correct_submission(submission=submission, facts={"group": []}, on=DAY)
