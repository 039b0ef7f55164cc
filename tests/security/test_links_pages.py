"""Secret links as a firm meets them: several live, a forwarded one only reads, a dead one says how to get another."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from backend.common.days import current_day
from backend.links.models import OF_SUBMISSIONS, Kind, Link
from backend.links.services import find_link, live_links, revoke_links
from backend.matchmaking.dead_addresses import correct_address
from backend.notifications.models import Notification, Stop
from backend.notifications.services import stop
from tests.factories import as_sent, bounce, led_to, link_to, make_officer, make_submission, stop_link
from tests.neighbour import ours
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OTHER = "jean.petit@voisine.example"


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def neighbour_file():
    """Return a second firm's file, beside the first."""
    return make_submission(confirmed=True, email=OTHER, company_name="Fonderie voisine", text="un mot rare")


def path_of(kind, submission):
    if kind == Kind.STOP:
        return f"/arreter/{stop_link(submission.contact.email, submission.topic)}/"
    start = {Kind.RESULT: "resultat", Kind.CONFIRM: "confirmer", Kind.ACCESS: "acces"}[kind]
    return f"/{start}/{link_to(submission, kind)}/"


# Whoever shows that an address is theirs sees all its requests: the second firm is then not of that address.
OTHER_ADDRESS = pytest.mark.neighbour("siren", "group", "epci")
FIRM_KINDS = (Kind.RESULT, Kind.CONFIRM, Kind.STOP, Kind.ACCESS)


# -- a link that opens nothing


@pytest.mark.cases(8)  # what is wrong with it is told apart in one place, tests/security/test_links.py
@pytest.mark.parametrize("kind", FIRM_KINDS)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("what", ["expired", "altered", "revoked"])
def test_a_dead_link_says_how_to_get_another(client, submission, clock, kind, what, method):
    path = path_of(kind, submission)
    if kind == Kind.RESULT and method == "post":
        path = f"{path}liens/"
    if what == "altered":
        path = path.replace("lien-", "lien-x")
    elif what == "expired":
        clock.goes_on(397 * DAY)
    else:
        link = Link.objects.filter(kind=kind).latest("pk")
        assert revoke_links(kind=kind, object_id=link.object_id, only=link.pk) == 1
    response = getattr(client, method)(path)
    assert response.status_code == 404
    assert "Ce lien ne fonctionne plus" in text_of(response)
    assert 'href="/espace/"' in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert not Stop.objects.exists()


def test_a_result_link_dies_a_year_and_a_day_after_it_was_last_opened(client, submission, clock):
    path = path_of(Kind.RESULT, submission)
    for _ in range(3):
        clock.goes_on(364 * DAY)
        assert client.get(path).status_code == 200
    clock.goes_on(366 * DAY)
    assert client.get(path).status_code == 404


def test_a_link_to_a_file_that_was_erased_opens_nothing(client):
    path = f"/resultat/{link_to(type('Gone', (), {'pk': 999_999}))}/"
    assert client.get(path).status_code == 404


# -- several live


def test_two_links_of_one_file_open_it_and_each_page_keeps_its_own(client, submission):
    one, two = path_of(Kind.RESULT, submission), path_of(Kind.RESULT, submission)
    for path in (one, two):
        body = client.get(path).content.decode()
        other = two if path == one else one
        assert f"{path}corriger/" in body
        assert other not in body


def test_the_page_lists_the_links_of_its_file_only_and_marks_this_one(client, submission, neighbour_file):
    path, _other = path_of(Kind.RESULT, submission), path_of(Kind.RESULT, submission)
    path_of(Kind.RESULT, neighbour_file)
    rows = client.get(path).context["links"]
    assert {row["link"].object_id for row in rows} == {submission.pk}
    assert [row["is_this"] for row in rows].count(True) == 1
    text = text_of(client.get(path))
    assert "(celui-ci)" in text
    assert "jamais servi" in text
    assert "voisine" not in text


def test_the_firm_ends_one_link(client, submission):
    path, other = path_of(Kind.RESULT, submission), path_of(Kind.RESULT, submission)
    link = find_link(kind=Kind.RESULT, token=other.split("/")[2])
    response = client.post(f"{path}liens/", {"link": link.pk}, follow=True)
    assert "Un lien est fermé." in text_of(response)
    assert client.get(other).status_code == 404
    assert client.get(path).status_code == 200


def test_the_firm_ends_all_other_links_of_every_kind(client, submission, neighbour_file):
    path = path_of(Kind.RESULT, submission)
    others = [path_of(kind, submission) for kind in (Kind.RESULT, Kind.CONFIRM, Kind.ACCESS)]
    theirs = path_of(Kind.RESULT, neighbour_file)
    assert "3 liens sont fermés." in text_of(client.post(f"{path}liens/", {"others": "1"}, follow=True))
    assert {client.get(other).status_code for other in others} == {404}
    assert [client.get(kept).status_code for kept in (path, theirs)] == [200, 200]


