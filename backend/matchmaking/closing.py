"""Files that are done: closed by an officer, each night where nothing is left to follow, and opened again (ADR 46)."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.common.work import Work, change_each
from backend.matchmaking.file_events import last_event, last_reopened, record_closing, record_reopening
from backend.matchmaking.in_charge import check_may_decide, may_decide
from backend.matchmaking.models import FileEvent, FollowUp, HandOver, SchemeEvent, Submission
from backend.matchmaking.models.follow_up import FollowUpQuerySet
from backend.matchmaking.models.submissions import SubmissionQuerySet
from backend.matchmaking.ownership import numbers_read
from backend.matchmaking.services import compute_results_of
from backend.matchmaking.states import SchemeState, states_of_files
from backend.matchmaking.transitions import KEPT, OPERATOR_ANSWERS, OVER, State

logger = logging.getLogger(__name__)
Closing = Submission.Closing
SILENCE = timedelta(days=90)
SHARD = 500  # files read at once
IN_PLAY = frozenset({KEPT, State.FOLLOWED, State.APPLIED})


class ClosingError(ValueError):
    """A file that cannot be closed or opened again, with a sentence for the officer."""


@transaction.atomic
def close_file(*, submission: Submission, officer: User, reason: str, note: str = "") -> FileEvent:
    """Close a file that is done; ``note`` is a sentence that the firm reads. What was promised of it is cancelled.

    Raises ``PermissionDenied`` where the officer does not review the file, ``ClosingError`` where it is closed already
    or the reason is none of ``Submission.CHOSEN``.
    """
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(officer, submission)
    if submission.closed_at:
        raise ClosingError("Ce dossier est déjà clos.")
    if reason not in Submission.CHOSEN:
        raise ClosingError("Dites comment ce dossier se termine : choisissez dans la liste.")
    promised_steps(submission).update(cancelled_at=timezone.now())
    return record_closing(submission, reason=reason, actor=officer, note=note.strip())


def promised_steps(submission: Submission) -> FollowUpQuerySet:
    """Return what officers promised to do for a firm and have not done: closing its file cancels it."""
    return FollowUp.objects.to_do().filter(submission=submission, step__in=FollowUp.TO_DO)


@transaction.atomic
def reopen_file(*, submission: Submission, officer: User, on: date) -> None:
    """Open a closed file again; the links and alerts of one that was barred are asked for again.

    Raises ``PermissionDenied`` where the officer does not review the file, and where the firm withdrew it: only the
    firm opens that again.
    """
    submission = Submission.objects.locked(submission.pk)
    withdrawn = submission.closed_reason == Closing.WITHDRAWN
    if withdrawn or not may_decide(officer=officer, submission=submission):
        raise PermissionDenied
    was_barred = submission.is_barred
    record_reopening(submission, actor=officer)
    if was_barred:
        compute_results_of([submission.pk, *numbers_read(submission)], on=on)


# -- each night


def close_done_files(*, on: date) -> Work:
    """Close the reviewed files of which each scheme kept or followed has ended, and those where nothing happens.

    One that fails keeps no other open; ``SomeFailed`` is raised at the end.
    """
    keys = list(_reviewed().order_by("pk").values_list("pk", flat=True))
    return Work(n_looked_at=len(keys), n_changed=change_each(lambda key: _close(key, on), _to_close(keys, on)))


def _to_close(keys: Sequence[int], on: date) -> Iterator[int]:
    """Yield the files that are done; where some that are read at once cannot be, each of them, to be read alone."""
    for first in range(0, len(keys), SHARD):
        shard = keys[first : first + SHARD]
        try:
            yield from _done(shard, on)
        except Exception:
            logger.exception("Files %s to %s cannot be read at once", shard[0], shard[-1])
            yield from shard


@transaction.atomic
def _close(key: int, on: date) -> bool:
    """Close a file unless something happened to it meanwhile; return whether it was."""
    submission = Submission.objects.select_for_update(of=("self",)).get(pk=key)
    if reason := _done([key], on).get(key):
        record_closing(submission, reason=reason)
    return reason is not None


def _reviewed() -> SubmissionQuerySet:
    return Submission.objects.reviewed().still_open().filter(erased_at=None)


def _done(keys: Collection[int], on: date) -> Mapping[int, str]:
    """Return why each of some files that is done is closed."""
    limit = timezone.make_aware(datetime.combine(on - SILENCE + timedelta(days=1), time.min))
    files = _reviewed().filter(pk__in=keys)
    quiet = set(files.alias(last=last_event()).filter(last__lt=limit).values_list("pk", flat=True))
    ended = SchemeEvent.objects.standing().filter(submission__in=files.values("pk"), state__in=OVER)
    may_end = set(ended.values_list("submission", flat=True))
    busy = _busy(quiet | may_end)
    quiet, may_end = quiet - busy, may_end - busy
    states = states_of_files(quiet | may_end)
    taken_up = _taken_up(may_end)
    reopened = dict(files.filter(pk__in=may_end).annotate(reopened=last_reopened()).values_list("pk", "reopened"))
    done: dict[int, str] = {
        key: Closing.SILENCE for key in quiet if not any(_counts(one, {State.APPLIED}) for one in states[key].values())
    }
    for key in may_end:
        if _have_ended(states[key], taken_up, key, reopened.get(key)):
            done[key] = Closing.ENDED
    return done


def _busy(keys: Collection[int]) -> set[int]:
    """Return the files of which somebody owes something: a step that is to do, an answer to an offer."""
    steps = FollowUp.objects.to_do().filter(submission__in=keys).values_list("submission", flat=True)
    offers = HandOver.objects.waiting().filter(submission__in=keys).values_list("submission", flat=True)
    return {*steps, *offers}


def _taken_up(keys: Collection[int]) -> set[tuple[int, int]]:
    """Return the schemes that somebody followed or asked for, each with its file: an answer implies a request."""
    taken_up = {State.FOLLOWED, State.APPLIED, *OPERATOR_ANSWERS}
    rows = SchemeEvent.objects.standing().filter(submission__in=keys, state__in=taken_up)
    return set(rows.values_list("submission", "scheme"))


def _have_ended(
    states: Mapping[int, SchemeState], taken_up: Collection[tuple[int, int]], file: int, reopened: datetime | None
) -> bool:
    """Tell whether each scheme that was kept or followed has ended, one of them since the file was opened again."""
    if any(_counts(state, IN_PLAY) for state in states.values()):
        return False
    followed = [
        state
        for scheme, state in states.items()
        if (state.verdict and state.verdict.verdict == KEPT) or (file, scheme) in taken_up
    ]
    ends = [state.counts.at for state in followed if state.counts]
    return bool(ends) and (reopened is None or max(ends) > reopened)


def _counts(state: SchemeState, among: Collection[str]) -> bool:
    return state.counts is not None and state.counts.state in among
