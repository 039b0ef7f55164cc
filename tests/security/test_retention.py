"""What was kept for its time goes the night after its last day, and nothing else does."""

from datetime import UTC, datetime, time, timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.utils import timezone

from backend.accounts.models import User
from backend.journal.models import AuditEvent, Kind
from backend.links.models import Link
from backend.links.services import make_link
from backend.matchmaking.closing import close_file, reopen_file
from backend.matchmaking.escalation import tell_who_waits
from backend.matchmaking.follow_up import record_step, write_note
from backend.matchmaking.models import (
    Alert,
    CallRequest,
    Escalation,
    Guest,
    Language,
    Note,
    PartnerShare,
    Result,
    Review,
    SavedDraft,
    Submission,
    Survey,
)
from backend.matchmaking.partners import write_as_partner
from backend.matchmaking.results import Pruned, compute_result, replay
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.matchmaking.surveys import rate
from backend.notifications.kinds import COMMITTEE_NOTE
from backend.notifications.models import Notification, Stop
from backend.notifications.services import stop
from backend.privacy.models import RetentionRun
from backend.privacy.own_data import own_data
from backend.privacy.predicates import PREDICATES, Whole
from backend.privacy.retention import apply_retention, due_on
from backend.privacy.rules import Rule, RuleError, read_rules, rules
from backend.privacy.treatments import ERASED
from backend.steering.mailing import add_recipient, confirm_recipient
from backend.steering.models import NoteRecipient
from backend.webhooks.models import EventType
from backend.webhooks.services import enqueue_event
from tests.factories import (
    ARC,
    CC2V,
    DAY,
    decide,
    first_matches,
    make_call,
    make_guest,
    make_lead,
    make_officer,
    make_saved_draft,
    make_submission,
    make_webhook,
    publish_revision,
    rewriting,
    share_with,
)
from tests.neighbour import ours
from tests.security.erased import begin_draft

pytestmark = pytest.mark.django_db
DAYS = 10


def rule(rows: str) -> Rule:
    return Rule(name="tried", what="ce qui est essayé", rows=rows, days=DAYS, decided="à décider")


def moment(days_ago: int, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(DAY - timedelta(days=days_ago), at))


