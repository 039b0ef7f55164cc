"""One client cannot hurt the others: limits by network, a victim who files all the same, drafts, mails that wait."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from backend.matchmaking.models import Submission
from backend.notifications.models import Notification
from backend.notifications.services import deliverable
from tests.factories import make_officer
from tests.neighbour import ours
from tests.web.conftest import CONTACT, FIRM, NEED, STEPS, fill, text_of
from tests.web.test_throttles import no_turn_of_the_hour

pytestmark = pytest.mark.django_db
HOUR = 3600
QUESTION = json.dumps({"commune": "60159", "needs": ["competences.recruter"], "on": "2026-11-24"})


@pytest.fixture(autouse=True)
def own_counters(settings):
    counters = {**settings.CACHES["counters"], "KEY_PREFIX": uuid4().hex}
    settings.CACHES = {**settings.CACHES, "counters": counters}


def ask(client, address):
    return client.post("/api/v1/match", QUESTION, content_type="application/json", REMOTE_ADDR=address).status_code


def test_forty_addresses_of_one_network_share_one_limit(client, settings):
    no_turn_of_the_hour()
    settings.THROTTLES = {"api_match.network": (30, HOUR)}
    answers = [ask(client, f"2001:db8:1:2::{number:x}") for number in range(1, 41)]
    assert answers == [200] * 30 + [429] * 10
    assert ask(client, "2001:db8:1:3::1") == 200


def test_the_counters_hold_no_address(client, settings):
    settings.THROTTLES = {"api_match.network": (30, HOUR)}
    ask(client, "203.0.113.7")
    redis = caches["counters"]._cache.get_client()
    (key,) = redis.keys(f"{settings.CACHES['counters']['KEY_PREFIX']}*")
    assert b"203.0" not in key
    settings.SECRET_KEY = "another"  # a digest that anybody could compute would be the address
    ask(client, "203.0.113.7")
    assert len(redis.keys(f"{settings.CACHES['counters']['KEY_PREFIX']}*")) == 2


def n_deliverable():
    return ours(Notification).filter(pk__in=[pk for pk, _attempt in deliverable()]).count()


# -- filings in somebody else's name


@pytest.fixture
def stranger(settings):
    """Someone who files with the victim's SIREN and address, as often as it takes to be many."""
    settings.MANY_FILES_OF_COMPANY, settings.MANY_FILES_OF_ADDRESS = 3, 2
    stranger = Client(REMOTE_ADDR="198.51.100.66")
    pages = [stranger.get(fill(stranger)["Location"]) for _ in range(4)]
    return pages[0]


def without_its_own(page, submission):
    return re.sub(r"\b\d\d:\d\d\b", "", text_of(page)).replace(submission.reference, "")


def test_a_victim_files_and_reads_what_anybody_would_and_its_officer_that_there_are_many(client, stranger):
    first = ours(Submission).earliest("filed_at")
    filed = fill(client)
    assert filed.status_code == 302
    mine = ours(Submission).latest("filed_at")
    page = client.get(filed["Location"])
    assert page.status_code == 200
    assert (first.many_of_company, first.many_of_address) == (False, False)
    assert (mine.many_of_company, mine.many_of_address) == (True, True)
    assert without_its_own(page, mine) == without_its_own(stranger, first)
    fill(Client(), entreprise={**FIRM, "number": "552 100 554 00013"}, contact={**CONTACT, "email": "a@b.example"})
    another = ours(Submission).latest("filed_at")
    assert (another.many_of_company, another.many_of_address) == (False, False)
    ours(Submission).update(confirmed_at=timezone.now())
    client.force_login(make_officer())
    said = "Beaucoup de demandes pour ce SIREN et cette adresse ce jour-là"
    assert said in text_of(client.get(f"/agent/{mine.pk}/"))
    assert "Beaucoup de demandes" not in text_of(client.get(f"/agent/{first.pk}/"))
    assert said in text_of(client.get("/agent/"))


def test_the_mailbox_of_a_victim_gets_one_confirmation_in_ten_minutes_and_six_a_day(client):
    for _ in range(8):
        fill(client)
    due = sorted(ours(Notification).filter(kind="confirm_address").values_list("due_at", flat=True))
    waits = [round((later - due[0]) / timedelta(minutes=1)) for later in due]
    assert waits == [0, 10, 20, 30, 40, 50, 24 * 60, 24 * 60 + 10]
    assert n_deliverable() == 1
    fill(client, contact={**CONTACT, "email": "autre@y.example"})
    assert n_deliverable() == 2


def test_asking_again_adds_nothing_to_what_waits_and_is_answered_alike(client):
    for _ in range(2):
        fill(client)
    pages = [client.post("/espace/", {"email": CONTACT["email"]}) for _ in range(4)]
    assert {page.status_code for page in pages} == {200}
    assert len({text_of(page) for page in pages}) == 1
    assert n_deliverable() == 1
    n = ours(Notification).count()
    client.post("/espace/", {"email": CONTACT["email"]})
    assert ours(Notification).count() == n


# -- drafts


def test_nobody_leaves_a_session_without_having_sent_a_step(client):
    client.get("/demande/")
    client.get("/demande/besoin/")
    assert Client(enforce_csrf_checks=True).post("/demande/besoin/", NEED).status_code == 403
    assert not Session.objects.exists()
    assert client.post("/demande/besoin/", NEED).status_code == 302
    assert Session.objects.count() == 1


def test_a_draft_holds_known_fields_only(client):
    client.post("/demande/besoin/", {**NEED, "junk": "x" * 1000, "csrfmiddlewaretoken": "y", "site_internet": "z"})
    assert set(client.session["draft"]["steps"]["besoin"]) == {"needs", "text", "horizon"}


@pytest.mark.parametrize("fields", [{"needs": ["competences.recruter"] * 900}, {"text": "é" * 12_000}])
def test_a_draft_is_no_larger_than_twenty_kilobytes_from_the_first_post_on(client, fields):
    response = client.post("/demande/besoin/", {**NEED, **fields})
    assert response.status_code == 422
    text = text_of(response)
    assert "accepté : 20000 au plus" in text
    assert response.context["form"]["text"].value() == {**NEED, **fields}["text"]
    assert not Session.objects.exists()


def test_drafts_are_counted_by_network_and_keep_what_was_typed(settings):
    no_turn_of_the_hour()
    settings.THROTTLES = {"draft.network": (2, HOUR)}
    answers = [Client().post("/demande/besoin/", NEED) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert answers[2].context["form"]["text"].value() == NEED["text"]
    assert Session.objects.count() == 2
    elsewhere = Client(REMOTE_ADDR="192.0.2.77")
    assert elsewhere.post("/demande/besoin/", NEED).status_code == 302
    for name, fields in list(STEPS.items())[1:3]:  # going on with a draft opens none
        assert elsewhere.post(f"/demande/{name}/", fields).status_code == 302
