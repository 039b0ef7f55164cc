"""The review of a submission: verdicts, what each reason for setting a scheme aside does, the end of the review."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.companies.models import Fact
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.matchmaking.answer_email import decided_reviews, enqueue_reviewed
from backend.matchmaking.decided_since import decided_since
from backend.matchmaking.file_events import reopen_on_event
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import Alert, FollowUp, Match, Review, ReviewEnd, Submission
from backend.matchmaking.outcomes import end_questions
from backend.matchmaking.ownership import known_facts
from backend.matchmaking.results import latest_result, mark_shown
from backend.matchmaking.services import correct_submission
from backend.notifications.frequency_cap import Turn
from backend.notifications.models import Notification
from backend.notifications.services import take_back
from backend.schemes.models import CatalogueTask, Criterion, Scheme

KEPT, REJECTED = Review.Verdict.KEPT, Review.Verdict.REJECTED
Reason = Review.Reason


class ReviewError(ValueError):
    """A review that cannot be recorded, with a sentence for the officer."""


class DecidedSinceError(ReviewError):
    """A colleague changed a verdict after the page was shown: it is to be read again first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Why a scheme is set aside, and what that reason asks to be told."""

    reason: str
    comment: str = ""  # for colleagues
    message: str = ""  # for the firm
    criterion: Criterion | None = None  # wrong_criterion: which one, where the officer says so
    fact: str = ""  # wrong_fact: its name
    alternative: Scheme | None = None  # better_alternative
    partner: str = ""  # partner_first


@dataclass(frozen=True, slots=True)
class Case:
    """A decision being taken: who, on what, and on what day."""

    submission: Submission
    match: Match
    officer: User
    on: date
    seen: int | None  # the last review that the officer's page showed, where it says


@transaction.atomic
def keep_scheme(*, submission: Submission, scheme: Scheme, officer: User, on: date, seen: int | None = None) -> Review:
    """Keep a scheme for a firm, whether the engine proposed it or the officer adds it by hand.

    Raises ``PermissionDenied`` if the officer is not in charge of the submission, ``ReviewError`` if the scheme is not
    published: a sheet that nobody has checked is shown to no firm; ``DecidedSinceError`` where a colleague decided on
    it after ``seen``, the key of the last review that the officer had read.
    """
    case = _open_case(submission, scheme, officer, on, seen)
    return _record(case, verdict=KEPT, by_hand=not case.match.addresses)


@transaction.atomic
def set_aside(
    *, submission: Submission, scheme: Scheme, officer: User, because: Because, on: date, seen: int | None = None
) -> Review:
    """Set a scheme aside for a reason; the reason has its effect at once, and the firm is told at the review's end.

    Raises ``PermissionDenied`` if the officer is not in charge of the submission, ``ReviewError`` where the reason or
    what it asks for is missing, ``DecidedSinceError`` where a colleague decided on it, or on the alternative, after
    ``seen``, as for ``keep_scheme``.
    """
    if because.reason not in Reason.values:
        raise ReviewError("Pour écarter un dispositif, choisissez une raison dans la liste.")
    case = _open_case(submission, scheme, officer, on, seen)
    effect = EFFECTS.get(Reason(because.reason))
    columns = {"verdict": REJECTED, **(effect(case, because) if effect else {})}
    review = _record(
        case, reason=because.reason, comment=because.comment.strip(), message=because.message.strip(), **columns
    )
    _follow(case, because, review)
    return review


@transaction.atomic
def withdraw_review(
    *, submission: Submission, scheme: Scheme, officer: User, on: date, seen: int | None = None
) -> Review:
    """Take the last verdict on a scheme back, with all that its reason did.

    Raises ``ReviewError`` where there is nothing to take back, ``DecidedSinceError`` as for ``keep_scheme``.
    """
    case = _open_case(submission, scheme, officer, on, seen)
    last = submission.reviews.latest_by_scheme().get(scheme.pk)
    if last is None or last.verdict == Review.Verdict.WITHDRAWN:
        raise ReviewError("Il n’y a pas d’avis à retirer sur ce dispositif.")
    _undo(case, last)
    return _record(case, verdict=Review.Verdict.WITHDRAWN)


def _open_case(submission: Submission, scheme: Scheme, officer: User, on: date, seen: int | None = None) -> Case:
    """Lock the submission, check who decides and what was seen, and find what the engine said of the scheme."""
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(officer, submission)
    _check_nothing_since(submission, officer, seen, scheme)
    match = latest_result(submission, on=on).matches.filter(scheme=scheme).select_related("revision").first()
    if match is None:
        raise ReviewError(f"« {scheme} » n’est pas publié : seul un dispositif publié peut être retenu ou écarté.")
    if submission.officer_id is None:  # the first who decides takes the file
        submission.officer = officer
        submission.save(update_fields=["officer"])
    return Case(submission, match, officer, on, seen)


def _check_nothing_since(
    submission: Submission, officer: User, seen: int | None, scheme: Scheme | None = None
) -> None:
    """Raise ``DecidedSinceError`` where a colleague changed a verdict after ``seen``; without it, all is taken."""
    if seen is not None and (told := decided_since(submission, officer=officer, seen=seen, scheme=scheme)):
        raise DecidedSinceError(told)


def _record(case: Case, **columns: Any) -> Review:
    reopen_on_event(case.submission, actor=case.officer)
    review = Review.objects.create(
        submission=case.submission,
        scheme_id=case.match.scheme_id,
        match=case.match,
        officer=case.officer,
        decided_at=timezone.now(),
        **columns,
    )
    end_questions(case.submission)
    kind = Kind.REVIEW_WITHDRAWN if review.is_withdrawn else Kind.REVIEW_RECORDED
    _note(kind, case.submission, case.officer, detail=review.verdict)
    return review


def _note(kind: Kind, submission: Submission, officer: User, detail: str = "") -> None:
    record_event(kind=kind, actor=officer, submission_id=submission.pk, epci_id=submission.epci_id, detail=detail)


# -- what each reason does


def _report_criterion(case: Case, because: Because) -> dict[str, Any]:
    """Give the catalogue's editors something to check."""
    task = CatalogueTask.objects.create(
        scheme_id=case.match.scheme_id,
        revision=case.match.revision,
        criterion=because.criterion,
        text=because.comment.strip(),
        reported_by=case.officer,
        reported_at=timezone.now(),
    )
    return {"task": task}


