"""What every kind of e-mail must be, read from the bytes that a mail server received, beside a second firm.

``JONCTION_RAW_MAIL=FOLDER pytest tests/security/test_emails.py`` also writes one message of each kind into a folder.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.utils import timezone

from backend.accounts.absences import declare_absence
from backend.accounts.api_keys import remind_of_expiring_keys
from backend.accounts.models import User
from backend.accounts.services import invite, reset_second_factor, tell_account_changed
from backend.jobs.alarms import PATIENCE, watch
from backend.jobs.models import JobState
from backend.jobs.registry import JOBS
from backend.links.models import Link
from backend.matchmaking import alerts
from backend.matchmaking.access_links import send_access_link
from backend.matchmaking.closing import close_file
from backend.matchmaking.emails import enqueue_officer_unreachable
from backend.matchmaking.file_links import close_unentitled, link_files
from backend.matchmaking.follow_up import offer_file, take_file, write_note
from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import end_review
from backend.matchmaking.surveys import send_surveys
from backend.notifications.kinds import KINDS, Audience, OptOut
from backend.notifications.models import Notification
from backend.notifications.services import deliver, has_stopped
from backend.privacy.consent import withdraw_consent
from backend.schemes.catalogue.publishing import refuse
from backend.schemes.catalogue.reports import close_task
from backend.schemes.catalogue.summary import send_summaries
from backend.schemes.editing.approvals import approve, publish_due
from backend.schemes.editing.caretaking import name_caretaker
from backend.schemes.editing.enquiries import PATIENCE as SHEETS_PATIENCE
from backend.schemes.editing.enquiries import ask_owners
from backend.schemes.editing.previews import leave_remark, make_preview
from backend.schemes.models import CatalogueTask, Scheme
from backend.steering.facts import make_facts
from backend.steering.mailing import add_recipient, send_notes
from backend.steering.published import first_day, publish
from backend.webhooks.services import give_up_on
from tests.factories import (
    CCLO,
    COMMUNES,
    DAY,
    decide,
    first_matches,
    make_guest,
    make_key,
    make_lead,
    make_officer,
    make_partner,
    make_recipient,
    make_submission,
    make_webhook,
    next_morning,
    share_with,
)
from tests.neighbour import VARIANTS, ours
from tests.notifications.complete import complete  # noqa: F401 -- beside every test here
from tests.notifications.conftest import postman  # noqa: F401 -- a real mail server
from tests.notifications.readable import assert_readable
from tests.schemes.editing.test_closing import close
from tests.schemes.editing.test_fusions import do, prepare
from tests.schemes.people import (
    get_scheme,
    make_approver,
    make_editor,
    make_proposal,
    make_task,
    publish_change,
)

pytestmark = pytest.mark.django_db
FIRM, COLLEAGUE = "isabelle.morel@tolerie.example", "autre@tolerie.example"
REFERENCE = re.compile(r"D-\d{4}-\d{5}")
RAW = os.environ.get("JONCTION_RAW_MAIL", "")
# Which secret link an address is, by the beginning of its path.
SECRET = {
    "/resultat/": "result",
    "/confirmer/": "confirm",
    "/arreter/": "stop",
    "/acces/": "access",
    "/apercu/": "preview",
    "/bilan/": "survey",
    "/comite/": "note",
    "/porteur/": "sheets",
    "/invitation/": "guest",
    "/compte/mot-de-passe/nouveau/": "password",
}


@dataclass(frozen=True)
class Expected:
    """Who receives e-mails of a kind, who reads the reply, and words that both their parts hold."""

    make: Callable[[], tuple[set[str], str]]  # returns the recipients, and the address for replies
    words: tuple[str, ...]


def confirm_address():
    make_submission()
    return {FIRM}, ""


def receipt():
    make_submission(confirmed=True)
    return {FIRM}, ""


def reviewed():
    officer, submission = make_officer(), make_submission(confirmed=True)
    decide(submission, first_matches(submission)[0].scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY, message="Appelez-moi.")
    return {FIRM}, officer.email


def access_link():
    send_access_link(submission=make_submission(confirmed=True))
    return {FIRM}, ""


def guest_invitation():
    make_guest(make_submission(confirmed=True), email=COLLEAGUE, accepted=False)
    return {COLLEAGUE}, ""


def alert():
    officer, submission = make_officer(), make_submission(confirmed=True, wants_alerts=True)
    kept = first_matches(submission)[0].scheme
    decide(submission, kept, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    Scheme.objects.filter(pk=kept.pk).update(state=Scheme.State.ARCHIVED)
    assert alerts.tell(pk=submission.alerts.get().pk, on=DAY)
    return {FIRM}, ""


def colleague():
    officer = make_officer()
    one, other = make_submission(confirmed=True), make_submission(confirmed=True, email=COLLEAGUE)
    link_files(submission=one, other=other, kind="colleague", officer=officer, on=DAY)
    return {FIRM, COLLEAGUE}, ""


def closed():
    officer, submission = make_officer(), make_submission(confirmed=True)
    close_unentitled(submission=submission, officer=officer, on=DAY)
    return {FIRM}, ""


def partner_consent():
    officer = make_officer()
    share_with(make_submission(confirmed=True), officer, agreed=False)
    return {FIRM}, officer.email


def partner_noted():
    officer = make_officer()
    share_with(make_submission(confirmed=True), officer)
    return {FIRM}, officer.email


def officer_wrote():
    officer = make_officer()
    write_note(submission=make_submission(confirmed=True), author=officer, audience="firm", text="Je passe jeudi.")
    return {FIRM}, officer.email


def file_shared():
    officer, readers = make_officer(), {make_partner().email, make_partner().email}
    make_partner("region")
    submission = make_submission(confirmed=True)
    submission.officer = officer
    submission.save()
    share_with(submission, officer)
    return readers, officer.email


def survey():
    officer, submission = make_officer(), make_submission(confirmed=True)
    close_file(submission=submission, officer=officer, reason="helped", note="Bon vent.")
    send_surveys(on=timezone.localdate() + timedelta(days=1))
    return {FIRM}, ""


def waiting_digest():
    officers = {make_officer().email, make_officer().email}
    make_officer(CCLO)
    make_submission(confirmed=True)
    next_morning()
    return officers, ""


def consent_withdrawn():
    officer, submission = make_officer(), make_submission(confirmed=True)
    make_officer(CCLO)
    withdraw_consent(submission=submission)
    return {officer.email}, ""


def handed_over():
    officer, to = make_officer(), make_officer()
    offer_file(submission=make_submission(confirmed=True), by=officer, to=to, note="Je pars en congé.")
    return {to.email}, officer.email


def file_moved():
    officer, colleague = make_officer(), make_officer(first_name="Noé", last_name="Lambert")
    file = make_submission(confirmed=True)
    take_file(submission=file, officer=officer)
    take_file(submission=file, officer=colleague)
    return {officer.email}, colleague.email


def stand_in_named():
    officer, colleague = make_officer(first_name="Odile", last_name="Ferrand"), make_officer()
    declare_absence(user=officer, starts_on=DAY, ends_on=DAY, stand_in=colleague, by=officer)
    return {colleague.email}, officer.email


def officer_unreachable():
    lead = make_lead()
    enqueue_officer_unreachable(make_officer(first_name="Rémi", last_name="Absent"), lead, key="1")
    return {lead.email}, ""


def link_proposed():
    officer, there = make_officer(), make_officer(CCLO)
    one = make_submission(confirmed=True)
    other = make_submission(confirmed=True, email=COLLEAGUE, facts={"commune": COMMUNES[CCLO]})
    link_files(submission=one, other=other, kind="colleague", officer=officer, on=DAY)
    return {there.email}, officer.email


def proposal_notice():
    approver = make_approver()
    make_proposal()
    return {approver.email}, ""


def proposal_decided():
    proposal = make_proposal()
    refuse(proposal=proposal, approver=make_approver(), comment="Il manque la source.")
    return {proposal.author.email}, ""


def proposal_remark():
    proposal = make_proposal()
    editor = proposal.author
    link, _token = make_preview(proposal=proposal, editor=editor, for_whom="Le porteur", expires_on=DAY, on=DAY)
    leave_remark(link=link, text="Le plafond est de 8 000 euros.", now=timezone.now())
    return {editor.email}, ""


def proposal_sent_back():
    proposal = make_proposal(scheme=get_scheme(), name="Demain")
    approver = make_approver()
    approve(proposal=proposal, approver=approver, publish_on=DAY + timedelta(days=1), on=DAY)
    publish_change(get_scheme(), summary="Entre-temps.")
    publish_due(on=DAY + timedelta(days=1))
    return {proposal.author.email, approver.email}, ""


def proposal_urgent():
    approver = make_approver()
    close(make_editor())
    return {approver.email}, ""


def fusion_notice():
    approver = make_approver()
    prepare()
    return {approver.email}, ""


def fusion_decided():
    author = make_editor()
    do(prepare(author=author))
    return {author.email}, ""


def catalogue_task_closed():
    task = make_task(get_scheme())
    close_task(task=task, editor=make_editor(), answer="Merci, corrigé.")
    return {task.reported_by.email}, ""


def public_report_answered():
    task = make_task(
        get_scheme(), reported_by=None, origin=CatalogueTask.Origin.PUBLIC, reporter_email="lea@visiteur.example"
    )
    close_task(task=task, editor=make_editor(), answer="Merci, corrigé.")
    return {"lea@visiteur.example"}, ""


def note_confirm():
    add_recipient(user=make_lead(), email="elue@mairie.example")
    return {"elue@mairie.example"}, ""


def committee_note():
    make_recipient(email="sans-accord@mairie.example")
    reader = make_recipient(confirmed=True)
    make_facts([make_submission(confirmed=True).pk])
    on = first_day(timezone.localdate())
    publish(on=on)
    assert send_notes(on=on).n_changed == 1
    return {reader.email}, ""


def sheets_to_confirm():
    above = make_lead()
    ask_owners(on=DAY)
    return {above.email}, ""


def sheets_by_link():
    make_lead()
    name_caretaker(scheme=get_scheme("cci-oise"), lead=make_lead(), email="conseil@cci.example")
    ask_owners(on=DAY)
    return {"conseil@cci.example"}, ""


def sheets_silent():
    lead, officer = make_officer(role="epci_lead"), make_officer()
    name_caretaker(scheme=get_scheme("arc-parcs-activites"), lead=lead, user=officer)
    ask_owners(on=DAY)
    ask_owners(on=DAY + SHEETS_PATIENCE)
    return {lead.email}, ""


def catalogue_week():
    make_task(get_scheme())
    editor = make_editor()
    send_summaries(on=DAY)
    return {editor.email}, ""


def invitation():
    officer = make_officer()
    invite(user=officer)
    return {officer.email}, ""


def password_reset():
    officer = make_officer()
    Client().post("/compte/mot-de-passe/oublie/", {"email": officer.email})
    return {officer.email}, ""


def account_changed():
    officer = make_officer()
    tell_account_changed(user=officer, what="Votre mot de passe a été changé.")
    return {officer.email}, ""


def second_factor_reset():
    officer = make_officer()
    Authenticator.objects.create(user=officer, type="totp", data={})
    reset_second_factor(user=officer)
    return {officer.email}, ""


def job_alarm():
    administrator = User.objects.create_superuser("admin@jonction.example", "mot-de-passe-long")
    now = timezone.now()
    JobState.objects.create(name="outbox.sweep", known_since=now, n_failures=PATIENCE, failed_at=now, error="Non.")
    watch(JOBS, on=DAY, now=now)
    return {administrator.email}, ""


def api_key_expiring():
    key, _secret = make_key(days=90, name="Logiciel de suivi")
    remind_of_expiring_keys(on=key.expires_on - timedelta(days=7))
    return {key.created_by.email}, ""


def webhook_off():
    endpoint = make_webhook()
    give_up_on(endpoint, is_gone=False)
    return {endpoint.made_by.email}, ""


EXPECTED = {
    "confirm_address": Expected(confirm_address, ("il reste une chose à faire", "30 jours", "jour ouvré")),
    "receipt": Expected(receipt, ("Isabelle Morel", "Tôlerie des Étangs", "pas encore relu", "Vous préférez")),
    "reviewed": Expected(
        reviewed,
        (
            "Appelez-moi.",
            "Isabelle Morel",
            "Vous préférez le téléphone",
            "Claire Vasseur",
            "Service ARC",
            "03 53 01 10 12",
            "Retenu pour vous",
        ),
    ),
    "access_link": Expected(access_link, ("30 minutes", "ne sert qu’une fois")),
    "guest_invitation": Expected(guest_invitation, ("vous invite", "rien d’autre ne vous sera écrit")),
    "alert": Expected(
        alert,
        ("Isabelle Morel", "Tôlerie des Étangs", "Service ARC", "03 53 01 10 00", "Ne plus recevoir ces courriels"),
    ),
    "colleague": Expected(
        colleague, ("Isabelle Morel", "Un collègue a aussi déposé", "chacun garde son projet pour soi")
    ),
    "closed": Expected(closed, ("Isabelle Morel", "est fermée", "pas pu vérifier", "Service ARC", "03 53 01 10 00")),
    "partner_consent": Expected(
        partner_consent,
        ("Isabelle Morel", "Claire Vasseur", "Service chamber", "Elle cherche un robot.", "rien n’est partagé"),
    ),
    "partner_noted": Expected(
        partner_noted,
        ("Isabelle Morel", "Claire Vasseur", "Service chamber", "Elle cherche un robot.", "arrêtez le partage"),
    ),
    "officer_wrote": Expected(
        officer_wrote, ("Isabelle Morel", "Claire Vasseur", "Service ARC", "Je passe jeudi.", "répondez à ce courriel")
    ),
    "file_shared": Expected(
        file_shared, ("Claire Vasseur", "Service ARC", "Service chamber", "03 53 01 10 12", "Choisir vos courriels")
    ),
    "survey": Expected(survey, ("Isabelle Morel", "est clos", "Claire Vasseur", "Bon vent.", "Service ARC")),
    "waiting_digest": Expected(
        waiting_digest,
        ("Tôlerie des Étangs", "Isabelle Morel", "03 53 01 60 35", "Recruter du personnel", "Choisir vos courriels"),
    ),
    "consent_withdrawn": Expected(consent_withdrawn, ("Tôlerie des Étangs", "appelez plus", "Choisir vos courriels")),
    "handed_over": Expected(
        handed_over, ("Je pars en congé.", "Claire Vasseur", "Tôlerie des Étangs", "Choisir vos courriels")
    ),
    "file_moved": Expected(
        file_moved, ("Noé Lambert", "Tôlerie des Étangs", "si c’était convenu", "Choisir vos courriels")
    ),
    "stand_in_named": Expected(stand_in_named, ("Odile Ferrand", "est absent du", "Choisir vos courriels")),
    "officer_unreachable": Expected(officer_unreachable, ("Rémi Absent", "n’existe plus", "03 53 01 10 12")),
    "link_proposed": Expected(
        link_proposed,
        ("Claire Vasseur", "Agglomération de la Région de Compiègne", "même SIREN", "Choisir vos courriels"),
    ),
    "proposal_notice": Expected(proposal_notice, ("Pass robot (essai)", "Choisir vos courriels")),
    "proposal_decided": Expected(proposal_decided, ("Pass robot (essai)", "Il manque la source.")),
    "proposal_remark": Expected(proposal_remark, ("Le porteur", "Le plafond est de 8 000 euros.")),
    "proposal_sent_back": Expected(proposal_sent_back, ("rien n’a été publié",)),
    "proposal_urgent": Expected(proposal_urgent, ("Courriel de la Région, 12 novembre.",)),
    "fusion_notice": Expected(fusion_notice, ("La même page, le même porteur.",)),
    "fusion_decided": Expected(fusion_decided, ("La fusion de",)),
    "catalogue_task_closed": Expected(catalogue_task_closed, ("Merci, corrigé.",)),
    "public_report_answered": Expected(public_report_answered, ("Merci, corrigé.", "effacée dans")),
    "note_confirm": Expected(note_confirm, ("une fois par mois", "effacée dans 30 jours")),
    "committee_note": Expected(
        committee_note, ("chiffres arrêtés", "moins de 5", "aucune action", "ne plus recevoir ces courriels")
    ),
    "sheets_to_confirm": Expected(
        sheets_to_confirm, ("Bonjour Claire", "Accompagnement CCI", "Choisir vos courriels")
    ),
    "sheets_by_link": Expected(sheets_by_link, ("Accompagnement CCI", "e plus recevoir ces courriels")),
    "sheets_silent": Expected(
        sheets_silent, ("n’a pas répondu depuis le 24 novembre 2026", "Demandez-lui", "Choisir vos courriels")
    ),
    "catalogue_week": Expected(catalogue_week, ("Choisir vos courriels",)),
    "invitation": Expected(invitation, ("trois jours", "ne sert qu’une fois")),
    "password_reset": Expected(password_reset, ("trois jours", "ne sert qu’une fois")),
    "account_changed": Expected(account_changed, ("Votre mot de passe a été changé.", "Ce n’était pas vous")),
    "second_factor_reset": Expected(second_factor_reset, ("Ce n’était pas vous",)),
    "job_alarm": Expected(job_alarm, ("courriels",)),
    "api_key_expiring": Expected(api_key_expiring, ("Service chamber", "Logiciel de suivi", "révoquez-la")),
    "webhook_off": Expected(webhook_off, ("Service chamber", "pendant trois jours", "https://crm.cci.example/")),
}
TOLD_OF_FIRMS = (Audience.FIRM, Audience.OFFICER, Audience.PARTNER)
ABOUT_FIRMS = [name for name, kind in KINDS.items() if kind.audience in TOLD_OF_FIRMS]

ABOUT_FILES = [name for name in ABOUT_FIRMS if name not in ("officer_unreachable", "stand_in_named")]


def plain(text: str) -> str:
    return " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL).replace("&nbsp;", " ").split())


def links_of(text: str) -> dict[str, set[str]]:
    """Return the addresses of a text by kind of secret link, pages under ``page``."""
    found: dict[str, set[str]] = {}
    for url in re.findall(r"https?://[^\s\"'<>]+", text):
        path = urlsplit(url.rstrip(".,;)").replace("&amp;", "&")).path
        kind = next((kind for start, kind in SECRET.items() if path.startswith(start)), "page")
        found.setdefault(kind, set()).add(path)
    return found


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    assert body.get_content_charset() == "utf-8"
    return str(body.get_content())


def receive(postman, kind: str) -> tuple[list[bytes], str]:  # noqa: F811
    """Make and send e-mails of a kind; return what the server received, and where replies go."""
    recipients, replies = EXPECTED[kind].make()
    rows = list(ours(Notification).filter(kind=kind).order_by("pk"))
    assert {row.recipient for row in rows} == recipients
    if kind in ABOUT_FILES:  # what shows an e-mail on a file's page, and erases it with the file
        files = {file.topic: file.reference for file in ours(Submission)}
        for row in rows:
            topic, *_guest = row.about
            assert topic in files
            if KINDS[kind].audience == Audience.FIRM and kind not in (
                "colleague",
                "access_link",
                "guest_invitation",
            ):
                assert files[topic] in row.subject + row.text
    ours(Notification).update(due_at=timezone.now())  # a second one to an address waits
    for row in rows:
        assert deliver(pk=row.pk, attempt=0)
    assert {message["To"] for message in postman.accepted} == recipients
    return postman.raw, replies


def check(raw: bytes, kind: str, replies: str, neighbour) -> None:
    spec, message = KINDS[kind], message_from_bytes(raw, EmailMessage, policy=policy.default)
    head = raw.split(b"\r\n\r\n", 1)[0].decode("ascii")  # nothing but ASCII in a head
    assert message["From"] == settings.DEFAULT_FROM_EMAIL
    assert (message["Reply-To"] or "") == replies
    assert bool(replies) is spec.reply_to_author
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Cc"] is None
    assert message.get_content_type() == "multipart/alternative"
    assert ("unsubscribe" in head.lower()) is (spec.opt_out is OptOut.ONE_CLICK)
    text, html = part(message, "plain"), part(message, "html")
    assert_readable(html, text)
    row = Notification.objects.get(message_id=message["Message-ID"])
    assert message["Subject"] == row.subject
    for body in (text, html):
        links = links_of(body)
        if spec.audience == Audience.OFFICER:  # one click from what is to be done
            leads_to = "/agent/"
            if kind in ABOUT_FILES and kind not in ("handed_over", "file_moved"):  # of several files
                leads_to += f"{row.about[0].removeprefix('submission:')}/"
            assert leads_to in links["page"], body
        if spec.audience == Audience.PARTNER:  # which does not name the firm: it may take its agreement back
            assert any(path.startswith("/partenaire/") for path in links["page"]), body
            assert "Tôlerie" not in f"{message['Subject']} {body}"
        assert links.keys() - {"page"} == spec.links, body
        assert not [found for found in links.values() if len(found) > 1 and found is not links.get("page")]
        for words in EXPECTED[kind].words:
            assert words.lower() in plain(body).lower(), plain(body)
        if neighbour:
            neighbour.search(f"{head} {message['Subject']} {body}".encode(), f"E-mail {kind}")
    assert not Link.objects.filter(kind="result").exclude(scope="").exists()  # they are the contact's, not a guest's
    for path in {*links_of(text).get("result", ()), *links_of(html).get("result", ())}:
        page = Client().get(path)
        assert page.status_code == 200
        assert (
            REFERENCE.search(plain(page.content.decode()))[0] in f"{message['Subject']} {text}" or kind == "colleague"
        )
    if spec.opt_out is OptOut.ONE_CLICK:
        check_one_click(message)


def check_one_click(message: EmailMessage) -> None:
    """Press the button of a mail program: it stops its topic at once, and no correspondence."""
    row = Notification.objects.get(message_id=message["Message-ID"])
    url = urlsplit(message["List-Unsubscribe"].strip("<>"))
    program = Client(enforce_csrf_checks=True)
    assert program.get(url.path).status_code == 200
    assert not has_stopped(address=row.recipient, topic=row.topic)
    assert program.post(url.path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert has_stopped(address=row.recipient, topic=row.topic)
    assert not has_stopped(address=row.recipient, topic=row.about[0])


def test_every_kind_has_its_expectations_and_no_other_has():
    assert EXPECTED.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", [kind for kind in EXPECTED if kind not in ABOUT_FIRMS])
def test_an_email_about_work_or_an_account(postman, neighbour, kind):  # noqa: F811
    raws, replies = receive(postman, kind)
    for raw in raws:
        check(raw, kind, replies, neighbour)
    keep(kind, raws)


def beside_each(kind: str) -> list[Any]:
    """Return a kind beside each second firm; the kinds take turns with which of them it meets in ``./test``."""
    turn = ABOUT_FIRMS.index(kind) % len(VARIANTS)
    return [
        pytest.param(kind, variant, marks=[] if n == turn else pytest.mark.slow) for n, variant in enumerate(VARIANTS)
    ]


@pytest.mark.parametrize(
    ("kind", "neighbour"), [case for kind in ABOUT_FIRMS for case in beside_each(kind)], indirect=["neighbour"]
)
def test_an_email_about_a_firm_says_nothing_of_a_second_one(postman, neighbour, kind):  # noqa: F811
    raws, replies = receive(postman, kind)
    for raw in raws:
        check(raw, kind, replies, neighbour)
    keep(kind, raws)


def keep(kind: str, raws: list[bytes]) -> None:
    if RAW:
        folder = Path(RAW)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{kind}.eml").write_bytes(raws[0])
