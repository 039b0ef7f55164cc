"""What a contact's space leaves in a browser and in mailboxes: nothing once it is closed, and nothing false."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backend.links.models import Kind, Link
from backend.matchmaking.access_links import send_space_link
from backend.matchmaking.models import Alert, SavedDraft
from backend.notifications.models import Stop
from tests.factories import link_to, make_saved_draft, make_submission
from tests.web.conftest import FIRM, NEED, text_of
from tests.web.test_next_request import close_space
from tests.web.test_space import ADDRESS, SECOND_FIRM, open_space
from tests.web.test_space_next import AGREED, begin, second_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "group", "epci")]


@pytest.fixture
def first():
    return make_submission(confirmed=True)


def links_to(submission) -> list[Link]:
    return list(Link.objects.live(timezone.now()).filter(kind=Kind.RESULT, object_id=submission.pk))


def test_a_request_is_opened_by_one_link_that_ends_with_the_space(client, first):
    other = make_submission(confirmed=True, **SECOND_FIRM)
    mailed = link_to(first)
    open_space(client, first)
    opened = [
        client.post(reverse("space_file", args=[first.pk]), {"page": page}) for page in ("result", "own_data", "")
    ]
    assert {response["Location"].split("/")[2] for response in opened} == {opened[0]["Location"].split("/")[2]}
    assert len(links_to(first)) == 2
    of_other = client.post(reverse("space_file", args=[other.pk]))["Location"]
    open_space(client, first)  # once more in the same browser
    assert client.post(reverse("space_file", args=[other.pk]))["Location"] == of_other
    client.post("/espace/fermer/")
    for response in opened:
        assert client.get(response["Location"]).status_code == 404
    assert client.get(of_other).status_code == 404
    assert client.get(f"/resultat/{mailed}/").status_code == 200


def test_a_link_that_was_ended_is_made_again(client, first):
    open_space(client, first)
    path = client.post(reverse("space_file", args=[first.pk]))["Location"]
    client.post(f"{path}liens/", {"link": links_to(first)[0].pk})
    again = client.post(reverse("space_file", args=[first.pk]))["Location"]
    assert again != path
    assert client.get(again).status_code == 200


def test_the_space_of_another_address_ends_the_links_of_the_former(client, first):
    other = make_submission(confirmed=True, email="jean@voisine.example")
    open_space(client, first)
    path = client.post(reverse("space_file", args=[first.pk]))["Location"]
    open_space(client, other)
    assert client.get(path).status_code == 404


def test_closing_leaves_nothing_of_what_was_filed_or_typed_in_the_session(client, first):
    begin(client, first)
    filed = client.post("/demande/contact/", AGREED)["Location"]
    client.post("/demande/besoin/", NEED)
    client.post("/demande/entreprise/", FIRM)
    assert "La demande en cours s’effacera." in text_of(client.get("/espace/"))
    client.post("/espace/fermer/")
    assert client.get(filed).status_code == 404
    assert not {"draft", "filed", "fresh_access"} & set(client.session.keys())
    assert client.get("/demande/reponse/")["Location"] == "/demande/"
    key = str(second_of(first).filing_key)
    assert client.post("/demande/contact/", {"filing_key": key})["Location"] == "/demande/"


def test_once_the_space_has_closed_by_itself_a_draft_left_alone_shows_no_more(client, first):
    begin(client, first)
    close_space(client)
    assert first.contact.email in client.get("/demande/reponse/").content.decode()
    half_an_hour_ago = timezone.now() - timedelta(minutes=31)
    SavedDraft.objects.update(begun_at=half_an_hour_ago, touched_at=half_an_hour_ago)
    for path in ("/demande/reponse/", "/demande/entreprise/"):
        assert client.get(path)["Location"] == "/demande/"
    assert NEED["text"] not in client.get("/demande/besoin/").content.decode()
    assert "Un second projet" in open_space(Client(), first)


def test_a_draft_of_the_former_address_of_a_file_shows_no_more(client, first):
    begin(client, first)
    type(first.contact).objects.filter(pk=first.contact_id).update(email="camille@nouvelle.example")
    assert client.get("/demande/reponse/")["Location"] == "/demande/"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["space_begin", "space_resume"])
def test_what_is_not_sent_in_this_browser_is_not_thrown_away(client, first, name):
    saved = make_saved_draft(first)
    client.post("/demande/besoin/", NEED)
    assert "En cours dans ce navigateur" in open_space(client, first)
    key = {"space_begin": first.pk, "space_resume": saved.pk}[name]
    response = client.post(reverse(name, args=[key]), follow=True)
    assert "envoyez-la ou effacez-la d’abord" in text_of(response)
    assert NEED["text"] in client.get("/demande/besoin/").content.decode()
    client.post(reverse("forget"))
    assert client.post(reverse(name, args=[key]))["Location"].startswith("/demande/")
    assert client.session["draft"]["row"]


# -- what is said, and what is sent


def test_what_is_stopped_is_every_request_and_the_exception_is_said(client, first):
    waiting = make_submission(**SECOND_FIRM)
    open_space(client, first)
    text = text_of(client.post(reverse("space_stop"), follow=True))
    assert "sauf un lien demandé ici" in text
    topics = {file.topic for file in (first, waiting)} | {Alert(submission=file).topic for file in (first, waiting)}
    assert set(Stop.objects.get(address=ADDRESS).topics) == topics


@pytest.mark.parametrize(("confirmed", "words"), [(True, "Son lien sert une fois."), (False, "Son lien confirme")])
def test_the_page_of_a_file_says_what_link_leaves(client, confirmed, words):
    path = f"/resultat/{link_to(make_submission(confirmed=confirmed))}/"
    assert words in text_of(client.post(f"{path}acces/envoyer/", follow=True))


def test_no_hour_is_promised_for_the_link(client, first):
    assert "part dès que possible" in text_of(client.post("/espace/", {"email": ADDRESS}))


def test_the_link_of_a_known_address_waits_for_no_disk(first):
    send_space_link(email=ADDRESS)
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("off",)