def _doubt_fact(case: Case, because: Because) -> dict[str, Any]:
    """Take the fact back: what is known to be wrong is unknown until somebody says what is right."""
    known = known_facts(case.submission).get(because.fact)
    if known is None:
        raise ReviewError("Dites quel fait de l’entreprise est faux, parmi ceux du dossier.")
    if known.sheet_id != case.submission.sheet_id:
        raise ReviewError("Ce fait est repris d’une autre demande : corrigez-le dans « Ce que nous savons ».")
    return {"fact": _correct(case, because.fact, None)}


def _note_started(case: Case, because: Because) -> dict[str, Any]:
    return {"fact": _correct(case, "project.started", value=True)}


def _correct(case: Case, name: str, value: Any) -> Fact | None:
    """Correct a fact in the officer's name; return the row that says so, or none where it was known already."""
    rows = case.submission.sheet.facts.filter(name=name).order_by("recorded_at", "pk")
    before = rows.last()
    correct_submission(submission=case.submission, facts={name: value}, author=case.officer, on=case.on)
    after = rows.last()
    return None if after == before else after


def _prefer(case: Case, because: Because) -> dict[str, Any]:
    if because.alternative is None or because.alternative.pk == case.match.scheme_id:
        raise ReviewError("Dites quel autre dispositif convient mieux.")
    return {"alternative": because.alternative}


def _name_partner(case: Case, because: Because) -> dict[str, Any]:
    if not because.partner.strip():
        raise ReviewError("Dites quel partenaire il faut d’abord trouver (un laboratoire, un client, une école…).")
    return {"partner": because.partner.strip()}


