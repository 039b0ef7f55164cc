"""What providers report, as their documentation writes it."""

import base64
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import clear_url_caches

from backend.notifications.models import Notification, Suppression
from backend.notifications.services import deliver
from tests.notifications import webhook_urls

State, Delivery = Notification.State, Notification.Delivery
SECRET = "provider:not-a-real-secret-0"
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["brevo", "mailjet"])
def provider(request, settings) -> str:
    settings.MAIL_PROVIDER = request.param
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    importlib.reload(webhook_urls)
    settings.ROOT_URLCONF = webhook_urls.__name__
    clear_url_caches()
    return request.param


@pytest.fixture
def sent(provider, make_owed, postman) -> Notification:
    for key, recipient in (("ours", "paul@firm.example"), ("theirs", "zoe@voisine.example")):
        assert deliver(pk=make_owed(key=key, recipient=recipient, kind="alert", about=(key,)).pk, attempt=0)
    return Notification.objects.get(dedupe_key="ours")


def event(provider: str, what: str, header: str | None, message_id: str) -> object:
    """Return an event as the provider posts it; ``header`` is what it repeats of the e-mail."""
    if provider == "brevo":
        name, reason = {
            "dead": ("hard_bounce", "550 5.1.1 User unknown"),
            "nowhere": ("invalid_email", None),
            "policy": ("hard_bounce", "550 5.7.1 Refused by policy"),
            "given up": ("hard_bounce", "452 4.2.2 Mailbox full"),
            "soft": ("soft_bounce", "452 4.2.2 Mailbox full"),
            "complaint": ("spam", None),
            "delivered": ("delivered", None),
        }[what]
        return {
            "event": name,
            "email": "paul@firm.example",
            "id": 26224,
            "date": "2026-11-24 10:02:11",
            "ts": 1795510931,
            "ts_event": 1795510931,
            "ts_epoch": 1795510931000,
            "message-id": message_id,
            "subject": "L’objet",
            "X-Mailin-custom": header,
            "sending_ip": "192.0.2.1",
            **({"reason": reason} if reason else {}),
        }
    fields = {
        "dead": {"event": "bounce", "hard_bounce": True, "blocked": False, "error": "user unknown"},
        "nowhere": {"event": "bounce", "hard_bounce": True, "blocked": False, "error": "no mail host"},
        "policy": {"event": "bounce", "hard_bounce": True, "blocked": False, "error": "policy issue"},
        "given up": {"event": "bounce", "hard_bounce": True, "blocked": False, "error": "452 4.2.2 Mailbox full"},
        "soft": {"event": "bounce", "hard_bounce": False, "blocked": False, "error": "quota exceeded"},
        "complaint": {"event": "spam", "source": "JMRPP"},
        "delivered": {"event": "sent", "smtp_reply": "sent (250 2.0.0 OK)"},
    }[what]
    return [
        {
            "time": 1795510931,
            "MessageID": 13792286917004336,
            "Message_GUID": "1ab23cd4-e567-8901-2345-6789f0gh1i2j",
            "email": "paul@firm.example",
            "mj_campaign_id": 0,
            "mj_contact_id": 0,
            "customcampaign": "",
            "CustomID": "",
            "Payload": header,
            **fields,
        }
    ]


def post(client, provider: str, body: object, secret: str = SECRET):
    token = base64.b64encode(secret.encode()).decode()
    headers = {"authorization": f"Basic {token}"} if secret else {}
    return client.post(f"/courriels/retours/{provider}/", body, content_type="application/json", headers=headers)


def header_of(postman, provider: str) -> str:
    return postman.accepted[0][{"brevo": "X-Mailin-custom", "mailjet": "X-MJ-EventPayload"}[provider]]


@pytest.mark.cases(5)
@pytest.mark.parametrize(
    ("what", "delivery"),
    [
        ("dead", Delivery.DEAD),
        ("nowhere", Delivery.DEAD),
        ("policy", Delivery.REFUSED),
        ("given up", Delivery.REFUSED),
        ("soft", Delivery.UNKNOWN),
        ("complaint", Delivery.COMPLAINED),
        ("delivered", Delivery.UNKNOWN),
    ],
)
def test_a_provider_says_what_became_of_an_email(client, postman, provider, sent, what, delivery):
    body = event(provider, what, header_of(postman, provider), "another-id")
    assert post(client, provider, body).status_code == 200
    sent.refresh_from_db()
    assert sent.delivery == delivery
    assert Notification.objects.get(dedupe_key="theirs").delivery == Delivery.UNKNOWN
    assert Suppression.objects.count() == (delivery in (Delivery.DEAD, Delivery.COMPLAINED))


def test_what_the_server_answered_is_kept_in_its_words(client, postman, provider, sent):
    post(client, provider, event(provider, "dead", header_of(postman, provider), "another-id"))
    sent.refresh_from_db()
    assert sent.error == {"brevo": "550 5.1.1 User unknown", "mailjet": "user unknown"}[provider]


def test_a_dead_mailbox_behind_the_recipient_is_a_refusal(client, postman, provider, sent):
    body = json.dumps(event(provider, "dead", header_of(postman, provider), "another-id"))
    post(client, provider, body.replace("paul@firm.example", "Old@firm.example"))
    sent.refresh_from_db()
    assert sent.delivery == Delivery.REFUSED
    assert not Suppression.objects.exists()


def test_an_email_is_known_by_its_message_id_too(client, provider, sent):
    if provider == "mailjet":
        pytest.skip("Mailjet has message identifiers of its own")
    assert post(client, provider, event(provider, "dead", None, sent.message_id)).status_code == 200
    sent.refresh_from_db()
    assert sent.delivery == Delivery.DEAD


@pytest.mark.parametrize("secret", ["", "provider:wrong-wrong-wrong-wrong"])
def test_whoever_does_not_know_the_secret_is_refused(client, postman, provider, sent, secret):
    body = event(provider, "dead", header_of(postman, provider), sent.message_id)
    assert post(client, provider, body, secret).status_code == 400
    assert not Suppression.objects.exists()


def test_an_event_that_names_only_an_address_changes_nothing(client, provider, sent):
    body = event(provider, "dead", '{"identifier": "' + "0" * 40 + '"}', f"<{'0' * 40}@jonction.example>")
    assert post(client, provider, body).status_code == 200
    assert not Suppression.objects.exists()


def test_without_a_provider_there_is_no_such_address(client, db):
    assert client.post("/courriels/retours/brevo/").status_code == 404


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"JONCTION_MAIL_PROVIDER": "pigeon"}, "Known: brevo, mailjet"),
        ({"JONCTION_MAIL_PROVIDER": "brevo"}, "JONCTION_MAIL_WEBHOOK_SECRET"),
        ({"JONCTION_MAIL_PROVIDER": "brevo", "JONCTION_MAIL_WEBHOOK_SECRET": "a:short"}, "16 characters or more"),
    ],
)
def test_a_provider_that_is_not_set_up_stops_the_service(changes, said):
    done = subprocess.run(
        [sys.executable, "-c", "import backend.config.test"],
        env={"PATH": os.environ["PATH"], **changes},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert said in done.stderr
