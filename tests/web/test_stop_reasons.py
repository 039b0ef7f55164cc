"""Why an e-mail was stopped: asked once it is, in one tap or not at all, and kept without the person."""

import pytest
from django.test import Client

from backend.common.days import current_day
from backend.matchmaking.alerts import subscribe
from backend.notifications.models import Stop, StopReason
from backend.notifications.services import has_stopped
from tests.factories import DAY, link_to, make_submission, stop_link
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
ASKED = "Pourquoi ? (facultatif)"


def plain(response):
    return " ".join(text_of(response).split())


@pytest.fixture
def submission():
    made = make_submission(confirmed=True)
    subscribe(submission=made, frequency="weekly", paused_until=None, on=DAY)
    return made


@pytest.fixture
def path(submission):
    return f"/arreter/{stop_link(submission.contact.email, submission.alerts.get().topic)}/"


def counted():
    return list(StopReason.objects.values_list("month", "list_name", "reason", "n_stops"))


def test_it_is_asked_after_the_stop_and_never_before(client, path):
    assert ASKED not in plain(client.get(path))
    assert ASKED in plain(client.post(path))


def test_one_tap_is_counted_without_the_person(client, submission, path):
    client.post(path)
    response = client.post(path, {"reason": "too_many"})
    assert response.status_code == 200
    assert "Merci, c’est noté" in plain(response)
    assert ASKED not in plain(response)
    assert counted() == [(current_day().replace(day=1), "alerts", "too_many", 1)]
    assert {field.name for field in StopReason._meta.get_fields()} == {"id", "month", "list_name", "reason", "n_stops"}
    (row,) = Stop.objects.all()
    assert row.explained == [submission.alerts.get().topic]  # that a reason was given, not which


def test_a_stop_is_explained_once(client, path):
    client.post(path)
    for reason in ("too_many", "found"):
        assert client.post(path, {"reason": reason}).status_code == 200
    assert [row[2:] for row in counted()] == [("too_many", 1)]


def test_who_asks_again_and_stops_again_may_say_why_again(client, submission, path):
    for reason in ("too_many", "found"):
        client.post(path)
        client.post(path, {"reason": reason})
        subscribe(submission=submission, frequency="weekly", paused_until=None, on=DAY)
    assert sorted(row[2:] for row in counted()) == [("found", 1), ("too_many", 1)]


def test_a_reason_stops_nothing_by_itself_and_counts_nothing_where_nothing_is_stopped(client, submission, path):
    response = client.post(path, {"reason": "too_many"})
    assert "Arrêter ces courriels" in response.content.decode()
    assert not has_stopped(address=submission.contact.email, topic=submission.alerts.get().topic)
    assert counted() == []


@pytest.mark.cases(2)
@pytest.mark.parametrize("reason", ["", "x", "too_many\0", "TOO_MANY"])
def test_a_reason_that_is_not_in_the_list_is_refused_in_a_sentence(client, submission, path, reason):
    client.post(path)
    response = client.post(path, {"reason": reason})
    assert response.status_code == 422
    assert "Cette raison n’est pas dans la liste" in plain(response)
    assert ASKED in plain(response)
    assert has_stopped(address=submission.contact.email, topic=submission.alerts.get().topic)
    assert counted() == []


def test_a_mail_program_is_asked_nothing_more(path, submission):
    program = Client(enforce_csrf_checks=True)
    assert program.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert has_stopped(address=submission.contact.email, topic=submission.alerts.get().topic)
    assert counted() == []


def test_the_reason_of_one_address_does_not_explain_the_stop_of_another(client, path):
    other = make_submission(confirmed=True, email="autre@firm.example", siret="", siren="")
    subscribe(submission=other, frequency="weekly", paused_until=None, on=DAY)
    theirs = f"/arreter/{stop_link(other.contact.email, other.alerts.get().topic)}/"
    for link in (path, theirs):
        client.post(link)
        client.post(link, {"reason": "not_for_us"})
    assert [row[2:] for row in counted()] == [("not_for_us", 2)]


# -- stopped on the page of the result


def test_the_page_of_the_result_asks_too_once_it_is_stopped(client, submission):
    page = f"/resultat/{link_to(submission)}/"
    assert ASKED not in plain(client.get(page))
    response = client.post(f"{page}alertes/", {"stop": "1"}, follow=True)
    assert ASKED in plain(response)
    response = client.post(f"{page}alertes/", {"reason": "project_over"}, follow=True)
    assert "Merci, c’est noté." in plain(response)
    assert ASKED not in plain(response)
    assert [row[1:] for row in counted()] == [("alerts", "project_over", 1)]


def test_the_page_refuses_what_is_not_in_its_list(client, submission):
    page = f"/resultat/{link_to(submission)}/"
    client.post(f"{page}alertes/", {"stop": "1"})
    response = client.post(f"{page}alertes/", {"reason": "x"})
    assert response.status_code == 422
    assert "Cette raison n’est pas dans la liste" in plain(response)
    assert counted() == []


def test_who_stopped_on_the_page_may_ask_again(client, submission):
    page = f"/resultat/{link_to(submission)}/"
    client.post(f"{page}alertes/", {"stop": "1"})
    response = client.post(f"{page}alertes/", {"frequency": "closing", "paused_until": ""}, follow=True)
    assert "Nous vous écrivons seulement quand un dispositif ferme, sans attendre" in plain(response)
    assert not has_stopped(address=submission.contact.email, topic=submission.alerts.get().topic)
