"""What a firm is asked once its file is closed, by e-mail, and what it answers.

Whether the service helped, the morning after; 6 and 12 months later what came of the schemes it followed or asked for,
where nobody knows. Each question is asked once a file. What stays unanswered for 30 days is left to its officers.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.common.work import Work, change_each
from backend.matchmaking.alerts import is_heard
from backend.matchmaking.emails import enqueue_survey
from backend.matchmaking.file_events import closing_of, last_closed
from backend.matchmaking.models import Alert, FollowUp, Submission, Survey
from backend.matchmaking.models.submissions import SubmissionQuerySet
from backend.matchmaking.outcomes import OPEN, end_questions, open_schemes, without_a_word
from backend.matchmaking.scheme_events import StateError, say
from backend.matchmaking.states import states_of
from backend.matchmaking.transitions import State
from backend.notifications.frequency_cap import Turn, is_free
from backend.notifications.services import has_stopped
from backend.notifications.suppression import is_dead
from backend.schemes.models import Scheme

Kind = Survey.Kind
MONTHS = {Kind.SIX_MONTHS: 6, Kind.TWELVE_MONTHS: 12}
STILL_ASKED = timedelta(days=30)  # after its day, where something kept a question from leaving
PATIENCE = timedelta(days=30)  # before officers ask instead
WAITING = "waiting"
# What each button says of a scheme: where it was only followed, it was asked for first.
ANSWERS: Mapping[str, tuple[State, ...]] = {
    State.GRANTED: (State.APPLIED, State.GRANTED),
    State.REFUSED: (State.APPLIED, State.REFUSED),
    WAITING: (State.APPLIED,),
    State.GIVEN_UP: (State.GIVEN_UP,),
}


# -- asking


def send_surveys(*, on: date) -> Work:
    """Enqueue the questions that are due, and leave those that stay unanswered to officers.

    One that fails keeps no other back; ``SomeFailed`` is raised at the end.
    """
    due, late = list(_due(on)), list(Survey.objects.unanswered_since(on - PATIENCE).values_list("pk", flat=True))
    steps = [*(partial(_ask, pk, kind, on) for pk, kind in due), *(partial(_hand, pk, on) for pk in late)]
    return Work(n_looked_at=len(steps), n_changed=change_each(lambda step: step(), steps))


def _due(on: date) -> Iterator[tuple[int, Kind]]:
    """Yield files with the question to ask.

    Whether it helped: of closed ones, but for those whose firm nobody could reach. What came of schemes: of those
    that were closed so long ago, though something opened them again since, and where somebody followed or asked for
    one.
    """
    files = _askable()
    newly = files.filter(closed_at__isnull=False, closed_at__lt=_start(on), closed_at__gte=_start(on - STILL_ASKED))
    newly = newly.exclude(closed_reason=Submission.Closing.UNREACHABLE)
    for pk in newly.exclude(surveys__kind=Kind.SATISFACTION).order_by("pk").values_list("pk", flat=True):
        yield pk, Kind.SATISFACTION
    for kind, n in MONTHS.items():
        last, first = months_before(on, n), months_before(on - STILL_ASKED, n)
        then = files.alias(closed_last=last_closed())
        then = then.filter(closed_last__lt=_start(last + timedelta(days=1)), closed_last__gte=_start(first))
        then = then.filter(scheme_events__state__in=OPEN).exclude(surveys__kind=kind)
        for pk in then.order_by("pk").values_list("pk", flat=True).distinct():
            yield pk, kind


def _askable() -> SubmissionQuerySet:
    """Files of which the firm is there to be asked."""
    return Submission.objects.confirmed().not_barred()


def months_before(day: date, n: int) -> date:
    """Return the same day some months before, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 - n, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@transaction.atomic
def _ask(pk: int, kind: Kind, on: date) -> bool:
    """Ask a question once; another day where something else about the firm takes this one."""
    submission = _askable().select_for_update(of=("self",)).select_related("contact", "sheet").filter(pk=pk).first()
    not_helped = ("", Submission.Closing.UNREACHABLE)  # open again, or nobody was there to be helped
    if submission is None or (kind == Kind.SATISFACTION and submission.closed_reason in not_helped):
        return False
    if submission.surveys.filter(kind=kind).exists():
        return False
    survey, address = Survey(submission=submission, kind=kind, asked_on=on), submission.contact.email
    if is_dead(address) or any(has_stopped(address=address, topic=one) for one in (submission.topic, survey.topic)):
        return False
    schemes = [str(state.scheme) for state in open_schemes(submission)] if kind in MONTHS else []
    turn = Turn(firm=submission.firm, on=on)
    if (kind in MONTHS and not schemes) or not is_free(address=address, turn=turn):
        return False
    survey.save()
    alert = Alert.objects.heard().of_contact(submission).select_related("submission__contact").first()
    hears = alert is not None and is_heard(alert)
    enqueue_survey(survey, closing=closing_of(submission), schemes=schemes, hears_alerts=hears, turn=turn)
    return True


@transaction.atomic
def _hand(pk: int, on: date) -> bool:
    """Leave a question to the officers of the file, once, where its answer is still not known."""
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=pk)
    submission = survey.submission
    if survey.answered_at or survey.handed_on:
        return False
    survey.handed_on = on
    survey.save(update_fields=["handed_on"])
    if submission.erased_at or submission.is_barred or not without_a_word(survey):
        return False
    if not submission.follow_ups.to_do().outcomes().exists():
        submission.follow_ups.create(step=FollowUp.Step.OUTCOME, recorded_at=timezone.now())
    return True


# -- answering


@transaction.atomic
def rate(*, survey: Survey, grade: str, comment: str) -> None:
    """Record whether the service helped; the last answer counts.

    Raises ``StateError`` for another answer, ``PermissionDenied`` where the file was erased.
    """
    if survey.kind != Kind.SATISFACTION or grade not in Survey.Grade.values:
        raise StateError(_("Choisissez une des trois réponses."))
    Submission.objects.locked(survey.submission_id)
    survey.grade, survey.comment, survey.answered_at = grade, comment.strip(), timezone.now()
    survey.save(update_fields=["grade", "comment", "answered_at"])


@transaction.atomic
def answer_outcome(*, survey: Survey, scheme: Scheme, answer: str, on: date, euros: int | None = None) -> None:
    """Record what the firm says of a scheme, as the firm would on its page; the same button twice is one word.

    Raises ``StateError`` where it is no answer, or where the end of that scheme is known, or not asked for.
    """
    if survey.kind not in MONTHS or answer not in ANSWERS:
        raise StateError(_("Choisissez une des réponses proposées."))
    submission = Submission.objects.locked(survey.submission_id)
    euros = euros if answer == State.GRANTED else None
    told = states_of(submission, told=True).own.get(scheme.pk)
    counts = told.counts if told else None
    if counts and counts.is_firms and counts.event and (counts.state, counts.event.euros) == (answer, euros):
        return  # the same button twice
    if counts is None or counts.state not in OPEN:
        raise StateError(_("Ce dispositif n’attend plus de réponse ici : il se corrige depuis votre résultat."))
    survey.refresh_from_db(fields=["still_waiting"])  # another answer may have come since it was read
    if answer == WAITING and scheme.pk not in survey.still_waiting:
        survey.still_waiting.append(scheme.pk)
        survey.save(update_fields=["still_waiting"])
    for state in ANSWERS[answer]:
        if state != counts.state:
            say(submission=submission, scheme=scheme, state=state, on=on, euros=euros if state == answer else None)
    end_questions(submission)
