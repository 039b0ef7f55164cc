"""A firm that typed its address wrongly: it has the confirmation sent again, or to the address that it meant."""

import re
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backend.journal.models import AuditEvent
from backend.journal.models import Kind as Event
from backend.links.models import OF_SUBMISSIONS, Kind
from backend.links.services import find_link
from backend.matchmaking.access_links import CONFIRMATION, send_space_link
from backend.matchmaking.address_change import AddressKept, correct_own_address
from backend.matchmaking.follow_up import take_file
from backend.matchmaking.models import Alert, FollowUp, Submission
from backend.matchmaking.ownership import numbers_read
from backend.matchmaking.services import confirm_address
from backend.notifications.models import Notification
from backend.notifications.services import deliver, take_back
from backend.web.filed import FILED
from tests.factories import as_sent, bounce, guest_link, link_to, make_guest, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db
State = Notification.State
WRONG, RIGHT = "karine@example.ogr", "karine@example.org"
DETAILS = re.compile(r"<details class=\"fold no-print\"( open)?>\s*<summary>Rien reçu, adresse fausse")


@pytest.fixture
def submission():
    return make_submission(email=WRONG, phone="")


@pytest.fixture
def token(submission):
    return link_to(submission)


@pytest.fixture
def firm(submission):
    """Return the browser that filed."""
    return having_filed(submission)


def having_filed(submission):
    client = Client()
    session = client.session
    session[FILED] = str(submission.filing_key)
    session.save()
    return client


def page_of(client, token):
    return client.get(reverse("result", args=[token]))


def correct(client, token, email=RIGHT, *, follow=True):
    return client.post(reverse("correct_address", args=[token]), {"email": email}, follow=follow)


def resend(client, token):
    return text_of(client.post(reverse("send_confirmation", args=[token]), follow=True))


def confirmations():
    return ours(Notification).filter(kind=CONFIRMATION).order_by("pk")


def confirm_path(email):
    return re.search(r"/confirmer/\S+/", as_sent(email).text).group()


def sent(when=timedelta(0)):
    """Have all confirmations leave, some time ago."""
    moment = timezone.now() - when
    confirmations().update(state=State.SENT, owed_at=moment, due_at=moment, ended_at=moment)


# -- another address


def test_a_wrong_address_is_corrected_on_the_page_of_what_was_filed_and_confirmed_by_the_new_link(client):
    filed = fill(client, contact={"email": WRONG, "phone": ""})
    token = filed["Location"].split("/")[2]
    old = confirm_path(confirmations().get())
    page = client.get(filed["Location"])
    assert "personne ne lit votre demande" in text_of(page)
    assert DETAILS.search(page.content.decode())[1] is None
    assert f'value="{WRONG}"' in page.content.decode()
    page = correct(client, token)
    assert page.redirect_chain == [(reverse("result", args=[token]) + "#adresse", 302)]
    assert "L’adresse est corrigée." in text_of(page)
    assert f"Un courriel part dans la minute vers {RIGHT} ." in text_of(page)
    assert WRONG not in page.content.decode()
    former, new = confirmations()
    assert (former.recipient, former.state) == (WRONG, State.FAILED)
    assert (new.recipient, new.state) == (RIGHT, State.DUE)
    for method in ("get", "post"):
        assert getattr(Client(), method)(old).status_code == 404
    send_space_link(email=WRONG)
    assert not ours(Notification).filter(recipient=WRONG, state=State.DUE).exists()
    submission = ours(Submission).get()
    assert (submission.contact.email, submission.confirmed_at) == (RIGHT, None)
    assert Client().post(confirm_path(new)).status_code == 302
    submission.refresh_from_db()
    assert submission.confirmed_at
    assert ours(Notification).get(kind="receipt").recipient == RIGHT
    assert "n’est pas encore relue" in text_of(page_of(client, token))


def test_no_link_but_the_one_in_use_opens_the_file_any_more_and_those_of_another_firm_do(submission, token, firm):
    """Whoever reads the former address may have made a feed of the firm's days with what was sent there."""
    other = make_submission()
    ours, theirs = ({kind: link_to(file, kind) for kind in OF_SUBMISSIONS} for file in (submission, other))
    correct(firm, token, follow=False)
    assert not any(find_link(kind=kind, token=old) for kind, old in ours.items())
    assert page_of(firm, token).status_code == 200
    assert all(find_link(kind=kind, token=kept) for kind, kept in theirs.items())


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Sans adresse, nous ne pouvons pas vous répondre."),
        ("karine@", "Cette adresse n’est pas complète."),
        ("karine@\u00e9toile.example", "n’est pas possible dans une adresse électronique"),
        ("Karine@Example.OGR", "C’est déjà l’adresse de votre demande"),
        ("a" * 250 + "@example.org", "254"),
    ],
)
def test_a_wrong_entry_stays_typed_with_its_error_beside_the_field_and_changes_nothing(
    submission, token, firm, typed, said
):
    page = correct(firm, token, typed)
    assert page.status_code == 422
    shown = page.content.decode()
    assert DETAILS.search(shown)[1] == " open"
    assert f'value="{typed}"' in shown or not typed
    assert text_of(page).count(said) == 2  # in the summary of errors, and beside the field
    assert 'href="#adresse_email"' in shown
    submission.contact.refresh_from_db()
    assert submission.contact.email == WRONG
    assert confirmations().count() == 1