def _explain(case: Case, because: Because) -> dict[str, Any]:
    if not because.comment.strip():
        raise ReviewError("Pour « autre raison », dites laquelle en quelques mots.")
    return {}


# The others need only be recorded: they hide the scheme from the firm (``ENDINGS``) or teach the ranking
# (``Review.USELESS``).
EFFECTS: dict[Review.Reason, Callable[[Case, Because], dict[str, Any]]] = {
    Reason.WRONG_CRITERION: _report_criterion,
    Reason.WRONG_FACT: _doubt_fact,
    Reason.PROJECT_STARTED: _note_started,
    Reason.BETTER_ALTERNATIVE: _prefer,
    Reason.PARTNER_FIRST: _name_partner,
    Reason.OTHER: _explain,
}


def _follow(case: Case, because: Because, review: Review) -> None:
    """Do what can only be done once the review exists."""
    if because.reason == Reason.BETTER_ALTERNATIVE and because.alternative:
        other = _open_case(case.submission, because.alternative, case.officer, case.on, case.seen)
        _record(other, verdict=KEPT, by_hand=not other.match.addresses, because_of=review)
    if because.reason == Reason.PARTNER_FIRST:
        _find_partner(case, review)


def _find_partner(case: Case, review: Review) -> None:
    FollowUp.objects.create(
        submission=case.submission,
        scheme_id=case.match.scheme_id,
        step=FollowUp.Step.PARTNER,
        note=review.partner,
        review=review,
        recorded_by=case.officer,
        recorded_at=timezone.now(),
    )


# -- taking a verdict back


def _undo(case: Case, review: Review) -> None:
    now = timezone.now()
    review.follow_ups.standing().update(cancelled_at=now)
    if review.task and review.task.closed_at is None:
        closed = {"closed_at": now, "closed_by": case.officer, "answer": "Avis retiré par son auteur ou un collègue."}
        CatalogueTask.objects.filter(pk=review.task.pk).update(**closed)
    if review.fact:
        _restore(case, review.fact)
    for consequence in review.consequences.select_related("scheme"):
        last = case.submission.reviews.latest_by_scheme()[consequence.scheme_id]
        if last == consequence:
            withdraw_review(submission=case.submission, scheme=consequence.scheme, officer=case.officer, on=case.on)


def _restore(case: Case, fact: Fact) -> None:
    """Give a fact the value it had before a review changed it, unless somebody corrected it since."""
    rows = list(case.submission.sheet.facts.filter(name=fact.name).order_by("recorded_at", "pk"))
    if rows[-1] != fact:
        return
    position = rows.index(fact)
    before = rows[position - 1].value if position else None
    correct_submission(submission=case.submission, facts={fact.name: before}, author=case.officer, on=case.on)


# -- the end


@transaction.atomic
def end_review(
    *,
    submission: Submission,
    officer: User,
    on: date,
    message: str = "",
    takes_turn: bool = False,
    seen: int | None = None,
) -> ReviewEnd:
    """End the review and enqueue the one e-mail that answers the firm, unless it would repeat the last one.

    ``takes_turn``: it is written to several firms at once, and waits for its turn among alerts and surveys.
    Raises ``ReviewError`` where nothing was decided, or where the review has ended already, ``DecidedSinceError``
    where a colleague decided on any scheme of the file after ``seen``, as for ``keep_scheme``.
    """
    submission = _locked_to_end(submission, officer, seen)
    reviews = [review for review in submission.reviews.latest_by_scheme().values() if review.is_decided]
    if not reviews and not message.strip():
        raise ReviewError("Retenez ou écartez au moins un dispositif, ou écrivez un mot à l’entreprise.")
    return _end(submission, officer, on, message, takes_turn=takes_turn)


