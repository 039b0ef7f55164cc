"""A link scanner opens every address of an e-mail before its reader does: nothing may change."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.conf import settings

from backend.accounts.services import invite
from backend.matchmaking import alerts
from backend.matchmaking.follow_up import offer_file, refer_file
from backend.matchmaking.models import Language
from backend.matchmaking.reviews import end_review
from backend.notifications.models import Notification
from backend.schemes.models import Scheme
from backend.territories.models import ServedEpci
from tests.factories import CCLO, DAY, as_sent, decide, first_matches, make_officer, make_submission, next_morning
from tests.neighbour import ours

pytestmark = pytest.mark.django_db
# Not the scanner’s own session, nor when a link was last used.
OWN = ("accounts", "companies", "matchmaking", "notifications", "schemes")


@pytest.fixture
def emails():
    """Owe an e-mail of every kind that the services know; return them by kind."""
    officer = make_officer()
    make_officer(CCLO)
    invite(user=officer)
    make_submission(email="pas.confirmee@firm.example", wants_alerts=True)
    submission = make_submission(confirmed=True, wants_alerts=True)
    (kept,) = (match.scheme for match in first_matches(submission))
    decide(submission, kept, officer)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    Scheme.objects.filter(pk=kept.pk).update(state=Scheme.State.ARCHIVED)
    alerts.tell(pk=submission.alerts.get().pk, on=DAY)
    offer_file(submission=submission, by=officer, to=make_officer())
    rerouted = make_submission(confirmed=True, email="ailleurs@firm.example")  # read with no other file
    epci = ServedEpci.objects.get(short_name=CCLO)
    refer_file(submission=rerouted, epci=epci, by=officer)
    next_morning()
    return list(ours(Notification).all())


def links(email: Notification) -> set[str]:
    sent = as_sent(email)
    found = re.findall(r"https?://[^\s\"'<>]+", f"{sent.text} {sent.html} {sent.headers.get('List-Unsubscribe', '')}")
    return {address.rstrip(".,;)").replace("&amp;", "&") for address in found}


def everything() -> dict[str, list[Any]]:
    """Return every row of every table of ours but what was learnt, which no page writes."""
    models = [model for label in OWN for model in apps.get_app_config(label).get_models() if model is not Language]
    return {model._meta.label: list(model.objects.order_by("pk").values()) for model in models}


@pytest.mark.cases(1)
@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_every_address_of_every_email_changes_nothing(client, emails, method):
    assert {email.kind for email in emails} >= {
        "confirm_address",
        "receipt",
        "waiting_digest",
        "reviewed",
        "alert",
        "handed_over",
        "invitation",
    }
    before = everything()
    opened = 0
    for email in emails:
        for address in links(email):
            if address.startswith(settings.PUBLIC_URL):
                parts = urlsplit(address)
                answer = getattr(client, method)(f"{parts.path}?{parts.query}")
                assert answer.status_code in (200, 302), address
                opened += 1
    assert opened >= 20
    after = everything()
    for label, rows in before.items():
        assert after[label] == rows, label


@pytest.mark.slow
def test_the_day_after_a_scanner_still_leaves_the_news_to_tell(client, emails, settings):
    settings.FIXED_DAY = DAY + timedelta(days=1)
    subscribed = [email for email in emails if email.kind == "alert"]
    for address in links(subscribed[0]):
        client.get(urlsplit(address).path)
    told = [alert.told.on for alert in apps.get_model("matchmaking", "Alert").objects.all()]
    assert set(told) == {DAY}