def test_the_firm_ends_the_link_in_use_and_is_told_where_to_get_another(client, submission):
    path = path_of(Kind.RESULT, submission)
    link = live_links(kind=Kind.RESULT, object_id=submission.pk).first()
    response = client.post(f"{path}liens/", {"link": link.pk}, follow=True)
    assert "Pour en recevoir un autre, donnez votre adresse" in text_of(response)
    assert client.get(path).status_code == 404


def test_a_link_of_another_file_or_none_is_never_ended(client, submission, neighbour_file):
    path, theirs = path_of(Kind.RESULT, submission), path_of(Kind.RESULT, neighbour_file)
    for wrong in ("", "x", "-1", "0", "9" * 30, find_link(kind=Kind.RESULT, token=theirs.split("/")[2]).pk):
        assert client.post(f"{path}liens/", {"link": wrong}).status_code == 302
        assert all(find_link(kind=Kind.RESULT, token=kept.split("/")[2]) for kept in (path, theirs)), wrong


def test_whoever_reads_the_former_address_of_a_file_opens_nothing_of_it_any_more(submission, neighbour_file):
    tokens = {kind: link_to(submission, kind) for kind in OF_SUBMISSIONS}
    theirs = link_to(neighbour_file)
    bounce(submission)
    correct_address(submission=submission, officer=make_officer(), email="isabelle@nouvelle.example", on=current_day())
    assert not any(find_link(kind=kind, token=token) for kind, token in tokens.items())
    assert find_link(kind=Kind.RESULT, token=theirs)


# -- what a forwarded link is not enough for


def open_access(client, submission):
    """Ask for a 30-minute link as the firm does, open the one of the e-mail, and return where it leads."""
    client.post(f"{path_of(Kind.RESULT, submission)}acces/envoyer/")
    email = ours(Notification).filter(kind="access_link").latest("pk")
    assert email.recipient == submission.contact.email
    path = re.search(r"/acces/\S+", as_sent(email).text).group()
    assert client.get(path).status_code == 200
    assert client.post(path)["Location"] == "/espace/"
    return "/espace/"


def test_a_forwarded_link_reads_and_neither_stops_everything_nor_lists_other_requests(client, submission):
    other = make_submission(confirmed=True, company_name="Second établissement")
    assert client.get(path_of(Kind.RESULT, submission)).status_code == 200
    assert "Retrouvez toutes vos demandes" in text_of(client.get("/espace/"))
    for refused in ("courriels/arreter/", f"demande/{other.pk}/", f"demande/{submission.pk}/"):
        response = client.post(f"/espace/{refused}")
        assert response.status_code == 403
        assert "Votre espace s’est fermé" in text_of(response)
        assert other.reference not in text_of(response)
    assert not Stop.objects.exists()


@OTHER_ADDRESS
def test_a_fresh_link_lists_the_requests_of_the_address_and_opens_them(client, submission, neighbour_file):
    other = make_submission(confirmed=True, company_name="Second établissement")
    page = open_access(client, submission)
    text = text_of(client.get(page))
    for reference in (submission.reference, other.reference):
        assert reference in text
    for hidden in (neighbour_file.reference, "Fonderie voisine"):
        assert hidden not in text
    assert led_to(client.post(f"{page}demande/{other.pk}/")["Location"]) == other
    data = client.post(f"{page}demande/{other.pk}/", {"page": "own_data"})["Location"]
    assert data.endswith("/mes-donnees/")
    assert client.post(f"{page}demande/{neighbour_file.pk}/").status_code == 404


@pytest.mark.neighbour("address")
@pytest.mark.shows_both("an accountant with two firms, who has just shown that the address is his")
def test_one_address_with_two_firms_sees_both_only_by_a_fresh_link(client, submission, neighbour):
    other = neighbour.submission.reference
    path = path_of(Kind.RESULT, submission)
    assert other not in text_of(client.get(path)) + text_of(client.get("/espace/"))
    assert other in text_of(client.get(open_access(client, submission)))


@OTHER_ADDRESS
def test_a_fresh_link_stops_everything_of_its_address_and_nothing_of_another(client, submission, neighbour_file):
    other = make_submission(confirmed=True)
    page = open_access(client, submission)
    response = client.post(f"{page}courriels/arreter/", follow=True)
    assert "cette adresse ne recevra plus de courriel" in text_of(response)
    stopped = Stop.objects.get()
    assert stopped.address == submission.contact.email
    assert {submission.topic, other.topic} < set(stopped.topics)
    assert neighbour_file.topic not in stopped.topics