@transaction.atomic
def end_with_nothing(
    *,
    submission: Submission,
    officer: User,
    on: date,
    message: str = "",
    takes_turn: bool = False,
    seen: int | None = None,
) -> ReviewEnd:
    """End the review of an open file of which nothing is kept: its firm is told so, in words of its own if there are.

    Raises ``ReviewError`` where a scheme is kept, where the file is closed, or where its review has ended already;
    ``DecidedSinceError`` as for ``end_review``.
    """
    submission = _locked_to_end(submission, officer, seen)
    if submission.closed_at:
        raise ReviewError("Ce dossier est clos : rouvrez-le d’abord.")
    kept, _rejected = decided_reviews(submission)
    if kept:
        names = ", ".join(f"« {review.match.revision.name} »" for review in kept)
        raise ReviewError(f"Vous lui proposez déjà {names} : retirez cet avis d’abord, ou terminez la relecture.")
    return _end(submission, officer, on, message, takes_turn=takes_turn)


def _locked_to_end(submission: Submission, officer: User, seen: int | None) -> Submission:
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(officer, submission)
    if submission.reviewed_at:
        by = f", par {submission.reviewed_by}" if submission.reviewed_by else ""
        raise ReviewError(f"La relecture de cette demande est déjà terminée{by}.")
    _check_nothing_since(submission, officer, seen)
    return submission


def _end(submission: Submission, officer: User, on: date, message: str, *, takes_turn: bool) -> ReviewEnd:
    reopen_on_event(submission, actor=officer)
    _take_answer_back(submission)
    result = latest_result(submission, on=on)
    alert = Alert.objects.of_contact(submission).first()
    end = ReviewEnd.objects.create(
        submission=submission,
        officer=officer,
        result=result,
        message=message.strip(),
        ended_at=timezone.now(),
        took_file=submission.officer_id is None,
        told_before=alert.told if alert else None,
    )
    submission.reviewed_at, submission.reviewed_by = end.ended_at, officer
    submission.officer = submission.officer or officer
    submission.first_answered_at = submission.first_answered_at or end.ended_at
    submission.save(update_fields=["reviewed_at", "reviewed_by", "officer", "first_answered_at"])
    enqueue_reviewed(submission, end, turn=Turn(firm=submission.firm, on=on) if takes_turn else None)
    mark_shown(submission=submission, result=result)
    _note(Kind.REVIEW_ENDED, submission, officer)
    return end


@transaction.atomic
def reopen_review(*, submission: Submission, officer: User) -> None:
    """Open an ended review again; what the firm was told stays as it was until the next end.

    An answer that has not left yet, as one of several that waits for its day, is given up: the next one replaces it,
    and the file waits again as it did before. Otherwise it waits from now on.
    """
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(officer, submission)
    reopen_on_event(submission, actor=officer)
    if submission.reviewed_at is None:  # a second click
        return
    end, has_not_left = submission.review_ends.first(), _take_answer_back(submission)
    submission.reviewed_at = None  # not by whom: its firm keeps that answer (``has_answer``)
    if end and (has_not_left or not Notification.objects.filter(dedupe_key=end.email_key).exists()):
        _undo_end(submission, end)
    else:
        submission.reopened_at = timezone.now()
    submission.save(update_fields=["reviewed_at", "reopened_at", "officer", "first_answered_at"])
    _note(Kind.REVIEW_REOPENED, submission, officer)


def _undo_end(submission: Submission, end: ReviewEnd) -> None:
    """Give back what an end changed of which its firm was told nothing; what others did since stays."""
    if end.took_file and submission.officer_id == end.officer_id:
        submission.officer = None
    if submission.first_answered_at == end.ended_at:
        submission.first_answered_at = None
    if end.told_before_id:
        Alert.objects.of_contact(submission).filter(told=end.result_id).update(told=end.told_before_id)


def _take_answer_back(submission: Submission) -> bool:
    """Let no earlier answer arrive after a later one; tell whether one had not left yet."""
    return bool(take_back(about=submission.topic, kinds=("reviewed",), why="Une autre réponse la remplace."))