def date_back(table: str, *columns: str, to: datetime) -> None:
    """Date rows as if they had been written at another moment, append-only ones too."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("INSERT INTO append_only_permit VALUES (pg_current_xact_id())")
        cursor.execute(f"UPDATE {table} SET {', '.join(f'{column} = %s' for column in columns)}", [to] * len(columns))  # noqa: S608
        cursor.execute("DELETE FROM append_only_permit")


def a_draft(at: datetime) -> None:
    begin_draft()
    Session.objects.update(expire_date=at + timedelta(days=1))


def an_unconfirmed_file(at: datetime) -> None:
    make_submission()
    Submission.objects.update(filed_at=at)


def a_closed_file(at: datetime) -> None:
    make_submission(confirmed=True)
    Submission.objects.update(closed_at=at, closed_reason="not_entitled")


def a_file_without_news(at: datetime) -> None:
    submission = make_submission(confirmed=True, text="Notre zigzag.")
    officer = make_officer()
    decide(submission, first_matches(submission)[0].scheme, officer, "other", comment="Un mot.")
    write_note(submission=submission, author=officer, audience="shared", text="Une note.")
    share = share_with(submission, officer)
    reader = User.objects.filter(memberships__organisation=share.organisation).first()
    write_as_partner(share=share, author=reader, text="Une réponse.")
    record_step(submission=submission, officer=officer, step="partner", note="un mot")
    say(submission=submission, scheme=first_matches(submission)[0].scheme, state="followed", note="un mot", on=DAY)
    close_file(submission=submission, officer=officer, reason="helped", note="un mot")
    survey = Survey.objects.create(submission=submission, kind="satisfaction", asked_on=DAY)
    rate(survey=survey, grade="no", comment="un mot")
    Survey.objects.update(answered_at=at)
    Submission.objects.update(filed_at=at, confirmed_at=at)
    ours(PartnerShare).update(asked_at=at, agreed_at=at, begins_at=at, ended_at=at)
    date_back("matchmaking_fileevent", "recorded_at", to=at)
    date_back("companies_fact", "recorded_at", to=at)
    date_back("matchmaking_review", "decided_at", to=at)
    date_back("matchmaking_note", "written_at", to=at)
    date_back("matchmaking_followup", "recorded_at", to=at)
    date_back("matchmaking_followup", "done_at", to=at)
    date_back("matchmaking_followup", "cancelled_at", to=at)
    date_back("matchmaking_schemeevent", "recorded_at", to=at)


def a_mail(at: datetime) -> None:
    make_submission()
    Notification.objects.update(ended_at=at, state=Notification.State.SENT)


def a_link(at: datetime) -> None:
    make_link(kind="result", object_id=1)
    Link.objects.update(created_at=at - timedelta(days=1), expires_at=at)


def a_revoked_link(at: datetime) -> None:
    make_link(kind="result", object_id=1)
    Link.objects.update(created_at=at - timedelta(days=1), revoked_at=at)


def a_language(at: datetime) -> None:
    Language.objects.create(version="old", arrays=b"", n_sentences=1, learnt_at=at)


def an_event(at: datetime) -> None:
    AuditEvent.objects.create(kind=Kind.BACKUP, at=at)


def a_gesture(at: datetime) -> None:
    LogEntry.objects.create(
        user=make_officer(),
        content_type=ContentType.objects.get_for_model(Submission),
        object_id="1",
        object_repr="x",
        action_flag=CHANGE,
        action_time=at,
    )


def a_saved_draft(at: datetime) -> None:
    make_saved_draft(make_submission(confirmed=True))
    SavedDraft.objects.update(begun_at=at, touched_at=at)


def an_invitation(at: datetime) -> None:
    make_guest(make_submission(confirmed=True), accepted=False)
    Guest.objects.update(invited_at=at)


def a_call(at: datetime) -> None:
    make_call()
    CallRequest.objects.update(asked_at=at)


def a_recipient(at: datetime) -> None:
    for place, confirmed_at in enumerate((None, at)):
        NoteRecipient.objects.create(
            email=f"elue{place}@mairie.example", added_at=at, added_by=make_lead(), confirmed_at=confirmed_at
        )


def a_stopped_recipient(at: datetime) -> None:
    for place, stops in enumerate((True, False)):
        address = f"elue{place}@mairie.example"
        NoteRecipient.objects.create(email=address, added_at=at, added_by=make_lead(), confirmed_at=at)
        if stops:
            stop(address=address.upper(), topic=COMMITTEE_NOTE)
    Stop.objects.update(asked_at=at - timedelta(days=90))  # something else was stopped before


def test_an_address_that_did_not_accept_the_note_is_nowhere_after_its_days():
    others = [add_recipient(user=make_lead(), email=f"{name}@mairie.example") for name in ("elue", "autre", "neuve")]
    confirm_recipient(others[1])
    old = DAY - timedelta(days=rules()["note_recipients"].days + 1)
    NoteRecipient.objects.exclude(pk=others[2].pk).update(added_at=datetime.combine(old, time(12), tzinfo=UTC))
    apply_retention(on=DAY)
    left = {"autre@mairie.example", "neuve@mairie.example"}
    assert set(NoteRecipient.objects.values_list("email", flat=True)) == left
    assert set(Notification.objects.filter(kind="note_confirm").values_list("recipient", flat=True)) == left


def an_old_result(at: datetime) -> None:
    submission = make_submission(confirmed=True)
    old = submission.results.get()
    compute_result(submission=submission, on=DAY)
    with rewriting():
        Result.objects.filter(pk=old.pk).update(computed_at=at)


def a_webhook_delivery(at: datetime) -> None:
    make_webhook()
    enqueue_event(event=EventType.SCHEME_CHANGED, occurred_at=at, data={})


MADE = [
    ("webhook_deliveries", a_webhook_delivery),
    ("matches_unread", an_old_result),
    ("call_requests", a_call),
    ("drafts", a_draft),
    ("saved_drafts", a_saved_draft),
    ("guests_never_accepted", an_invitation),
    ("files_never_confirmed", an_unconfirmed_file),
    ("files_closed", a_closed_file),
    ("files_without_news", a_file_without_news),
    ("words_without_news", a_file_without_news),
    ("mail_bodies", a_mail),
    ("mails", a_mail),
    ("links_over", a_link),
    ("links_over", a_revoked_link),
    ("recipients_never_confirmed", a_recipient),
    ("recipients_stopped", a_stopped_recipient),
    ("languages_replaced", a_language),
    ("journal", an_event),
    ("administration", a_gesture),
]


def test_every_predicate_is_tried_here_and_used_by_a_rule():
    assert {name for name, _make in MADE} | {"outside"} == set(PREDICATES) == {row.rows for row in rules().values()}


@pytest.mark.parametrize(("rows", "make"), MADE, ids=[f"{rows}-{make.__name__}" for rows, make in MADE])
@pytest.mark.parametrize(
    ("days_ago", "at", "goes"),
    [(DAYS, time(0, 0), False), (DAYS + 1, time(23, 59, 59), True)],
    ids=["its last day", "the day after"],
)
def test_a_row_is_kept_for_all_of_its_last_day(rows, make, days_ago, at, goes):
    make(moment(days_ago, at))
    (found,) = due_on(DAY, by=[rule(rows)])
    assert bool(found.keys) is goes
    assert found.oldest == (moment(days_ago, at) if goes else None)


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    "news",
    [
        lambda file, officer: write_note(submission=file, author=officer, audience="internal", text="x"),
        lambda file, officer: record_step(submission=file, officer=officer, step="contacted"),
        lambda file, officer: decide(file, first_matches(file, 2)[1].scheme, officer),
        lambda file, officer: reopen_file(submission=file, officer=officer, on=DAY),
    ],
    ids=["note", "step", "decision", "reopening"],
)
def test_a_file_where_something_happens_stays(news):
    a_file_without_news(moment(DAYS + 50, time(12)))
    news(ours(Submission).get(), make_officer())
    (found,) = due_on(DAY, by=[rule("files_without_news")])
    assert found.keys == ()


def test_a_call_goes_with_what_was_told_of_it():
    make_officer(), make_officer(CC2V)
    old, recent = make_call(ARC), make_call(CC2V, phone="03 53 01 60 78")
    CallRequest.objects.filter(pk=old.pk).update(asked_at=moment(31, time(12)))
    CallRequest.objects.filter(pk=recent.pk).update(asked_at=moment(3, time(12)))
    tell_who_waits(on=DAY)
    assert set(ours(Escalation).values_list("call", flat=True)) == {old.pk, recent.pk}
    apply_retention(on=DAY)
    connection.check_constraints()
    assert ours(CallRequest).get() == recent
    assert set(ours(Escalation).values_list("call", flat=True)) == {recent.pk}


def test_what_cannot_be_erased_keeps_nothing_else():
    a_call(moment(31, time(12)))
    an_invitation(moment(300, time(12)))
    an_event(moment(400, time(12)))
    guest = Guest.objects.get(invited_at=moment(300, time(12)))
    asked = {"asked_at": timezone.now(), "told": guest.submission.results.get(), "told_on": DAY}
    Alert.objects.create(submission=guest.submission, guest=guest, **asked)  # no service makes it before a yes
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as where each erasure is committed
    with pytest.raises(IntegrityError, match="alert"):
        apply_retention(on=DAY)
    assert {found.rule.name for found in due_on(DAY) if found.keys} == {"guests"}


def test_words_go_and_the_rest_of_the_file_stays():
    a_file_without_news(moment(800, time(12)))
    other = make_submission(confirmed=True, text="Des locaux.")
    apply_retention(on=DAY)
    submission, review = ours(Submission).exclude(pk=other.pk).get(), ours(Review).get()
    assert (submission.text, review.comment, submission.erased_at) == ("", ERASED, None)
    assert submission.sheet.name
    assert ours(PartnerShare).get().message == ERASED
    assert not ours(Note).exists()
    other.refresh_from_db()
    assert other.text == "Des locaux."
    assert next(found for found in due_on(DAY) if found.rule.name == "words").keys == ()


def test_a_dry_run_says_what_the_run_then_does():
    a_file_without_news(moment(1200, time(12)))
    an_unconfirmed_file(moment(40, time(12)))
    Submission.objects.filter(confirmed_at__isnull=False).update(filed_at=moment(1200, time(12)))
    a_mail(moment(100, time(12)))
    an_event(moment(400, time(12)))
    kept = make_submission(confirmed=True, email="gardee@exemple.example")
    said = StringIO()
    before = Submission.objects.filter(erased_at=None).count()
    call_command("apply_retention", dry_run=True, stdout=said)
    assert Submission.objects.filter(erased_at=None).count() == before
    assert not RetentionRun.objects.exists()
    planned = {found.rule.name: len(found.keys) for found in due_on(DAY)}
    assert planned["inactive"] == planned["journal"] == 1
    assert planned["unconfirmed"] >= 1
    assert planned["mail_bodies"] >= 2
    done = StringIO()
    call_command("apply_retention", stdout=done)
    assert done.getvalue().splitlines()[:-1] == said.getvalue().splitlines()[:-1]
    n_files = planned["inactive"] + planned["unconfirmed"]
    assert Submission.objects.filter(erased_at__isnull=False).count() == n_files
    proofs = RetentionRun.objects.filter(rule="mail_bodies").get()
    assert proofs.counts == {"mail_bodies": planned["mail_bodies"]}
    assert {run.rule for run in RetentionRun.objects.all()} >= {"unconfirmed", "inactive", "journal", "links"}
    assert sum(len(found.keys) for found in due_on(DAY)) == 0
    kept.refresh_from_db()
    assert kept.erased_at is None
    assert Notification.objects.about(kept.topic).exclude(text="").exists()


def test_a_file_that_two_rules_name_is_erased_once():
    a_file_without_news(moment(1200, time(12)))
    ours(Submission).update(closed_at=moment(1200, time(12)), closed_reason="not_entitled")
    planned = {found.rule.name: len(found.keys) for found in due_on(DAY)}
    assert planned["closed"] + planned["inactive"] == 1


def test_rules_say_that_their_durations_are_proposals():
    assert all(not found.is_decided for found in rules().values())
    said = StringIO()
    call_command("apply_retention", dry_run=True, stdout=said)
    assert said.getvalue().count("à décider par le responsable de traitement") == len(rules())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"days": 0}, "days is a number from 1 to 3660, got 0"),
        ({"days": "deux ans"}, "got 'deux ans'"),
        ({"days": True}, "got True"),
        ({"rows": "files_of_mars"}, "no predicate 'files_of_mars'. Known ones: drafts"),
        ({"what": ""}, "says in words what is kept"),
        ({"colour": "red"}, "expected days, decided, name, rows, what; got"),
    ],
)
def test_a_rule_that_cannot_be_applied_says_why(change, told):
    given = {"name": "tried", "what": "x", "rows": "mails", "days": 10, "decided": "à décider"}
    with pytest.raises(RuleError, match=told):
        read_rules([{**given, **change}])
    with pytest.raises(RuleError, match="two rules are called"):
        read_rules([given, given])
    with pytest.raises(RuleError, match="expected a list"):
        read_rules("deux ans")


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "un jour"), (7, "7 jours"), (30, "un mois"), (90, "3 mois"), (365, "un an"), (1095, "3 ans")],
)
def test_durations_are_said_as_people_say_them(days, words):
    assert Rule(name="x", what="x", rows="mails", days=days, decided="").kept_for == words


def test_only_what_is_outside_the_database_has_no_work():
    assert [name for name, row in PREDICATES.items() if row.becomes == Whole.OUTSIDE] == ["outside"]


# -- answers on which nothing rests


@pytest.mark.cases(1)
@pytest.mark.parametrize("rests", ["nothing", "review", "end", "mark", "newest"])
def test_the_matches_of_an_answer_go_only_where_nothing_rests_on_them(rests):
    submission = make_submission(confirmed=True, wants_alerts=True)
    other = make_submission(confirmed=True, siret="", siren="", email="autre@firme.example")
    old, officer = submission.results.get(), make_officer()
    if rests in ("review", "end"):
        decide(submission, first_matches(submission)[0].scheme, officer)
    if rests == "end":
        end_review(submission=submission, officer=officer, on=DAY)
    if rests != "newest":
        newer = compute_result(submission=submission, on=DAY)
        if rests != "mark":
            Alert.objects.filter(submission=submission).update(told=newer)
    n_matches, n_others = old.matches.count(), other.results.get().matches.count()
    with rewriting():
        Result.objects.filter(pk=old.pk).update(computed_at=moment(400, time(12)))
    apply_retention(on=DAY)
    assert old.matches.count() == (0 if rests == "nothing" else n_matches)
    assert Result.objects.filter(pk=old.pk).exists()
    assert other.results.get().matches.count() == n_others
    if rests == "nothing":
        assert RetentionRun.objects.get(rule="matches").counts == {"pruned": 1, "matches": n_matches}
        assert next(found for found in due_on(DAY) if found.rule.name == "matches").keys == ()


@pytest.mark.alone("every result is replayed, and the second firm's lack matches")
def test_a_pruned_answer_is_replayed_of_what_it_keeps(capsys):
    an_old_result(moment(400, time(12)))
    submission = ours(Submission).get()
    publish_revision(submission.results.last().matches.first().scheme, window_state="closed")
    apply_retention(on=DAY)
    newest, pruned = submission.results.all()
    assert replay(newest) == replay(pruned) == []
    capsys.readouterr()
    call_command("replay", submission.reference)
    said = capsys.readouterr().out
    assert "2 résultats rejoués, 0 différences" in said
    assert "dont 1 sans leurs dispositifs" in said
    pruned.served = {}
    assert replay(pruned) == ["served"]
    with rewriting():
        Result.objects.filter(pk=pruned.pk).update(pruned=None)  # as a release before this one left it
    with pytest.raises(Pruned):
        replay(Result.objects.get(pk=pruned.pk))
    call_command("replay", submission.reference)
    assert "1 résultats effacés par une version plus ancienne" in capsys.readouterr().out
    values = [line.value for theme in own_data(submission) for line in theme.lines]
    assert any("dispositifs effacés depuis" in value for value in values)
