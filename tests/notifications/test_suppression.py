"""Addresses that do not exist, and people who complain: what is held back, from whom, and until when."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.notifications.models import Notification, Suppression
from backend.notifications.refusals import diagnose, without_addresses
from backend.notifications.services import deliver, deliverable
from backend.notifications.suppression import digests, is_dead, lift_suppressions, record_delivery

State, Delivery = Notification.State, Notification.Delivery
ADDRESS = "paul@firm.example"
NEIGHBOUR = "zoe@neighbour.example"


@pytest.mark.parametrize(
    ("answer", "delivery"),
    [
        ("550 5.1.1 <paul@firm.example>: Recipient address rejected: User unknown", Delivery.DEAD),
        ("550-5.1.1 The email account that you tried to reach does not exist.", Delivery.DEAD),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", Delivery.DEAD),
        ("550 5.2.1 The email account that you tried to reach is disabled.", Delivery.DEAD),
        ("556 5.1.10 Recipient address has null MX", Delivery.DEAD),
        ("550 5.1.2 Domain not found", Delivery.DEAD),
        ("550 No such user", Delivery.DEAD),
        ("550 Mailbox not found", Delivery.DEAD),
        ("550 5.1.0 Adresse d'au moins un destinataire invalide. Destinataire inconnu", Delivery.DEAD),
        ("550 5.1.0 Sender rejected", Delivery.REFUSED),
        ("553 5.1.8 Sender address does not exist", Delivery.REFUSED),
        ("550 5.7.1 Message refused: user unknown to our policy", Delivery.REFUSED),
        ("554 5.7.1 Relay access denied", Delivery.REFUSED),
        ("552 5.2.2 Mailbox full", Delivery.REFUSED),
        ("554 Content refused", Delivery.REFUSED),
        ("450 4.2.1 Mailbox busy", Delivery.UNKNOWN),
    ],
)
def test_only_a_mailbox_that_does_not_exist_is_dead(answer, delivery):
    assert diagnose(answer) is delivery


def test_the_status_of_a_report_decides_unless_it_is_vague():
    assert diagnose("smtp; 550 user unknown", status="5.7.1") is Delivery.REFUSED
    assert diagnose("smtp; 550 5.1.1 user unknown", status="5.0.0") is Delivery.DEAD
    assert diagnose("smtp; 550 user unknown", status="5.0.0") is Delivery.DEAD
    assert diagnose("", status="4.4.1") is Delivery.UNKNOWN


def test_what_is_kept_of_an_answer_holds_no_address():
    assert without_addresses("550 5.1.1\r\n <paul@firm.example>: unknown") == "550 5.1.1 <…>: unknown"
    assert without_addresses("550 " * 100) == ("550 " * 100)[:300]


def test_an_address_refused_as_unknown_is_written_to_no_more_and_its_neighbour_is(make_owed, postman):
    owed, other = make_owed(key="a"), make_owed(key="b", recipient=NEIGHBOUR)
    waiting = make_owed(key="c", recipient=ADDRESS.upper())
    postman.answers["RCPT"] = "550 5.1.1 User unknown"
    assert not deliver(pk=owed.pk, attempt=0)
    postman.answers.clear()
    assert not deliver(pk=waiting.pk, attempt=0)
    later = make_owed(key="d")
    assert deliver(pk=other.pk, attempt=0)
    for row in (owed, waiting, other, later):
        row.refresh_from_db()
    assert (owed.state, owed.delivery) == (State.FAILED, Delivery.DEAD)
    assert (waiting.state, waiting.delivery) == (later.state, later.delivery) == (State.STOPPED, Delivery.DEAD)
    assert later.ended_at
    assert (other.state, other.delivery) == (State.SENT, Delivery.UNKNOWN)
    assert deliverable() == []
    suppression = Suppression.objects.get()
    assert owed.suppression == waiting.suppression == later.suppression == suppression
    assert (suppression.reason, suppression.detail) == ("dead", "550 5.1.1 User unknown")
    assert suppression.suppressed_at.date() == timezone.now().date()
    assert [message["To"] for message in postman.accepted] == [NEIGHBOUR]


@pytest.mark.parametrize("answers", [{"RCPT": "550 5.7.1 Refused by policy"}, {"DATA": "554 5.7.1 Content refused"}])
def test_a_refusal_of_this_message_says_nothing_of_the_address(make_owed, postman, answers):
    owed = make_owed()
    postman.answers |= answers
    assert not deliver(pk=owed.pk, attempt=0)
    owed.refresh_from_db()
    assert (owed.state, owed.delivery) == (State.FAILED, Delivery.REFUSED)
    assert not Suppression.objects.exists()
    assert make_owed(key="next").state == State.DUE


@pytest.mark.parametrize("answers", [{"RCPT": "450 4.1.1 Try later"}, {"MAIL": "550 5.1.1 Unknown sender"}])
def test_a_refusal_that_may_pass_suppresses_nothing(make_owed, postman, answers):
    owed = make_owed()
    postman.answers |= answers
    assert not deliver(pk=owed.pk, attempt=0)
    owed.refresh_from_db()
    assert (owed.state, owed.delivery) == (State.DUE, Delivery.UNKNOWN)
    assert not Suppression.objects.exists()


def test_a_complaint_stops_alerts_and_nothing_else(make_owed):
    alert = make_owed(key="a", kind="alert", about=("submission:1",))
    record_delivery(notification=alert, delivery=Delivery.COMPLAINED)
    assert make_owed(key="b", kind="alert", about=("submission:2",)).state == State.STOPPED
    assert make_owed(key="c", kind="receipt", about=("submission:1",)).state == State.DUE
    assert make_owed(key="d", kind="alert", about=("submission:3",), recipient=NEIGHBOUR).state == State.DUE
    assert not is_dead(ADDRESS)


def test_what_came_back_is_recorded_once_and_only_worse_news_replaces_it(make_owed):
    owed = make_owed()
    assert record_delivery(notification=owed, delivery=Delivery.COMPLAINED)
    assert not record_delivery(notification=owed, delivery=Delivery.REFUSED)
    assert record_delivery(notification=owed, delivery=Delivery.DEAD)
    assert not record_delivery(notification=owed, delivery=Delivery.DEAD)
    assert Suppression.objects.dead().count() == 1


def test_an_address_that_works_again_is_written_to_again(make_owed, django_user_model):
    record_delivery(notification=make_owed(), delivery=Delivery.DEAD)
    officer = django_user_model.objects.create_user("claire@epci.example")
    assert lift_suppressions(address=NEIGHBOUR, by=officer) == 0
    assert lift_suppressions(address=ADDRESS.upper(), by=officer) == 1
    assert make_owed(key="b").state == State.DUE
    assert Suppression.objects.get().lifted_by == officer


def test_a_suppression_outlives_a_change_of_the_secret_key(make_owed, settings):
    record_delivery(notification=make_owed(), delivery=Delivery.DEAD)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key-" + "1" * 40
    assert is_dead(ADDRESS)
    assert not is_dead(NEIGHBOUR)


def test_the_address_itself_is_not_kept(make_owed):
    record_delivery(notification=make_owed(), delivery=Delivery.DEAD, detail=f"550 <{ADDRESS}> unknown")
    assert "firm" not in str(Suppression.objects.values().get())


def test_an_address_is_suppressed_once_for_each_reason(db):
    row = {"digest": digests(ADDRESS)[0], "reason": "dead", "suppressed_at": timezone.now()}
    Suppression.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Suppression.objects.create(**row)


@pytest.mark.shows_both("the outbox of all firms, which administrators look at")
def test_an_administrator_lifts_a_suppression_in_the_outbox(client, make_owed, django_user_model):
    owed, other = make_owed(key="a"), make_owed(key="b", recipient=NEIGHBOUR)
    for row in (owed, other):
        record_delivery(notification=row, delivery=Delivery.DEAD)
    client.force_login(django_user_model.objects.create_superuser("admin@jonction.example", "mot-de-passe-long"))
    sent = {"action": "write_again", "_selected_action": [owed.pk]}
    page = client.post("/administration/notifications/notification/", sent, follow=True)
    assert "Adresses à qui l’on écrit de nouveau : 1." in page.content.decode()
    assert not is_dead(ADDRESS)
    assert is_dead(NEIGHBOUR)
