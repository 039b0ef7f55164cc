"""The one e-mail that answers a firm at the end of a review, and what it says was decided."""

from typing import Any

from backend.matchmaking.emails import context_of, organisation_in_charge
from backend.matchmaking.models import Result, Review, ReviewEnd, Submission
from backend.matchmaking.states import states_of
from backend.notifications.frequency_cap import Turn
from backend.notifications.models import Notification
from backend.notifications.placeholders import take_out_links
from backend.notifications.rendering import render
from backend.notifications.services import Message, enqueue_email


def enqueue_reviewed(submission: Submission, end: ReviewEnd, *, turn: Turn | None = None) -> None:
    """Tell a firm that its file was reviewed; an address that is not confirmed is told once it is.

    What it was told word for word already, and nothing changed since, does not leave again.
    """
    if submission.confirmed_at is None:
        return
    kept, rejected = decided_reviews(submission)
    context = {
        **context_of(submission),
        "officer": end.officer,
        "organisation": organisation_in_charge(submission),
        "message": end.message,
        "kept": kept,
        "n_rejected": len(rejected),
    }
    message = render("reviewed", context)
    if _is_told_already(submission, end, message):
        return
    enqueue_email(
        kind="reviewed",
        key=end.email_key,
        recipient=submission.contact.email,
        message=message,
        about=(submission.topic,),
        reply_to=end.officer.email,
        turn=turn,
    )


def answer_end(submission: Submission) -> ReviewEnd | None:
    """Return the end of the review that a firm reads as its answer; none while it waits for one."""
    return submission.review_ends.select_related("officer").first() if submission.has_answer else None


def previous_message(submission: Submission) -> str:
    """Return the message of a review that is taken up again, as its firm still reads it."""
    end = None if submission.reviewed_at else answer_end(submission)
    return end.message if end else ""


def _is_told_already(submission: Submission, end: ReviewEnd, message: Message) -> bool:
    """Tell whether the answer before this one left with the same words, and nobody decided or said anything since."""
    before = submission.review_ends.exclude(pk=end.pk).select_related("result").first()
    left = Notification.objects.about(submission.topic).filter(
        kind="reviewed",
        recipient=submission.contact.email,
        state__in=(Notification.State.CLAIMED, Notification.State.SENT),
    )
    last = left.order_by("-owed_at", "-pk").first() if before else None
    return (
        before is not None
        and last is not None
        and (last.subject, last.text) == (message.subject, take_out_links(message.text)[0])
        and _content(before.result) == _content(end.result)
        and not submission.reviews.filter(decided_at__gt=before.ended_at).exists()
    )


def _content(result: Result) -> tuple[Any, ...]:
    """Return what a firm may have changed in its answer: its facts, and what answers its needs."""
    return result.facts, sorted(result.matches.answering().values_list("scheme", "typed"))


def decided_reviews(submission: Submission) -> tuple[list[Review], list[Review]]:
    """Return the reviews that keep a scheme for a firm, and those that set one aside.

    What was said since may take a kept one away: it is in neither.
    """
    reviews = [review for review in submission.reviews.latest_by_scheme().values() if review.is_decided]
    away = {scheme for scheme, state in states_of(submission, told=False).own.items() if state.takes_away}
    kept = [one for one in reviews if one.verdict == Review.Verdict.KEPT and one.scheme_id not in away]
    return kept, [one for one in reviews if one.verdict == Review.Verdict.REJECTED]