def test_nothing_tells_whether_an_address_has_an_account(submission, token, firm):
    """Filing with it is not refused either: a stranger learns from neither who works here."""
    page = correct(firm, token, make_officer().email.upper())
    assert page.status_code == 200
    assert confirmations().count() == 2


def test_it_is_noted_in_the_journal_by_nobody(submission, token, firm):
    correct(firm, token, follow=False)
    [event] = ours(AuditEvent).filter(kind=Event.ADDRESS_CORRECTED)
    assert (event.actor, event.submission_id) == (None, submission.pk)


def test_nothing_of_the_other_files_of_the_new_address_shows_before_it_is_confirmed(submission, token, firm):
    other = make_submission(confirmed=True, email=RIGHT, text="Un mot rare : tréfilage.")
    page = correct(firm, token)
    assert other.reference not in page.content.decode()
    assert "tréfilage" not in page.content.decode()
    assert numbers_read(Submission.objects.get(pk=submission.pk)) == []
    confirm_address(submission=submission)
    assert numbers_read(Submission.objects.get(pk=submission.pk)) == [other.pk]
    other.refresh_from_db()
    assert other.contact.email == RIGHT


def test_the_alert_that_was_asked_for_stays_and_waits_for_the_new_address(token, firm, submission):
    firm.post(reverse("alerts", args=[token]), {"frequency": "weekly"})
    correct(firm, token, follow=False)
    assert ours(Alert).get().ended_at is None
    assert not Alert.objects.released().filter(submission=submission).exists()


@pytest.mark.slow
def test_many_files_of_an_address_are_counted_of_the_one_that_the_file_has(submission, token, firm, settings):
    settings.MANY_FILES_OF_ADDRESS = 3
    files = [make_submission(email=RIGHT, siren="", siret="", company_name=f"Atelier {n}") for n in range(4)]
    assert [
        file.many_of_address for file in Submission.objects.filter(pk__in=[file.pk for file in files]).order_by("pk")
    ] == [False, False, False, True]
    Submission.objects.filter(pk=files[3].pk).update(filed_at=timezone.now() - timedelta(days=2))
    correct(firm, token, follow=False)
    submission.refresh_from_db()
    assert submission.many_of_address
    correct(firm, token, "seule@example.org", follow=False)
    submission.refresh_from_db()
    assert not submission.many_of_address


def test_an_e_mail_that_came_back_can_be_corrected_there_and_closes_its_task(submission, token, firm):
    sent()
    bounce(submission)
    assert ours(FollowUp).to_do().dead_addresses().exists()
    text = text_of(page_of(firm, token))
    assert "si elle est fausse, corrigez-la ci-dessous." in text
    assert "déposez une nouvelle demande" not in text
    assert "le jour même, ou déposez une nouvelle demande" in text_of(page_of(Client(), token))
    assert f"Le courriel vers {WRONG} n’arrive pas" in resend(firm, token)
    text = text_of(correct(firm, token))
    assert "n’est pas arrivé" not in text
    assert not ours(FollowUp).to_do().dead_addresses().exists()
    assert confirmations().last().state == State.DUE


def test_a_confirmation_that_a_worker_has_in_hand_is_not_tried_again(submission, token, firm):
    confirmations().update(state=State.CLAIMED, claimed_at=timezone.now(), attempt=1)
    correct(firm, token, follow=False)
    former = confirmations().first()
    assert former.state == State.FAILED
    assert not deliver(pk=former.pk, attempt=former.attempt)


def test_what_is_in_hand_is_left_there_unless_asked(submission):
    confirmations().update(state=State.CLAIMED, claimed_at=timezone.now(), attempt=1)
    asked = {"about": submission.topic, "kinds": [CONFIRMATION], "why": "Essai."}
    assert take_back(**asked) == set()
    assert take_back(**asked, leaving=True) == {CONFIRMATION}


# -- who may not


def test_a_forwarded_link_reads_and_corrects_nothing(submission, token):
    stranger = having_filed(make_submission(email="autre@firm.example"))
    for client in (Client(), stranger):
        assert not DETAILS.search(page_of(client, token).content.decode())
        assert "dans le navigateur qui a déposé la demande" in text_of(correct(client, token))
    submission.contact.refresh_from_db()
    assert submission.contact.email == WRONG
    assert [row.recipient for row in confirmations().filter(about=[submission.topic])] == [WRONG]


