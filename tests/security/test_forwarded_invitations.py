"""A forwarded invitation opens the one request that it is about, and nothing else of the address it was sent to."""

import re

import pytest
from django.test import Client, RequestFactory

from backend.links.models import Kind, Link
from backend.links.services import find_link
from backend.matchmaking.models import Guest, Submission
from backend.notifications.models import Notification
from backend.web.access import FRESH, LINKS, result_link
from tests.factories import (
    DAY,
    as_sent,
    invitation_of_guest,
    link_to,
    make_guest,
    make_saved_draft,
    make_submission,
)
from tests.neighbour import ours
from tests.web.conftest import text_of
from tests.web.test_space import open_space

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "group", "epci")]
GUEST = "comptable@cabinet.example"
RIGHTS = ("manage", "answer", "read")  # what reaches furthest first
OTHER = ("Fonderie du Parc", "999999972", "Un four de zigzagolin")


@pytest.fixture
def submission(settings) -> Submission:
    settings.FIXED_DAY = DAY
    return make_submission(confirmed=True, phone="0353016035")


@pytest.fixture
def own(submission) -> Submission:
    """Return a request that the invited address filed itself, for another firm."""
    return make_submission(
        confirmed=True, email=GUEST, siren=OTHER[1], siret=f"{OTHER[1]}00013", company_name=OTHER[0], text=OTHER[2]
    )


def accepted(client: Client, guest: Guest) -> str:
    """Press the button of an invitation in a browser; return the path where it leads."""
    return client.post(f"/invitation/{invitation_of_guest(guest)}/", {"answer": "accept"})["Location"]


@pytest.mark.cases(1)
@pytest.mark.parametrize("right", RIGHTS)
def test_a_stranger_who_accepts_reads_that_request_and_nothing_else_of_the_address(submission, own, right):
    guest = make_guest(submission, right=right, accepted=False)
    draft = make_saved_draft(own, text="Un second projet.")
    visited = make_guest(make_submission(confirmed=True, email="troisieme@firme.example"))
    stranger = Client()
    path = accepted(stranger, guest)
    assert re.fullmatch(r"/resultat/[\w-]+/", path)
    page = stranger.get(path)
    text = text_of(page)
    assert "Vous lisez la demande de Isabelle Morel" in text
    space = text_of(stranger.get("/espace/"))
    assert "Votre adresse électronique" in space
    for secret in (own.reference, *OTHER, visited.submission.reference, submission.reference):
        assert secret not in space
    for secret in (own.reference, *OTHER, visited.submission.reference):
        assert secret not in text
    for closed, sent in (
        (f"/espace/demande/{own.pk}/", {"page": "result"}),
        (f"/espace/demande/{own.pk}/", {"page": "own_data"}),
        (f"/espace/demande/{own.pk}/nouvelle/", {}),
        (f"/espace/demande/{own.pk}/confirmer/", {}),
        (f"/espace/commencee/{draft.pk}/reprendre/", {}),
        (f"/espace/commencee/{draft.pk}/supprimer/", {}),
        (f"/espace/invite/{visited.pk}/", {"do": "result"}),
        (f"/espace/invite/{guest.pk}/", {"do": "leave"}),
        ("/espace/courriels/arreter/", {}),
    ):
        answer = stranger.post(closed, sent)
        assert answer.status_code in (403, 404), closed
        assert not any(secret in text_of(answer) for secret in OTHER)
    assert {link.scope for link in Link.objects.filter(kind=Kind.RESULT)} == {guest.key}


@pytest.mark.cases(1)
@pytest.mark.parametrize("right", RIGHTS)
def test_a_stranger_who_accepts_closes_erases_and_invites_nothing(submission, own, right):
    stranger = Client()
    theirs = accepted(stranger, make_guest(submission, right=right, accepted=False))
    for path in (theirs, f"/resultat/{link_to(own)}/"):  # of the other one too, were its link known
        for name, sent in (
            ("effacer", {"confirm": "efface"}),
            ("mes-donnees/retirer", {"confirm": "retire"}),
            ("contacts", {"do": "invite", "email": "x@x.example", "right": "manage"}),
            ("courriels", {"phone": "0344000000"}),
        ):
            assert stranger.post(f"{path}{name}/", sent).status_code == 403, f"{path}{name}"
    for file in (submission, own):
        file.refresh_from_db()
        assert (file.erased_at, file.closed_at) == (None, None)
    assert ours(Guest).count() == 1


def test_the_page_offers_the_link_of_30_minutes_which_goes_to_the_invited_address(submission, own):
    stranger = Client()
    path = accepted(stranger, make_guest(submission, accepted=False))
    assert f'action="{path}acces/envoyer/"' in stranger.get(path).content.decode()
    stranger.post(f"{path}acces/envoyer/")
    email = ours(Notification).get(kind="access_link")
    assert email.recipient == GUEST
    hers = Client()
    [link] = set(re.findall(r"http://[^/]+(/acces/[\w-]+/)", as_sent(email).text))
    space = text_of(hers.post(link, follow=True))
    assert own.reference in space
    assert submission.reference in space


def test_accepting_in_the_open_space_of_another_address_lends_nothing_of_it(client, submission, own):
    neighbour = make_submission(confirmed=True, email="troisieme@firme.example")
    open_space(client, neighbour)
    path = accepted(client, make_guest(submission, right="manage", accepted=False))
    assert client.get(f"{path}effacer/").status_code == 403
    space = text_of(client.get("/espace/"))
    assert neighbour.reference in space
    assert submission.reference not in space
    assert own.reference not in space


def test_a_guest_without_fresh_access_gets_a_link_of_hers(client, submission):
    guest = make_guest(submission, right="manage")
    submission.page_reader = guest
    open_space(client, submission)  # of the contact, whose address is not hers
    request = RequestFactory().get("/")
    request.session = client.session
    token = result_link(request, submission)
    assert find_link(kind=Kind.RESULT, token=token).scope == guest.key
    assert token not in request.session[FRESH][LINKS].values()
    assert "Vous lisez la demande de Isabelle Morel" in text_of(client.get(f"/resultat/{token}/"))


def test_accepting_in_her_own_open_space_keeps_it_open_and_closes_with_it(client, submission, own):
    open_space(client, own)
    path = accepted(client, make_guest(submission, right="manage", accepted=False))
    assert client.get(f"{path}effacer/").status_code == 200
    assert submission.reference in text_of(client.get("/espace/"))
    client.post("/espace/fermer/")
    assert client.get(path).status_code == 404
