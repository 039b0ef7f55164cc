"""A firm reads, takes away and erases what is kept of it; a lead erases at its request; nobody else does."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.test import Client

from backend.accounts.models import Membership
from backend.journal.models import AuditEvent, Kind
from backend.links.models import Kind as LinkKind
from backend.matchmaking.emails import officers_in_charge
from backend.matchmaking.follow_up import write_note
from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import end_review
from backend.notifications.models import Notification
from tests.factories import ARC, CCLO, DAY, decide, first_matches, link_to, make_lead, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("address", "group", "epci")]
SECRET = "Il faut rappeler doucement."


@pytest.fixture
def submission() -> Submission:
    submission = make_submission(confirmed=True, company_name="=HYPERLINK(1)", text="Notre laser de découpe.")
    officer = make_officer()
    decide(submission, first_matches(submission)[0].scheme, officer)
    write_note(submission=submission, author=officer, audience="internal", text=SECRET)
    write_note(submission=submission, author=officer, audience="firm", text="Bonjour à vous.")
    return submission


@pytest.fixture
def page(submission) -> str:
    return f"/resultat/{link_to(submission)}/"


@pytest.fixture
def owner(submission) -> Client:
    """Return a browser that opened a 30-minute link to the file just now."""
    client = Client()
    client.post(f"/acces/{link_to(submission, LinkKind.ACCESS)}/")
    return client


def test_the_firm_reads_all_that_is_kept_in_plain_words(client, page, submission):
    officer = make_officer(last_name="Lecteur")
    Client().force_login(officer)
    reader = Client()
    reader.force_login(officer)
    reader.get(f"/agent/{submission.pk}/")
    shown = text_of(client.get(f"{page}mes-donnees/"))
    for kept in (
        submission.reference,
        "Isabelle Morel",
        "isabelle.morel@tolerie.example",
        "03 53 01 60 35",
        "999999956",
        "Notre laser de découpe.",
        "Bonjour à vous.",
        "Effectif",
        "Avis en cours 1, transmis à la fin de la relecture",
        "Lecteur",
    ):
        assert kept in shown, kept
    assert "Mots d’agents pour leurs collègues 1" in shown
    assert SECRET not in shown


def test_a_verdict_is_told_with_the_end_of_the_review_in_the_words_for_the_firm(client, page, submission):
    _kept, other = first_matches(submission, 2)
    officer = make_officer()
    decide(submission, other.scheme, officer, "asked_and_refused", comment=SECRET)
    before = text_of(client.get(f"{page}mes-donnees/"))
    assert "Avis en cours 2" in before
    assert other.scheme.current.name not in before
    end_review(submission=submission, officer=officer, on=DAY)
    after = text_of(client.get(f"{page}mes-donnees/"))
    assert "Avis en cours" not in after
    assert "vous l’avez déjà demandé" in after
    for shown in (before, after):
        assert "déjà demandé, refusé" not in shown
        assert SECRET not in shown


def test_a_table_runs_nothing_and_says_the_same_as_the_page(client, page, submission):
    answer = client.get(f"{page}mes-donnees/csv/")
    assert answer["Content-Disposition"] == f'attachment; filename="{submission.reference}.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode()), delimiter=";"))
    values = [row[2] for row in rows[1:]]
    assert "'=HYPERLINK(1)" in values
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r" and cell]
    content = json.loads(client.get(f"{page}mes-donnees/json/").content)
    assert content["reference"] == submission.reference
    lines = [line for theme in content["themes"] for line in theme["lines"]]
    assert [line["value"] for line in lines] == [value.removeprefix("'") for value in values]
    assert AuditEvent.objects.filter(kind=Kind.EXPORT, submission_id=submission.pk).count() == 2
    assert client.get(f"{page}mes-donnees/xml/").status_code == 404


def test_a_forwarded_link_reads_and_erases_nothing(client, page, submission):
    for path in ("effacer/", "mes-donnees/retirer/"):
        answer = client.post(f"{page}{path}", {"efface": "1"})
        assert answer.status_code == 403
        assert "30 minutes" in text_of(answer)
    submission.refresh_from_db()
    assert submission.erased_at is submission.closed_at is None


def test_the_firm_erases_after_a_page_that_says_what_goes(owner, page, submission):
    asked = owner.get(f"{page}effacer/")
    assert "Effacer la demande" in text_of(asked)
    refused = owner.post(f"{page}effacer/", {})
    assert refused.status_code == 422
    assert "Cochez la case" in text_of(refused)
    done = owner.post(f"{page}effacer/", {"efface": "1"})
    assert done["Location"] == "/demande-effacee/"
    assert "C’est effacé" in text_of(owner.get(done["Location"]))
    submission.refresh_from_db()
    assert submission.erased_at
    assert owner.get(page).status_code == 404
    assert owner.get(f"{page}mes-donnees/").status_code == 404
    event = AuditEvent.objects.get(kind=Kind.ERASURE)
    assert (event.submission_id, event.actor, event.detail) == (submission.pk, None, "erasure")


def test_half_an_hour_later_it_takes_another_link(clock, owner, page, submission):
    clock.goes_on(timedelta(minutes=31))
    assert owner.post(f"{page}effacer/", {"efface": "1"}).status_code == 403


def test_taking_the_consent_back_closes_the_file_and_tells_its_officers(owner, page, submission):
    other = make_officer(CCLO)
    owner.post(f"{page}mes-donnees/retirer/")
    submission.refresh_from_db()
    assert submission.closed_reason == "withdrawn"
    mails = Notification.objects.filter(kind="consent_withdrawn").about(submission.topic)
    assert {mail.recipient for mail in mails} == {officer.email for officer in officers_in_charge(submission)}
    assert other.email not in {mail.recipient for mail in mails}
    shown = text_of(owner.get(f"{page}mes-donnees/"))
    assert "Cette demande est fermée" in shown
    owner.post(f"{page}mes-donnees/retirer/")
    assert mails.count() == len(officers_in_charge(submission))


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda: make_officer(ARC, role=Membership.Role.EPCI_LEAD), 302),
        (make_lead, 302),
        (lambda: make_officer(ARC), 403),
        (lambda: make_officer(CCLO, role=Membership.Role.EPCI_LEAD), 404),
    ],
    ids=["lead of its EPCI", "lead of the territory", "officer", "lead of another"],
)
def test_only_who_leads_there_erases_at_the_request_of_the_person(client, submission, make, status):
    user = make()
    client.force_login(user)
    if status == 302:
        assert "À la demande de la personne" in text_of(client.get(f"/agent/{submission.pk}/effacer/"))
        assert f"/agent/{submission.pk}/effacer/" in client.get(f"/agent/{submission.pk}/").content.decode()
        assert client.post(f"/agent/{submission.pk}/effacer/", {}).status_code == 422
    answer = client.post(f"/agent/{submission.pk}/effacer/", {"efface": "1"})
    assert answer.status_code == status
    submission.refresh_from_db()
    assert bool(submission.erased_at) is (status == 302)
    if status == 302:
        event = AuditEvent.objects.get(kind=Kind.ERASURE)
        assert (event.actor, event.detail) == (user, "erasure")
        left = client.get(f"/agent/{submission.pk}/")
        assert left.status_code == 410
        assert f"Demande {submission.reference} : demande effacée" in text_of(left)


def test_an_erased_file_does_not_exist_for_strangers(client, submission, owner, page):
    owner.post(f"{page}effacer/", {"efface": "1"})
    client.force_login(make_officer(CCLO))
    assert client.get(f"/agent/{submission.pk}/").status_code == 404


def test_an_erasure_that_cannot_be_noted_does_not_happen(owner, page, submission, settings, tmp_path):
    settings.ERASED_REGISTER = tmp_path / "nowhere" / "erased"
    answer = owner.post(f"{page}effacer/", {"efface": "1"})
    assert answer.status_code == 422
    assert "rien n’a changé" in text_of(answer)
    submission.refresh_from_db()
    assert submission.erased_at is None
