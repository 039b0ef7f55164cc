"""Who waits for a scheme, and what is decided for several files at once, by the services that decide on one."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from backend.accounts.models import User
from backend.matchmaking.follow_up import write_note
from backend.matchmaking.models import Match, Note, Result, Review, Submission
from backend.matchmaking.reviews import Because, ReviewError, end_review, keep_scheme, set_aside
from backend.matchmaking.services import may_decide
from backend.matchmaking.standing import Standing, standing
from backend.schemes import wording
from backend.schemes.kept import read_revisions
from backend.schemes.models import Scheme

# Reasons that are the scheme's and may hold for several firms; the others are each firm's own.
SHARED_REASONS = (Review.Reason.DEADLINE_TOO_CLOSE, Review.Reason.NOT_WORTH_IT, Review.Reason.OTHER)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file whose newest result offers a scheme, as a list shows it."""

    submission: Submission
    standing: Standing
    deadline: str
    is_kept: bool


def matches_waiting_for(scheme: Scheme, *, user: User) -> Any:
    """Return what the newest results of the open files that someone may open say of a scheme, where it is possible.

    Longest waiting first. Where it was set aside, the file does not wait for it.
    """
    files = Submission.objects.visible_to(user).still_open().order_by().values("pk")
    newest = Result.objects.filter(submission=OuterRef("result__submission")).order_by("-computed_at", "-pk")
    reviews = Review.objects.filter(submission=OuterRef("result__submission"), scheme=scheme)
    last = reviews.order_by("-decided_at", "-pk").values("verdict")
    found: Any = Match.objects.answering().filter(scheme=scheme, result__submission__in=files)
    found = found.filter(result=Subquery(newest.values("pk")[:1])).annotate(decided=Subquery(last[:1]))
    found = found.filter(Q(decided=None) | ~Q(decided=Review.Verdict.REJECTED))
    return found.order_by("result__submission__filed_at", "pk")


def rows_of(matches: Iterable[Any], *, on: date) -> list[Waiting]:
    """Return some matches, with what ``matches_waiting_for`` adds to them, as a list shows them."""
    matches = list(matches)
    revisions = read_revisions({match.revision_id for match in matches})
    return [
        Waiting(
            submission=match.result.submission,
            standing=standing(match, revisions[match.revision_id]),
            deadline=wording.deadline(revisions[match.revision_id], on=on),
            is_kept=match.decided == Review.Verdict.KEPT,
        )
        for match in matches
    ]


@transaction.atomic
def decide_for_several(
    *, submissions: Collection[Submission], scheme: Scheme, officer: User, because: Because | None, on: date
) -> int:
    """Keep a scheme for several files, or set it aside for one reason; return for how many.

    Files that are closed, whose review has ended or that are others' to decide stay as they are. Raises
    ``ReviewError`` where the reason is one of each firm's own, or lacks what it asks for: nothing is decided then.
    """
    if because and because.reason not in SHARED_REASONS:
        raise ReviewError(
            "Pour plusieurs dossiers, choisissez une raison de la liste\N{NO-BREAK SPACE}: elle vaut pour tous."
        )
    files = [file for file in submissions if _is_to_decide(file, officer)]
    for file in files:
        if because:
            set_aside(submission=file, scheme=scheme, officer=officer, because=because, on=on)
        else:
            keep_scheme(submission=file, scheme=scheme, officer=officer, on=on)
    return len(files)


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a word to several firms."""

    n_emails: int  # reviews ended, each with its one e-mail
    n_notes: int  # whose review had ended: the word stands on their page
    n_left: int


@transaction.atomic
def write_to_several(*, submissions: Collection[Submission], officer: User, message: str, on: date) -> Written:
    """End the reviews of several files with one word, an e-mail each; where one has ended, leave the word as a note.

    No address is written to twice: of two files of one, the first is answered. Raises ``ReviewError`` without a word.
    """
    if not message.strip():
        raise ReviewError("Écrivez le mot que ces entreprises liront.")
    n_emails, n_notes, written = 0, 0, set[str]()
    for file in submissions:
        address = file.contact.email.casefold()
        if address in written or file.closed_at or not may_decide(officer=officer, submission=file):
            continue
        written.add(address)
        if file.reviewed_at:
            write_note(submission=file, author=officer, audience=Note.Audience.FIRM, text=message)
            n_notes += 1
        else:
            end_review(submission=file, officer=officer, on=on, message=message)
            n_emails += 1
    return Written(n_emails, n_notes, len(submissions) - n_emails - n_notes)


def _is_to_decide(submission: Submission, officer: User) -> bool:
    is_open = submission.closed_at is None and submission.reviewed_at is None
    return is_open and may_decide(officer=officer, submission=submission)
