"""What is corrected of what was understood, by the firm or an officer: a need that is not one, or is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.matchmaking.contents import NEED_CORRECTIONS, may_have
from backend.matchmaking.file_events import reopen_on_event
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import Need, NeedCorrection, Result, Submission
from backend.matchmaking.preferences import preferences_of
from backend.matchmaking.results import compute_result, latest_result, record_corrections, set_needs
from backend.matchmaking.review_policies import judge_again
from backend.schemes.models import SubNeed

Change = NeedCorrection.Change


@transaction.atomic
def correct_need(*, submission: Submission, sub_need: SubNeed, change: str, officer: User, on: date) -> Result:
    """Remove a need, add one, or take back what was corrected of it; the result is computed again.

    What changes nothing is not recorded: a second click, a need that the firm ticked itself.
    Raises ``PermissionDenied`` if the officer is not in charge of the submission.
    """
    check_may_decide(officer, submission)
    submission = Submission.objects.locked(submission.pk)
    need = submission.needs.filter(sub_need=sub_need).first()
    known = submission.need_corrections.standing().filter(sub_need=sub_need).first()
    if not _changes(change, need, known):
        return latest_result(submission, on=on)
    ticked = set(submission.needs.filter(ticked=True).values_list("sub_need", flat=True))
    if change == Change.WITHDRAWN and known and known.was_ticked:
        ticked.add(sub_need.pk)
    reopen_on_event(submission, actor=officer)
    record_corrections(submission, {sub_need.pk: change}, ticked=ticked, officer=officer)
    if change == Change.REMOVED:
        ticked.discard(sub_need.pk)
    return _answer_again(submission, ticked, on)


@transaction.atomic
def confirm_needs(*, submission: Submission, has: Iterable[str], has_not: Iterable[str], on: date) -> Result:
    """Take the firm's word on sub-needs, by key: those it has, and those it has not; the result is computed again.

    What an officer said of one holds all the same. What changes nothing is not recorded.
    """
    submission = Submission.objects.locked(submission.pk)
    needs = {need.sub_need_id: need for need in submission.needs.all()}
    ticked = {key for key, need in needs.items() if need.ticked}
    has, has_not = set(has), set(has_not) - set(has)
    said = {key for key, need in needs.items() if need.is_certain}
    changes: dict[str, str] = {
        **dict.fromkeys(sorted(has - said), Change.ADDED),
        **dict.fromkeys(sorted(has_not & needs.keys()), Change.REMOVED),
    }
    if not changes:
        return latest_result(submission, on=on)
    reopen_on_event(submission)
    record_corrections(submission, changes, ticked=ticked)
    return _answer_again(submission, ticked - has_not, on)


def _answer_again(submission: Submission, ticked: set[str], on: date) -> Result:
    set_needs(submission=submission, ticked=ticked, text=submission.text)
    result = compute_result(submission=submission, on=on)
    judge_again(submission, result)
    return result


@transaction.atomic
def correct_preference(*, submission: Submission, preference: str, holds: bool, on: date) -> Result:
    """Take away a preference that the firm was read to have, or put it back; the result is computed again.

    What changes nothing, or is no preference of its text, is not recorded.
    """
    submission = Submission.objects.locked(submission.pk)
    standing, removed = preferences_of(submission)
    if preference not in {one.key for one in (removed if holds else standing)}:
        return latest_result(submission, on=on)
    reopen_on_event(submission)
    submission.preference_corrections.create(preference=preference, holds=holds, made_at=timezone.now())
    return compute_result(submission=submission, on=on)


def _changes(change: str, need: Need | None, known: NeedCorrection | None) -> bool:
    if change == Change.REMOVED:
        return need is not None
    if change == Change.ADDED:
        return need is None or not need.is_certain
    return known is not None


@dataclass(frozen=True, slots=True)
class Understanding:
    """The needs of a submission, each with the correction that made it, and those that officers removed."""

    needs: list[tuple[Need, NeedCorrection | None]]
    removed: list[NeedCorrection]

    @property
    def sure(self) -> list[tuple[Need, NeedCorrection | None]]:
        """The needs that are more than a hint; where there are none, the likeliest one."""
        return [row for row in self.needs if not row[0].is_hint] or self.needs[:1]

    @property
    def hints(self) -> list[tuple[Need, NeedCorrection | None]]:
        return [row for row in self.needs if row not in self.sure]


def understanding_of(submission: Submission) -> Understanding:
    """Return what was understood of a submission; what the firm ticked again is not removed any more."""
    needs = list(submission.needs.select_related("sub_need"))
    corrections = _standing_corrections(submission) if may_have(submission, NEED_CORRECTIONS) else {}
    added = {key: row for key, row in corrections.items() if row.change == Change.ADDED}
    kept = {need.sub_need_id for need in needs}
    return Understanding(
        needs=[(need, added.get(need.sub_need_id)) for need in needs],
        removed=[row for key, row in corrections.items() if key not in added and key not in kept],
    )


def _standing_corrections(submission: Submission) -> dict[str, NeedCorrection]:
    rows = submission.need_corrections.standing().select_related("sub_need", "officer")
    return {row.sub_need_id: row for row in rows}
