"""The audit log: what is noted, by whom, of which file; never a secret, and never rewritten."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import DatabaseError, connection, transaction
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.services import reset_second_factor
from backend.journal.models import AuditEvent, Kind
from backend.journal.services import digest_of, record_event, record_read
from backend.matchmaking.closing import reopen_file
from backend.matchmaking.dead_addresses import correct_address
from backend.matchmaking.file_links import close_unentitled, link_files, undo_link
from backend.matchmaking.follow_up import answer_offers, offer_file, refer_file, take_file
from backend.matchmaking.portfolios import offer_portfolio
from backend.matchmaking.reviews import ReviewError, end_review, reopen_review
from backend.privacy.consent import withdraw_consent
from backend.territories.models import ServedEpci
from tests.accounts.second_factor import Key, add_application, code_of
from tests.factories import (
    CC2V,
    CCLO,
    COMMUNES,
    DAY,
    bounce,
    decide,
    first_matches,
    link_to,
    make_lead,
    make_officer,
    make_submission,
    take_back,
)
from tests.neighbour import ours

pytestmark = pytest.mark.django_db
LOGIN, CODE = "/compte/connexion/", "/compte/code/"
PASSWORD = "mot-de-passe-long"


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


def events(**columns):
    return ours(AuditEvent).filter(**columns).order_by("pk")


def kinds(**columns):
    return [event.kind for event in events(**columns)]


# -- the table


@pytest.mark.parametrize("change", ["kind = 'export'", "at = now()", "actor_label = ''", "detail = 'x'"])
def test_no_event_is_rewritten(officer, change):
    record_event(kind=Kind.SIGN_IN, actor=officer)
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE journal_auditevent SET {change}")  # noqa: S608


@pytest.mark.parametrize("detail", ["Isabelle Morel", "a@b.example", "https://x", "Écarté", "ligne\n"])
def test_a_detail_is_a_code(officer, detail):
    with pytest.raises(DatabaseError, match="audit_event_detail_is_a_code"), transaction.atomic():
        record_event(kind=Kind.EXPORT, actor=officer, detail=detail)


def test_the_list_of_what_is_noted_is_closed(officer):
    with pytest.raises(DatabaseError, match="audit_event_known_kind"), transaction.atomic():
        record_event(kind="coffee", actor=officer)


def test_the_name_is_kept_as_it_was(officer):
    record_event(kind=Kind.SIGN_IN, actor=officer)
    before = str(officer)
    officer.last_name = "Martin"
    officer.save()
    assert events().get().actor_label == before


# -- who reads a file


def test_a_file_is_read_once_an_hour_by_each(officer, submission):
    other_officer, other_file = make_officer(), make_submission(confirmed=True)
    for actor, file in ((officer, submission), (other_officer, submission), (officer, other_file)) * 2:
        record_read(actor=actor, submission_id=file.pk, epci_id=file.epci_id)
    assert ours(AuditEvent).count() == 3
    first = events(actor=officer, submission_id=submission.pk).get()
    assert (first.epci_id, first.kind) == (submission.epci_id, Kind.FILE_READ)


def test_an_hour_later_it_is_read_again(officer, submission):
    earlier = timezone.now() - timedelta(hours=1)
    AuditEvent.objects.create(kind=Kind.FILE_READ, at=earlier, actor=officer, submission_id=submission.pk)
    record_read(actor=officer, submission_id=submission.pk, epci_id=None)
    assert events(kind=Kind.FILE_READ).count() == 2


def test_a_read_is_noted_by_one_statement(officer, submission, django_assert_num_queries):
    for _ in range(2):
        with django_assert_num_queries(1):
            record_read(actor=officer, submission_id=submission.pk, epci_id=submission.epci_id)


# Every address below a file, from the table of addresses itself.
PAGES_OF_A_FILE = [
    (pattern.name, set(pattern.pattern.converters))
    for pattern in get_resolver().url_patterns
    if isinstance(pattern, URLPattern) and str(pattern.pattern).startswith("agent/<int:pk>/")
]


def test_whatever_page_of_a_file_is_opened_it_is_noted(client, officer, submission):
    """A page that answers 200 shows the file; a form answers 405; who may see the file and not erase it gets 403.

    The ways to the file before and after it only lead on (302).
    """
    client.force_login(officer)
    for name, names in PAGES_OF_A_FILE:
        with transaction.atomic():
            response = client.get(reverse(name, kwargs={"pk": submission.pk, **dict.fromkeys(names - {"pk"}, 1)}))
            status = response.status_code
            assert status in ((302,) if name in ("officer_before", "officer_after") else (200, 403, 404, 405)), name
            noted = events(kind=Kind.FILE_READ, actor=officer, submission_id=submission.pk).exists()
            assert noted == (status in (200, 403)), name
            transaction.set_rollback(True)


def test_opening_a_file_is_noted_and_so_is_a_form_refused(client, officer, submission):
    client.force_login(officer)
    client.get(f"/agent/{submission.pk}/")
    assert kinds() == [Kind.FILE_READ]
    colleague = make_officer()
    client.force_login(colleague)
    response = client.post(f"/agent/{submission.pk}/notes/", {"text": "", "audience": "firm"})
    assert response.status_code == 422
    assert events(actor=colleague).get().kind == Kind.FILE_READ


def test_who_may_not_open_a_file_leaves_no_trace_of_a_read(client, submission):
    client.force_login(make_officer(CCLO))
    assert client.get(f"/agent/{submission.pk}/").status_code == 404
    assert kinds() == []


def test_the_firm_that_opens_its_own_page_reads_nothing_of_ours(client, submission):
    assert client.get(f"/resultat/{link_to(submission)}/").status_code == 200
    assert kinds() == []


# -- decisions


def test_decisions_are_noted_with_who_took_them(officer, submission):
    scheme, other = (match.scheme for match in first_matches(submission, 2))
    decide(submission, scheme, officer)
    decide(submission, other, officer, "not_worth_it")
    take_back(submission, other, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    reopen_review(submission=submission, officer=officer)
    rows = events(actor=officer, submission_id=submission.pk, epci=submission.epci)
    assert [(row.kind, row.detail) for row in rows] == [
        (Kind.REVIEW_RECORDED, "kept"),
        (Kind.REVIEW_RECORDED, "rejected"),
        (Kind.REVIEW_WITHDRAWN, "withdrawn"),
        (Kind.REVIEW_ENDED, ""),
        (Kind.REVIEW_REOPENED, ""),
    ]


def test_a_decision_that_fails_is_not_noted(officer, submission):
    with pytest.raises(ReviewError):
        end_review(submission=submission, officer=officer, on=DAY)
    assert kinds() == []


def test_a_file_sent_elsewhere_is_noted_where_it_was(officer, submission):
    before, there = submission.epci, ServedEpci.objects.get(short_name=CC2V)
    referral, other = refer_file(submission=submission, epci=there, by=officer), make_officer(CC2V)
    assert events(kind=Kind.HAND_OVER_OFFERED).get().detail == "referred"
    answer_offers(hand_overs=[referral], to=other, accept=True)
    rerouted = events(kind=Kind.FILE_REROUTED).get()
    assert (rerouted.epci, rerouted.actor) == (before, other)


def test_hand_overs_are_noted(officer, submission):
    colleague = make_officer(CCLO)
    take_file(submission=submission, officer=officer)
    offer = offer_file(submission=submission, by=officer, to=colleague)
    answer_offers(hand_overs=[offer], to=colleague, accept=False)
    offer_portfolio(by=officer, to=colleague)
    rows = events(submission_id=submission.pk)
    assert [(row.kind, row.actor, row.account, row.detail) for row in rows] == [
        (Kind.FILE_TAKEN, officer, None, ""),
        (Kind.HAND_OVER_OFFERED, officer, colleague, ""),
        (Kind.HAND_OVER_ANSWERED, colleague, None, "declined"),
        (Kind.HAND_OVER_OFFERED, officer, colleague, ""),
    ]


# -- sign-ins


def sign_in(client, user, password=PASSWORD):
    return client.post(LOGIN, {"login": user.email, "password": password})


def test_a_sign_in_is_noted(client, officer):
    sign_in(client, officer)
    event = events().get()
    assert (event.kind, event.actor, event.submission_id) == (Kind.SIGN_IN, officer, None)


def test_a_refused_one_is_noted_without_what_was_typed(client, officer):
    sign_in(client, officer, "pas-le-bon-mot")
    client.post(LOGIN, {"login": "Personne@jonction.example ", "password": "pas-le-bon-mot"})
    known, unknown = events()
    assert (known.kind, known.actor, known.account) == (Kind.SIGN_IN_FAILED, None, None)
    assert known.detail == digest_of(officer.email)
    assert unknown.detail == digest_of("personne@jonction.example")
    assert known.detail != unknown.detail
    assert set(known.detail) <= set("0123456789abcdef")


def test_the_digest_needs_the_key_of_the_service(settings, officer):
    before = digest_of(officer.email)
    settings.SECRET_KEY = "another-key"
    assert digest_of(officer.email) != before


def test_a_second_factor_is_noted_shown_refused_added_and_removed(client, officer, settings):
    settings.SECOND_FACTOR = True
    secret = add_application(officer)
    sign_in(client, officer)
    assert kinds() == []  # not in yet
    client.post(CODE, {"code": "000000"})
    client.post(CODE, {"code": code_of(secret)})
    assert kinds(actor=officer) == [Kind.SECOND_FACTOR_FAILED, Kind.SECOND_FACTOR_USED, Kind.SIGN_IN]
    assert events(kind=Kind.SECOND_FACTOR_USED).get().detail == "totp"
    key = Key()
    page = client.get("/compte/securite/cles/ajouter/")
    options = page.context["js_data"]["creation_options"]
    client.post("/compte/securite/cles/ajouter/", {"name": "Clé bleue", "credential": key.create(options)})
    assert events(kind=Kind.SECOND_FACTOR_ADDED).get().detail == "webauthn"
    client.post("/compte/securite/codes/nouveaux/", {})
    client.post("/compte/securite/application/retirer/", {})
    assert kinds(actor=officer)[-2:] == [Kind.SECOND_FACTOR_ADDED, Kind.SECOND_FACTOR_REMOVED]
    said = " ".join(f"{row.detail} {row.actor_label}" for row in events())
    for row in Authenticator.objects.filter(user=officer):
        assert str(row.data) not in said
    assert secret not in said


def test_a_factor_that_an_administrator_takes_back_is_noted_with_both(client, officer):
    admin = User.objects.create_superuser("admin@jonction.example", PASSWORD)
    add_application(officer)
    client.force_login(admin)
    client.post("/administration/accounts/user/", {"action": "reset_second_factors", "_selected_action": [officer.pk]})
    event = events(kind=Kind.SECOND_FACTOR_RESET).get()
    assert (event.actor, event.account) == (admin, officer)


def test_from_the_command_line_nobody_is_named(officer):
    add_application(officer)
    reset_second_factor(user=officer)
    event = events(kind=Kind.SECOND_FACTOR_RESET).get()
    assert (event.actor, event.actor_label, event.account) == (None, "", officer)


def test_a_password_asked_by_mail_and_chosen_is_noted(client, officer):
    from tests.accounts.test_accounts import choose, link_of

    client.post("/compte/mot-de-passe/oublie/", {"email": officer.email})
    asked = events().get()
    assert (asked.kind, asked.actor, asked.account) == (Kind.PASSWORD_RESET_REQUESTED, None, officer)
    link = link_of("password_reset", officer.email)
    choose(client, link)
    assert kinds(actor=officer) == [Kind.PASSWORD_RESET]
    key = link.rstrip("/").rsplit("-", 1)[1]
    assert not events(detail__contains=key).exists()


def test_a_password_changed_is_noted(client, officer):
    sign_in(client, officer)
    typed = {"oldpassword": PASSWORD, "password1": "soudure-robot-oise", "password2": "soudure-robot-oise"}
    client.post("/compte/mot-de-passe/", typed)
    assert kinds(actor=officer) == [Kind.SIGN_IN, Kind.PASSWORD_CHANGED]


# -- the administration


def test_administrators_read_sign_ins_and_nothing_of_files(client, officer, submission):
    record_event(kind=Kind.SIGN_IN, actor=officer)
    record_read(actor=make_lead(), submission_id=submission.pk, epci_id=submission.epci_id)
    client.force_login(User.objects.create_superuser("admin@jonction.example", PASSWORD))
    shown = list(client.get("/administration/journal/auditevent/").context["cl"].queryset)
    assert [event.kind for event in shown] == [Kind.SIGN_IN]
    read = events(kind=Kind.FILE_READ).get()
    assert client.get(f"/administration/journal/auditevent/{read.pk}/change/").status_code == 302  # not found


def test_an_address_typed_finds_its_refused_sign_ins(client, officer):
    sign_in(client, officer, "pas-le-bon-mot")
    client.post(LOGIN, {"login": "autre@jonction.example", "password": "pas-le-bon-mot"})
    client.force_login(User.objects.create_superuser("admin@jonction.example", PASSWORD))
    page = client.get("/administration/journal/auditevent/", {"q": officer.email.upper()})
    assert [event.detail for event in page.context["cl"].queryset] == [digest_of(officer.email)]


def test_links_between_files_are_noted_of_each_apart(officer, submission):
    twin = make_submission(confirmed=True, email="autre@tolerie.example")
    lead = make_lead()
    link = link_files(submission=submission, other=twin, kind="same_firm", officer=lead, on=DAY)
    undo_link(link=link, officer=lead, on=DAY)
    close_unentitled(submission=twin, officer=officer, on=DAY)
    reopen_file(submission=twin, officer=officer, on=DAY)
    assert kinds(submission_id=submission.pk) == [Kind.FILES_LINKED, Kind.FILES_UNLINKED]
    assert [(row.kind, row.actor, row.detail) for row in events(submission_id=twin.pk)] == [
        (Kind.FILES_LINKED, lead, ""),
        (Kind.FILES_UNLINKED, lead, ""),
        (Kind.FILE_CLOSED, officer, "not_entitled"),
        (Kind.FILE_CLOSED, officer, "reopened"),
    ]


def test_an_address_corrected_and_a_consent_withdrawn_are_noted_of_that_file_alone(officer, submission):
    other = make_submission(confirmed=True)
    bounce(submission)
    correct_address(submission=submission, officer=officer, email="isabelle@nouvelle.example", on=DAY)
    withdraw_consent(submission=submission)
    assert [(row.kind, row.actor) for row in events(submission_id=submission.pk)] == [
        (Kind.ADDRESS_CORRECTED, officer),
        (Kind.CONSENT_WITHDRAWN, None),
    ]
    assert kinds(submission_id=other.pk) == []


def test_a_link_that_is_only_proposed_says_so_of_the_first_file(submission):
    facts = {"commune": COMMUNES[CCLO]}
    there = make_submission(confirmed=True, facts=facts, email="autre@tolerie.example")
    link = link_files(submission=submission, other=there, kind="same_firm", officer=make_officer(), on=DAY)
    assert link.agreed_at is None
    assert [(row.kind, row.detail) for row in events(submission_id=submission.pk)] == [(Kind.FILES_LINKED, "proposed")]
    assert kinds(submission_id=there.pk) == []