@OTHER_ADDRESS
def test_access_ends_after_thirty_minutes(client, submission, clock):
    page = open_access(client, submission)
    clock.goes_on(timedelta(minutes=29))
    assert submission.reference in text_of(client.get(page))
    clock.goes_on(timedelta(minutes=1))
    assert "Recevoir le lien" in text_of(client.get(page))
    assert client.post(f"{page}courriels/arreter/").status_code == 403


@OTHER_ADDRESS
def test_access_ends_where_one_closes_it(client, submission):
    page = open_access(client, submission)
    client.post(f"{page}fermer/")
    assert "Recevoir le lien" in text_of(client.get(page))


@OTHER_ADDRESS
def test_access_is_to_one_address_in_one_browser(client, submission, neighbour_file):
    page = open_access(client, submission)
    assert client.get(f"{path_of(Kind.RESULT, submission)}effacer/").status_code == 200
    assert client.get(f"{path_of(Kind.RESULT, neighbour_file)}effacer/").status_code == 403
    assert Client().post(f"{page}courriels/arreter/").status_code == 403
    assert not Stop.objects.exists()


@OTHER_ADDRESS
def test_access_stays_with_the_address_that_had_the_link_when_a_file_gets_another(client, submission):
    page = open_access(client, submission)
    bounce(submission)
    correct_address(submission=submission, officer=make_officer(), email=OTHER, on=current_day())
    make_submission(confirmed=True, email=OTHER, company_name="Fonderie voisine")
    assert submission.reference not in text_of(client.get(page))
    assert "Fonderie voisine" not in text_of(client.get(page))
    assert client.get(f"{path_of(Kind.RESULT, submission)}effacer/").status_code == 403


def test_an_access_link_serves_once(client, submission):
    path = path_of(Kind.ACCESS, submission)
    assert client.post(path).status_code == 302
    for replay in (Client().get(path), Client().post(path), client.post(path)):
        assert replay.status_code == 404
        assert "se demande à nouveau avec votre adresse" in text_of(replay)


def test_a_scanner_that_opens_an_access_link_uses_nothing_up(client, submission):
    path = path_of(Kind.ACCESS, submission)
    for _ in range(2):
        assert Client().get(path).status_code == 200
        assert Client().head(path).status_code == 200
    assert client.post(path).status_code == 302


@OTHER_ADDRESS
def test_opening_access_changes_the_number_of_the_session(client, submission):
    fill(client, upto="besoin")  # a draft opens one
    before = client.cookies["session"].value
    open_access(client, submission)
    assert client.cookies["session"].value != before


def test_a_file_that_waits_for_its_confirmation_gets_that_link_again_and_no_other(client):
    waiting = make_submission()
    client.post(f"{path_of(Kind.RESULT, waiting)}acces/envoyer/")
    assert set(ours(Notification).values_list("kind", flat=True)) == {"confirm_address"}


def test_whoever_has_the_link_fills_nobody_s_box(client, submission):
    path = f"{path_of(Kind.RESULT, submission)}acces/envoyer/"
    answers = {text_of(client.post(path, follow=True)) for _ in range(5)}
    assert len(answers) == 1
    assert ours(Notification).filter(kind="access_link").count() <= 2  # the turn of the two minutes


def test_asking_too_often_is_refused_with_when_to_come_back(client, submission, settings):
    settings.THROTTLES = {"access.network": (1, 3600)}
    path = f"{path_of(Kind.RESULT, submission)}acces/envoyer/"
    client.post(path)
    response = client.post(path)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0


@OTHER_ADDRESS
def test_no_session_keeps_a_link(client, submission):
    page = open_access(client, submission)
    client.get(page)
    kept = " ".join(str(session.get_decoded()) for session in Session.objects.all())
    assert "fresh_access" in kept
    assert "lien-" not in kept


# -- stopping


def test_a_stop_link_stops_its_address_and_topic_until_the_last_day(client, submission, clock):
    path = path_of(Kind.STOP, submission)
    clock.goes_on(395 * DAY)
    assert "C’est fait" in text_of(client.post(path))
    assert (Stop.objects.get().address, Stop.objects.get().topics) == (submission.contact.email, [submission.topic])


def test_stopping_twice_is_stopping_once(client, submission):
    path = path_of(Kind.STOP, submission)
    stop(address=submission.contact.email, topic="catalogue")
    assert [client.post(path).status_code for _ in range(2)] == [200, 200]
    assert Stop.objects.get().topics == ["catalogue", submission.topic]
