"""Other contacts of a request: invited, accepting, what each may do there, and how it ends."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from backend.accounts.models import Membership
from backend.journal.models import AuditEvent
from backend.links.models import Kind, Link
from backend.links.services import live_links
from backend.matchmaking import alerts
from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.guests import MOST_GUESTS, invite, leave
from backend.matchmaking.models import Alert, Guest, Submission
from backend.matchmaking.ownership import numbers_read
from backend.notifications.models import Notification
from backend.notifications.services import has_stopped, stop
from backend.privacy.erasing import erase_submission
from tests.factories import (
    DAY,
    as_sent,
    first_matches,
    guest_link,
    invitation_of_guest,
    link_to,
    make_guest,
    make_officer,
    make_submission,
)
from tests.neighbour import ours
from tests.security.test_look_alike_addresses import LOOK_ALIKES
from tests.web.conftest import text_of
from tests.web.test_space import ADDRESS, open_space

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "group", "epci")]
GUEST = "comptable@cabinet.example"


@pytest.fixture
def submission(settings):
    settings.FIXED_DAY = DAY
    return make_submission(confirmed=True, text="Un besoin de zigzagolin.", phone="0353016035")


def page_in_space(client, submission: Submission) -> str:
    """Open the space of the contact of a request, then the request; return the path of its page."""
    open_space(client, submission)
    return client.post(f"/espace/demande/{submission.pk}/", {"page": "result"})["Location"]


def page_of_guest(client, guest: Guest) -> str:
    """Open the space of a guest, then the request it was invited to; return the path of its page."""
    client.post(f"/acces/{guest_link(guest, Kind.ACCESS)}/")
    return client.post(f"/espace/invite/{guest.pk}/", {"do": "result"})["Location"]


def invited_by(client, path: str, **changes):
    return client.post(f"{path}contacts/", {"do": "invite", "email": GUEST, "right": "read", **changes}, follow=True)


def path_in(email: Notification, page: str) -> str:
    [path] = set(re.findall(rf"http://[^/]+(/{page}/[\w-]+/)", as_sent(email).text))
    return path


# -- inviting and accepting


def test_a_contact_is_invited_accepts_and_reads_the_request_in_her_own_space(client, submission):
    path = page_in_space(client, submission)
    assert "Un courriel part vers comptable@cabinet.example" in text_of(invited_by(client, path))
    assert "sans réponse : pourra lire" in text_of(client.get(path))
    email = ours(Notification).get(kind="guest_invitation")
    assert email.recipient == GUEST
    hers = Client()
    invitation = path_in(email, "invitation")
    page = text_of(hers.get(invitation))
    assert "Isabelle Morel (isabelle.morel@tolerie.example) vous invite" in page
    assert "Tôlerie des Étangs" in page
    assert not ours(Guest).exclude(accepted_at=None).exists()  # opening it changed nothing
    result = text_of(hers.post(invitation, {"answer": "accept"}, follow=True))
    assert "C’est accepté" in result
    assert "Vous lisez la demande de Isabelle Morel" in result
    hers.post(f"/acces/{guest_link(ours(Guest).get(), Kind.ACCESS)}/")
    space = text_of(hers.get("/espace/"))
    assert submission.reference in space
    assert "Vous pouvez lire" in space
    result = hers.post(f"/espace/invite/{ours(Guest).get().pk}/", {"do": "result"}, follow=True)
    assert "Vous lisez la demande de Isabelle Morel" in text_of(result)
    assert "depuis le" in text_of(client.get(path))


def test_an_invitation_says_who_invites_and_the_firm_and_nothing_else(client, submission):
    guest = make_guest(submission, accepted=False)
    row = ours(Notification).get(kind="guest_invitation")
    email = as_sent(row)
    page = text_of(client.get(f"/invitation/{invitation_of_guest(guest)}/"))
    for text in (email.text, email.html, row.subject, page):
        assert "Isabelle Morel" in text
        assert (submission.sheet.name in text) is (text != row.subject)
        for secret in (submission.reference, submission.text, "999999956", submission.contact.phone, "/resultat/"):
            assert secret not in text
    client.post("/espace/", {"email": GUEST})
    assert not ours(Notification).filter(kind="access_link").exists()  # no space before it is accepted


def test_an_invitation_serves_once_and_dies_with_its_seven_days_or_its_guest(client, submission, clock):
    guest = make_guest(submission, accepted=False)
    first, other = (f"/invitation/{invitation_of_guest(guest)}/" for _ in range(2))
    assert client.post(first, {"answer": "accept"}).status_code == 302
    for path in (first, other):  # accepted once: no second link of the same opens anything
        assert Client().post(path, {"answer": "accept"}).status_code == 404
        assert "sert une fois, 7 jours" in text_of(Client().get(path))
    late = make_guest(submission, email="late@cabinet.example", accepted=False)
    path = f"/invitation/{invitation_of_guest(late)}/"
    clock.goes_on(timedelta(days=7))
    assert Client().get(path).status_code == 404


def test_who_refuses_is_not_invited_again_and_reads_nothing(client, submission):
    guest = make_guest(submission, accepted=False)
    assert "C’est refusé" in text_of(
        client.post(f"/invitation/{invitation_of_guest(guest)}/", {"answer": "refuse"}, follow=True)
    )
    path = page_in_space(client, submission)
    client.post(f"{path}contacts/", {"do": "withdraw", "guest": guest.pk})  # no button of the page says so
    assert GUEST not in client.get(path).content.decode()
    assert ours(Guest).get() == guest
    answer = invited_by(client, path)
    assert answer.status_code == 422
    assert "a refusé ou quitté cette demande" in text_of(answer)
    assert ours(Notification).filter(kind="guest_invitation").count() == 1


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (ADDRESS.upper(), "est l’adresse qui a déposé cette demande"),
        ("comptable", "n’est pas complète"),
        (LOOK_ALIKES[0], "n’est pas possible dans une adresse électronique"),
        ("", "Ce champ est obligatoire"),
    ],
)
def test_a_wrong_address_is_refused_with_a_sentence_and_stays_typed(client, submission, typed, sentence):
    answer = invited_by(client, page_in_space(client, submission), email=typed)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert f'value="{typed}"' in answer.content.decode() or not typed
    assert not ours(Guest).exists()


@pytest.mark.parametrize("address", LOOK_ALIKES)
def test_the_database_keeps_no_look_alike(submission, address):
    with pytest.raises(IntegrityError, match="guest_email_is_ascii"), transaction.atomic():
        invite(submission=submission, email=address, right="read")


def test_one_who_accepted_is_not_invited_again_and_ten_are_enough(client, submission):
    path = page_in_space(client, submission)
    leave(guest=make_guest(submission, email="left@cabinet.example"))  # not counted
    make_guest(submission)
    assert "lit déjà cette demande" in text_of(invited_by(client, path, email=GUEST.upper()))
    for n in range(MOST_GUESTS - 1):
        make_guest(submission, email=f"n{n}@cabinet.example", accepted=False)
    assert "a déjà 10 contacts invités" in text_of(invited_by(client, path, email="eleven@cabinet.example"))


def test_invitations_are_slowed_down_by_network(client, submission, settings):
    path = page_in_space(client, submission)
    settings.THROTTLES = {"guest.network": (1, 3600)}
    settings.CACHES = {**settings.CACHES, "counters": {**settings.CACHES["counters"], "KEY_PREFIX": uuid4().hex}}
    assert invited_by(client, path).status_code == 200
    assert invited_by(client, path, email="another@cabinet.example").status_code == 429
    assert ours(Guest).count() == 1


def test_a_forwarded_link_invites_nobody_and_lists_no_guest(client, submission):
    make_guest(submission)
    path = f"/resultat/{link_to(submission)}/"
    assert invited_by(client, path).status_code == 403
    assert GUEST not in client.get(path).content.decode()
    assert ours(Guest).count() == 1


# -- what each right is for


RIGHTS = ("read", "answer", "manage")


@pytest.mark.cases(1)
@pytest.mark.parametrize("right", RIGHTS)
def test_a_guest_reads_the_answer_and_meets_no_form_beyond_the_right(client, submission, right):
    guest = make_guest(submission, right=right)
    path = page_of_guest(client, guest)
    page = client.get(path).content.decode()
    main = page.split("<main")[1].split("</main")[0]
    actions = set(re.findall(r'method="post"[^>]*?action="([^"#?]+)', main))
    assert "Vous lisez la demande de Isabelle Morel" in main
    own = {f"{path}alertes/"}
    answers = {f"{path}{name}/" for name in ("repondre", "question", "besoins", "aides", "aides/complet")}
    manages = {f"{path}partage/", f"{path}contacts/"}
    allowed = own | (answers if right != "read" else set()) | (manages if right == "manage" else set())
    extra = {one for one in actions - allowed if not re.fullmatch(rf"{path}dispositif/\d+/suite/", one)}
    assert extra == set()
    assert own <= actions
    assert ("/suite/" in " ".join(actions)) == (right != "read")
    assert ("Corriger mes réponses" in page) == (right != "read")
    assert submission.contact.email not in main or right == "manage"
    assert submission.contact.phone not in main


def test_only_who_answers_is_heard_and_only_who_manages_invites_withdraws_and_erases(client, submission):
    for right in RIGHTS:
        guest = make_guest(submission, email=f"{right}@cabinet.example", right=right)
        browser = Client()
        path = page_of_guest(browser, guest)
        answered = browser.post(f"{path}besoins/", {"has": "competences.recruter"}).status_code
        assert (answered == 302) == (right != "read")
        assert answered in (302, 403)
        manages = right == "manage"
        assert (invited_by(browser, path, email=f"by-{right}@x.example").status_code == 200) == manages
        assert (browser.get(f"{path}mes-donnees/").status_code == 200) == manages
        assert (browser.get(f"{path}effacer/").status_code == 200) == manages
        assert browser.post(f"{path}liens/", {"others": "1"}).status_code == 403
        assert browser.post(f"{path}agenda/").status_code == 403
        assert browser.post(f"{path}courriels/", {"phone": "0344000000"}).status_code == 403
        assert browser.post(f"{path}collegue/", {"agrees": "1"}).status_code == 403
        refused = browser.post(f"{path}liens/", {"others": "1"})
        assert "Votre invitation ne permet pas cela" in text_of(refused)
    assert ours(Guest).filter(email__startswith="by-").count() == 1
    [by] = ours(Guest).filter(email__startswith="by-")
    assert by.invited_by.email == "manage@cabinet.example"


def test_one_who_manages_needs_a_fresh_link_to_erase_and_her_forwarded_one_does_not(client, submission):
    guest = make_guest(submission, right="manage")
    forwarded = f"/resultat/{guest_link(guest)}/"
    assert client.get(f"{forwarded}effacer/").status_code == 403
    open_space(client, submission)  # the space of the contact is open: the link is the guest's
    assert client.get(f"{forwarded}effacer/").status_code == 403
    path = page_of_guest(Client(), guest)
    hers = Client()
    path = page_of_guest(hers, guest)
    assert hers.post(f"{path}effacer/", {"confirm": "efface"}).status_code in (302, 422)


def test_a_right_is_changed_and_counts_from_the_next_page_on(client, submission):
    guest, hers = make_guest(submission), Client()
    theirs = page_of_guest(hers, guest)
    path = page_in_space(client, submission)
    assert hers.get(f"{theirs}corriger/").status_code == 403
    client.post(f"{path}contacts/", {"do": "change", "guest": guest.pk, "right": "answer"})
    assert hers.get(f"{theirs}corriger/").status_code == 200
    client.post(f"{path}contacts/", {"do": "change", "guest": guest.pk, "right": "owner"})
    guest.refresh_from_db()
    assert guest.right == "answer"


def test_guests_of_another_request_are_neither_changed_nor_withdrawn(client, submission):
    other = make_submission(confirmed=True, email="autre@fonderie.example", siren="999999972")
    there = make_guest(other)
    path = page_in_space(client, submission)
    for what in ({"do": "withdraw"}, {"do": "change", "right": "manage"}):
        client.post(f"{path}contacts/", {**what, "guest": there.pk})
    there.refresh_from_db()
    assert (there.right, there.left_at) == ("read", None)
    assert client.post(f"/espace/invite/{there.pk}/", {"do": "result"}).status_code == 404


# -- whose files are read together, and whose e-mails


def test_a_guest_joins_no_files(client, submission):
    own = make_submission(confirmed=True, email=GUEST, facts={"headcount": 48})
    before = numbers_read(own), numbers_read(submission)
    guest = make_guest(submission, right="manage")
    assert (numbers_read(own), numbers_read(submission)) == before == ([], [])
    assert own.sheet.company == submission.sheet.company
    client.post(f"/acces/{link_to(own, Kind.ACCESS)}/")
    space = client.get("/espace/")
    text = text_of(space)
    assert text.index(own.reference) < text.index("Vous y êtes invité") < text.index(submission.reference)
    assert f"/espace/demande/{own.pk}/nouvelle/" in space.content.decode()
    assert client.post(f"/espace/demande/{submission.pk}/nouvelle/").status_code == 404
    assert client.post(f"/espace/demande/{submission.pk}/", {"page": "result"}).status_code == 404
    assert guest.accepted_at


def test_alerts_and_their_stop_are_each_contacts_own(client, submission):
    guest = make_guest(submission)
    path = page_of_guest(client, guest)
    client.post(f"{path}alertes/", {"frequency": "weekly"})
    [hers] = ours(Alert)
    assert (hers.guest, hers.address, hers.frequency) == (guest, GUEST, "weekly")
    alerts.subscribe(submission=submission, frequency="immediate", paused_until=None, on=DAY)
    assert {alert.address for alert in ours(Alert)} == {GUEST, ADDRESS}
    assert "une fois par semaine" in text_of(client.get(path))
    client.post(f"{path}alertes/", {"stop": "1"})
    assert has_stopped(address=GUEST, topic=hers.topic)
    assert not has_stopped(address=ADDRESS, topic=hers.topic)
    assert [alerts.is_heard(alert) for alert in ours(Alert).order_by("guest")] == [False, True]


def test_each_contact_is_told_once_by_a_link_of_her_own(client, submission):
    submission.first_answered_at = submission.filed_at
    submission.save()
    guest = make_guest(submission)
    path = page_of_guest(client, guest)
    client.post(f"{path}alertes/", {"frequency": "immediate"})
    alerts.subscribe(submission=submission, frequency="immediate", paused_until=None, on=DAY)
    proposed = first_matches(submission)[0].scheme
    type(proposed).objects.filter(pk=proposed.pk).update(state="archived")
    for alert in ours(Alert):
        assert alerts.tell(pk=alert.pk, on=DAY + timedelta(days=1))
        assert not alerts.tell(pk=alert.pk, on=DAY + timedelta(days=1))
    mails = ours(Notification).filter(kind="alert")
    assert {mail.recipient for mail in mails} == {GUEST, ADDRESS}
    assert {mail.cap_firm for mail in mails} == {submission.firm}
    hers = path_in(mails.get(recipient=GUEST), "resultat")
    assert "Vous lisez la demande de" in text_of(Client().get(hers))
    assert Client().get(f"{hers}mes-donnees/").status_code == 403
    theirs = path_in(mails.get(recipient=ADDRESS), "resultat")
    assert "Vous lisez la demande de" not in text_of(Client().get(theirs))


# -- the end


def test_who_leaves_reads_nothing_any_more_whatever_link_is_left(client, submission):
    guest = make_guest(submission)
    path = page_of_guest(client, guest)
    client.post(f"{path}alertes/", {"frequency": "weekly"})
    answer = client.post(f"/espace/invite/{guest.pk}/", {"do": "leave"}, follow=True)
    assert submission.reference not in text_of(answer)
    assert client.get(path).status_code == 404
    assert not ours(Alert).exists()
    assert client.get(f"/resultat/{guest_link(guest)}/").status_code == 404
    assert client.post(f"/acces/{guest_link(guest, Kind.ACCESS)}/").status_code == 404


def test_who_left_is_listed_no_more_and_who_stays_is(client, submission):
    stays, leaves = make_guest(submission, email="stays@cabinet.example"), make_guest(submission)
    path = page_in_space(client, submission)
    listed = client.get(path).content.decode()
    assert stays.email in listed
    assert GUEST in listed
    leave(guest=leaves)
    listed = client.get(path).content.decode()
    assert stays.email in listed
    assert GUEST not in listed
    assert f"{GUEST} – lire – parti" in text_of(client.get(f"{path}mes-donnees/"))  # what is kept is said


def test_what_becomes_of_guests_is_in_the_journal_without_their_addresses(client, submission):
    other = make_submission(confirmed=True, email="autre@fonderie.example", siren="999999972")
    make_guest(other)
    path = page_in_space(client, submission)
    invited_by(client, path)
    guest = ours(Guest).get(submission=submission)
    client.post(f"/invitation/{invitation_of_guest(guest)}/", {"answer": "accept"})
    for right in ("manage", "manage"):  # the second changes nothing
        client.post(f"{path}contacts/", {"do": "change", "guest": guest.pk, "right": right})
    client.post(f"{path}contacts/", {"do": "withdraw", "guest": guest.pk})
    make_guest(submission, email="leaves@cabinet.example")
    leave(guest=ours(Guest).get(submission=submission))
    refuses = make_guest(submission, email="refuses@cabinet.example", accepted=False)
    client.post(f"/invitation/{invitation_of_guest(refuses)}/", {"answer": "refuse"})
    rows = AuditEvent.objects.filter(submission_id=submission.pk, kind__startswith="guest").order_by("at", "pk")
    assert [(row.kind.removeprefix("guest_"), row.detail) for row in rows] == [
        ("invited", "read"),
        ("accepted", "read"),
        ("changed", "manage"),
        ("ended", "guest_withdrawn"),
        ("invited", "read"),
        ("accepted", "read"),
        ("ended", "guest_left"),
        ("invited", "read"),
        ("ended", "guest_refused"),
    ]
    assert {(row.actor, row.epci) for row in rows} == {(None, submission.epci)}
    lead = Client()
    lead.force_login(make_officer(role=Membership.Role.EPCI_LEAD))
    page = text_of(lead.get("/agent/journal/", {"nature": "guest_ended"}))
    for how in ("retiré par l’entreprise", "quitté par ce contact", "refusé par ce contact"):
        assert f"accès d’un contact invité terminé : {how}" in page
    assert "@cabinet.example" not in page


def test_a_guest_who_is_withdrawn_leaves_nothing_behind(client, submission):
    guest = make_guest(submission, right="manage")
    hers = Client()
    theirs = page_of_guest(hers, guest)
    hers.post(f"{theirs}alertes/", {"frequency": "weekly"})
    invited_by(hers, theirs, email="third@cabinet.example")
    stop(address=GUEST, topic=submission.topic)
    path = page_in_space(client, submission)
    done = client.post(f"{path}contacts/", {"do": "withdraw", "guest": guest.pk}, follow=True)
    assert "son accès est fermé et son adresse effacée" in text_of(done)
    assert not ours(Guest).exists()  # nor whom she invited and who has not answered
    assert not ours(Alert).exists()
    assert hers.get(theirs).status_code == 404
    assert submission.reference not in text_of(hers.get("/espace/"))
    assert not live_links(kind=Kind.RESULT, object_id=submission.pk).filter(scope=guest.key).exists()
    assert not has_stopped(address=GUEST, topic=submission.topic)
    assert not ours(Notification).filter(recipient="third@cabinet.example", state="due").exists()


def test_erasing_the_file_erases_its_guests_and_not_what_they_filed(client, submission):
    own = make_submission(confirmed=True, email="own@cabinet.example", siren="999999972")
    for email in (GUEST, "own@cabinet.example"):
        guest = make_guest(submission, email=email)
        stop(address=email, topic=submission.topic)
    open_browser = Client()
    page_of_guest(open_browser, ours(Guest).get(email=GUEST))
    erase_submission(submission=submission)
    assert not ours(Guest).exists()
    assert not ours(Notification).filter(recipient=GUEST).exists()
    assert not has_stopped(address=GUEST, topic=submission.topic)
    assert not Link.objects.filter(scope__startswith=Guest.PREFIX, object_id=submission.pk).exists()
    assert "Votre adresse électronique" in text_of(open_browser.get("/espace/"))  # its session has ended
    assert ours(Submission).of_address("own@cabinet.example").get() == own
    assert guest.pk


def test_a_guest_of_a_file_without_entitled_author_reads_nothing(client, submission):
    guest = make_guest(submission)
    path = page_of_guest(client, guest)
    close_unentitled(submission=submission, officer=make_officer(), on=DAY)
    assert client.get(path).status_code == 404
    assert submission.reference not in text_of(client.get("/espace/"))


def test_the_link_to_the_space_comes_to_a_guest_who_filed_nothing(client, submission):
    make_guest(submission)
    client.post("/espace/", {"email": GUEST.upper()})
    email = ours(Notification).get(kind="access_link")
    assert email.recipient == GUEST
    opened = client.post(path_in(email, "acces"), follow=True)
    assert f"Les demandes de {GUEST}" in text_of(opened)
    assert submission.reference in text_of(opened)
    assert ours(Notification).filter(kind="access_link").count() == 1
