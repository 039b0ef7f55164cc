"""Whether a file is read before its schemes are e-mailed: what was decided by need, and what that would have done.

By default all are read (ADR 49). The strictest need of a file decides for it.
"""

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from backend.accounts.models import User
from backend.accounts.rights import check_leads_territory
from backend.matchmaking import engine
from backend.matchmaking.decisions import Decision, told_decisions
from backend.matchmaking.first_five import shown_first
from backend.matchmaking.models import (
    Match,
    NeedCorrection,
    Reply,
    Result,
    Review,
    ReviewEnd,
    ReviewPolicy,
    Submission,
)
from backend.matchmaking.said_needs import say_back
from backend.matchmaking.standing import Standing, standing
from backend.matchmaking.usefulness import N_CARDS
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.models import Revision, SubNeed, TaxonomyNeed

Mode = ReviewPolicy.Mode
ONE_IN = 10  # files that are drawn to be read first
PERIOD = timedelta(days=90)
LIKELY = frozenset({Standing.ELIGIBLE, Standing.LIKELY})
AT_CONFIRMATION = timedelta(minutes=1)  # an answer computed then is the one that its receipt speaks of

type Policies = Mapping[str, ReviewPolicy]


class PolicyError(ValueError):
    """A choice that cannot be made, with a sentence for the territory lead."""


def policies_in_force() -> dict[str, ReviewPolicy]:
    """Return the last choice of each need that has one, by need."""
    rows = ReviewPolicy.objects.order_by("need_id", "-set_at", "-pk").distinct("need_id")
    return {row.need_id: row for row in rows.select_related("need", "set_by")}


@transaction.atomic
def set_policy(
    *, user: User, need: TaxonomyNeed, mode: str, least: int | None, instead_of: int | None
) -> ReviewPolicy:
    """Decide for a need, in place of the choice that was read before; files that left stay as they are.

    Raises ``PolicyError`` where it is in force already, or where another choice was made meanwhile.
    """
    check_leads_territory(user)
    TaxonomyNeed.objects.select_for_update().get(pk=need.pk)
    current = policies_in_force().get(need.pk)
    if (current.pk if current else None) != instead_of:
        raise PolicyError("Quelqu’un a changé ce choix entre-temps : relisez-le, puis décidez.")
    if (current.mode, current.least) == (mode, least) if current else mode == Mode.READ:
        raise PolicyError("C’est déjà ce qui est décidé pour ce besoin.")
    return ReviewPolicy.objects.create(need=need, mode=mode, least=least, set_by=user, set_at=timezone.now())