def test_a_guest_corrects_nothing_and_has_nothing_sent(submission):
    confirm_address(submission=submission)
    tokens = [
        guest_link(make_guest(submission, email=f"{right}@cabinet.example", right=right), Kind.RESULT)
        for right in ("read", "answer", "manage")
    ]
    client = having_filed(submission)
    for status in (403, 404):  # no guest opens anything of a file that is not confirmed any more
        for name, token in product(("correct_address", "send_confirmation"), tokens):
            assert client.post(reverse(name, args=[token]), {"email": RIGHT}).status_code == status
            assert not DETAILS.search(page_of(client, token).content.decode())
        Submission.objects.filter(pk=submission.pk).update(confirmed_at=None)
        ours(Notification).filter(kind="receipt").delete()
    submission.contact.refresh_from_db()
    assert submission.contact.email == WRONG


@pytest.mark.cases(1)
@pytest.mark.parametrize("why", ["confirmed", "confirmed once", "filed by an officer"])
def test_a_file_that_is_or_was_confirmed_or_an_officer_filed_is_not_changed(submission, token, firm, why):
    if why.startswith("confirmed"):
        confirm_address(submission=submission)
    if why == "confirmed once":
        Submission.objects.filter(pk=submission.pk).update(confirmed_at=None)
    if why == "filed by an officer":
        Submission.objects.filter(pk=submission.pk).update(consent_by=make_officer())
    n_sent = confirmations().count()
    shown = page_of(firm, token).content.decode()
    assert not DETAILS.search(shown)
    for name, said in (("correct_address", "rien n’a changé"), ("send_confirmation", "plus rien à confirmer")):
        assert reverse(name, args=[token]) not in shown
        answer = firm.post(reverse(name, args=[token]), {"email": RIGHT}, follow=True)
        assert answer.redirect_chain[0][1] == 302
        assert said in text_of(answer)
    with pytest.raises(AddressKept):
        correct_own_address(submission=submission, email=RIGHT, link_pk=0)
    submission.contact.refresh_from_db()
    assert submission.contact.email == WRONG
    assert confirmations().count() == n_sent


def test_who_follows_a_file_goes_on_following_it(submission, token, firm):
    officer = make_officer()
    Submission.objects.filter(pk=submission.pk).update(filed_at=timezone.now() - timedelta(days=9))
    submission.contact.phone = "0344000000"
    submission.contact.save()
    submission.refresh_from_db()
    take_file(submission=submission, officer=officer)
    correct(firm, token, follow=False)
    submission.refresh_from_db()
    assert submission.officer == officer


# -- the same address again


def test_the_confirmation_is_sent_again_to_the_same_address_once(submission, token):
    sent(timedelta(minutes=30))
    shown = page_of(Client(), token).content.decode()
    assert f'action="{reverse("send_confirmation", args=[token])}"' in shown
    for _again in range(2):
        text = resend(Client(), token)
        assert f"Le courriel part vers {WRONG} : regardez aussi" in text
        assert f"Un courriel part dans la minute vers {WRONG} ." in text
    assert [row.state for row in confirmations()] == [State.SENT, State.DUE]
    sent(timedelta(minutes=3))
    assert f"Le courriel est déjà parti vers {WRONG}, le " in resend(Client(), token)
    assert confirmations().count() == 2
    assert {row.recipient for row in confirmations()} == {WRONG}


@pytest.mark.slow
def test_one_that_waits_for_its_turn_is_not_doubled_and_tells_nothing_of_the_others(submission, token):
    make_submission(email=WRONG, siren="", siret="", company_name="Autre atelier")
    sent(timedelta(minutes=30))
    other = confirmations().last()
    Notification.objects.filter(pk=other.pk).update(due_at=timezone.now())
    texts = [resend(Client(), token) for _again in range(2)]
    assert f"Le courriel part vers {WRONG} : regardez aussi" in texts[0]
    assert texts[0] == texts[1]
    [again] = confirmations().filter(state=State.DUE)
    assert again.due_at > timezone.now() + timedelta(minutes=9)


@pytest.mark.parametrize("name", ["send_confirmation", "correct_address"])
def test_both_are_slowed_down_by_network(submission, token, firm, settings, name):
    settings.THROTTLES = {"access.network": (1, 3600)}
    settings.CACHES = {**settings.CACHES, "counters": {**settings.CACHES["counters"], "KEY_PREFIX": uuid4().hex}}
    path = reverse(name, args=[token])
    assert [firm.post(path, {"email": f"karine{n}@example.org"}).status_code for n in range(2)] == [302, 429]


@pytest.mark.cases(2)
@pytest.mark.parametrize("name", ["send_confirmation", "correct_address"])
@pytest.mark.parametrize("wrong", ["lien-" + "A" * 24, "x", "%00"])
def test_a_link_that_opens_nothing_does_nothing(submission, firm, name, wrong):
    assert firm.post(reverse(name, args=["x"]).replace("/x/", f"/{wrong}/"), {"email": RIGHT}).status_code == 404
    assert confirmations().count() == 1