# -- what a file is


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a policy reads of an answer."""

    needs: frozenset[str]  # families of those that are said back; a need that is read with hardly a chance is none
    certainty: float  # of the least certain of its needs, in [0, 1]; one that was ticked is certain
    is_likely: bool  # whether the schemes read first are all *Éligible* or *Très probable*; there is one at least
    shown: frozenset[int]  # schemes that are read first


def judge(result: Result) -> Judged:
    """Read what a policy asks of an answer, as its firm reads it: without what was decided away from it."""
    families = dict(SubNeed.objects.values_list("key", "need"))
    return _judge(result, families, told_decisions(result.submission))


def _judge(result: Result, families: Mapping[str, str], decided: Mapping[int, Decision]) -> Judged:
    shown = shown_first(result, decided)
    first = [match for match in result.ranked_with(shown) if match.scheme_id in shown]
    revisions = read_revisions({match.revision_id for match in first})
    words = {standing(match, revisions[match.revision_id]) for match in first}
    said = say_back(result.reply, result.probabilities, result.served, engine.weights_of(result.weights))
    chances = {key: result.probabilities.get(key, 0.0) for key in (*said.sure, *said.doubtful, *said.unserved)}
    chances |= dict.fromkeys(result.ticked, 1.0)
    return Judged(
        needs=frozenset(families[key] for key in chances if key in families),
        certainty=min(chances.values(), default=0.0),
        is_likely=result.reply == Reply.ANSWERED and bool(words) and words <= LIKELY,
        shown=shown,
    )


def policy_for(judged: Judged, policies: Policies) -> ReviewPolicy | None:
    """Return the strictest policy of the needs of a file, where it lets the file leave unread."""
    found = [policies.get(need) for need in judged.needs]
    if not found or not judged.is_likely:
        return None
    allowed = [policy for policy in found if policy is not None and policy.is_auto]
    if len(allowed) < len(found):
        return None
    least = max(policy.least or 100 for policy in allowed)
    if judged.certainty * 100 < least:
        return None
    return max(allowed, key=lambda policy: (policy.mode == Mode.SAMPLED, policy.least or 0))


# -- a file that arrives


def let_leave(submission: Submission, result: Result) -> None:
    """Note on a file that was just confirmed by which policy its schemes leave unread; one in ten may be drawn."""
    policies = policies_in_force()
    if not any(policy.is_auto for policy in policies.values()) or _was_taken_up(submission):
        return
    policy = policy_for(judge(result), policies)
    if policy is None or (policy.mode == Mode.SAMPLED and secrets.randbelow(ONE_IN) == 0):
        return
    submission.unread_by = policy
    submission.save(update_fields=["unread_by"])


def _was_taken_up(submission: Submission) -> bool:
    """Tell whether an officer decided on a file, or answered it: what leaves of it was read."""
    return submission.reviews.exists() or submission.review_ends.exists()


def judge_again(submission: Submission, result: Result) -> None:
    """Put a corrected file that left unread back to be read, unless it was answered or would leave today as well."""
    if submission.unread_by_id is None or submission.first_answered_at:
        return
    if policy_for(judge(result), policies_in_force()) is None:
        submission.unread_by = None
        submission.save(update_fields=["unread_by"])


def schemes_unread(submission: Submission, result: Result) -> list[tuple[Revision, str]]:
    """Return the schemes that the receipt of a file names, each with its word: none of one that is, or was, read."""
    if submission.unread_by_id is None or submission.review_ends.exists():
        return []
    judged = judge(result)
    if not judged.is_likely:
        return []
    first = [match for match in result.ranked_with(judged.shown) if match.scheme_id in judged.shown]
    revisions = read_revisions({match.revision_id for match in first})
    found = [(revisions[match.revision_id], match) for match in first]
    return [(revision, str(standing(match, revision).label)) for revision, match in found]


# -- what it would have done


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A file that was confirmed lately: what a policy reads of it, and what came of reading it."""

    judged: Judged
    was_read: bool  # its first review ended
    was_changed: bool  # the officer set one of those read first aside, kept another one, or corrected a need


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How often reading files changed what their firms were told."""

    n_files: int
    n_read: int
    n_changed: int


def arrived_lately(*, on: date) -> list[Arrived]:
    """Return the files of the territory that were confirmed in the last ninety days, by a fixed number of queries."""
    newest = Result.objects.filter(
        submission=OuterRef("pk"), computed_at__lte=OuterRef("confirmed_at") + AT_CONFIRMATION
    )
    files = Submission.objects.confirmed().filter(confirmed_at__date__gt=on - PERIOD)
    answers = dict(
        files.annotate(answer=Subquery(newest.order_by("-computed_at", "-pk").values("pk")[:1]))
        .exclude(answer=None)
        .values_list("pk", "answer")
    )
    results = Result.objects.select_related("weights").in_bulk(list(answers.values()))
    for key, rows in _read_first(results).items():
        results[key].ranked = rows
    families = dict(SubNeed.objects.values_list("key", "need"))
    judged = {file: _judge(results[answer], families, {}) for file, answer in answers.items()}
    read = _first_ends(answers)
    changed = _changed({file: judged[file].shown for file in read}, read)
    return [Arrived(judged=one, was_read=file in read, was_changed=file in changed) for file, one in judged.items()]


def _read_first(results: Iterable[int]) -> dict[int, list[Match]]:
    """Return the first matches of each result, of which its firm reads some first where nothing is decided.

    And the one that shares most words with its text, wherever it stands: whether one was read shows there.
    """
    by_rank = Window(RowNumber(), partition_by=[F("result"), F("guide")], order_by=F("rank").asc())
    by_words = Window(RowNumber(), partition_by=F("result"), order_by=F("parts__words").desc(nulls_last=True))
    rows = Match.objects.answering().filter(result__in=list(results)).annotate(by_rank=by_rank, by_words=by_words)
    rows = rows.filter(Q(guide=False, by_rank__lte=N_CARDS) | Q(by_words=1))
    found = defaultdict[int, list[Match]](list, {key: [] for key in results})
    for match in rows.order_by("result_id", "rank"):
        found[match.result_id].append(match)
    return found


def _first_ends(files: Collection[int]) -> dict[int, ReviewEnd]:
    stood = ReviewEnd.objects.filter(ended_at__gte=F("submission__first_answered_at"))
    rows = stood.filter(submission__in=list(files)).order_by("submission_id", "ended_at")
    return {end.submission_id: end for end in rows.distinct("submission_id")}


def _changed(shown: Mapping[int, frozenset[int]], ends: Mapping[int, ReviewEnd]) -> set[int]:
    """Return the files of which the first review changed what their firms read."""
    corrected = NeedCorrection.objects.filter(submission__in=list(ends), officer__isnull=False)
    found = {file for file, at in corrected.values_list("submission", "made_at") if at <= ends[file].ended_at}
    last: dict[tuple[int, int], str] = {}
    reviews = Review.objects.filter(submission__in=list(ends)).order_by("decided_at", "pk")
    for file, scheme, verdict, at in reviews.values_list("submission", "scheme", "verdict", "decided_at"):
        if at <= ends[file].ended_at:
            last[file, scheme] = verdict
    for (file, scheme), verdict in last.items():
        is_first = scheme in shown[file]
        if (verdict == Review.Verdict.REJECTED and is_first) or (verdict == Review.Verdict.KEPT and not is_first):
            found.add(file)
    return found


def reading_of_need(arrived: Iterable[Arrived], need: str) -> Reading:
    """Count the files of a need, and how often reading one changed it."""
    return _count(file for file in arrived if need in file.judged.needs)


def would_leave(arrived: Iterable[Arrived], need: str, policies: Policies) -> Reading:
    """Count the files of a need that some policies would have let leave unread, before one in ten is drawn."""
    return _count(
        file for file in arrived if need in file.judged.needs and policy_for(file.judged, policies) is not None
    )


def _count(files: Iterable[Arrived]) -> Reading:
    files = list(files)
    read = [file for file in files if file.was_read]
    return Reading(n_files=len(files), n_read=len(read), n_changed=sum(file.was_changed for file in read))
