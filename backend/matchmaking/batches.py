"""Who waits for a scheme, and what is decided for several files at once, by the services that decide on one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery

from backend.accounts.models import User
from backend.matchmaking.follow_up import write_note
from backend.matchmaking.in_charge import may_decide
from backend.matchmaking.models import Match, Note, Result, Review, Submission
from backend.matchmaking.reviews import (
    Because,
    ReviewError,
    end_review,
    end_with_nothing,
    keep_scheme,
    reopen_review,
    set_aside,
)
from backend.matchmaking.standing import Standing, standing
from backend.matchmaking.states import taken_away
from backend.schemes.catalogue import revision_wording
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.models import Scheme

FILE = "result__submission"
# Reasons that are the scheme's and may hold for several firms; the others are each firm's own.
SHARED_REASONS = (Review.Reason.DEADLINE_TOO_CLOSE, Review.Reason.NOT_WORTH_IT, Review.Reason.OTHER)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file whose newest result offers a scheme, as a list shows it."""

    submission: Submission
    standing: Standing
    presumed: bool  # whether something of the firm is, which the standing may rest on
    deadline: str
    is_kept: bool


def matches_waiting_for(scheme: Scheme, *, user: User) -> Any:
    """Return what the newest results of the open files that someone may open say of a scheme, where it is possible.

    Those whose review has not ended first, then the longest waiting. Where it was set aside, or what was said since
    takes it away, the file does not wait for it.
    """
    open_files = Submission.objects.visible_to(user).still_open().order_by()
    files = open_files.values("pk")
    newest = Result.objects.filter(submission=OuterRef("result__submission")).order_by("-computed_at", "-pk")
    reviews = Review.objects.filter(submission=OuterRef("result__submission"), scheme=scheme)
    last = reviews.order_by("-decided_at", "-pk").values("verdict")
    found: Any = Match.objects.answering().filter(scheme=scheme, result__submission__in=files)
    found = found.filter(result=Subquery(newest.values("pk")[:1])).annotate(decided=Subquery(last[:1]))
    found = found.filter(Q(decided=None) | ~Q(decided=Review.Verdict.REJECTED))
    found = found.exclude(result__submission__in=taken_away(scheme, files=open_files))
    found = found.alias(is_read=Q(result__submission__reviewed_at__isnull=False))
    return found.order_by("is_read", "result__submission__filed_at", "pk")


def rows_of(matches: Iterable[Any], *, on: date) -> list[Waiting]:
    """Return some matches, with what ``matches_waiting_for`` adds to them, as a list shows them."""
    matches = list(matches)
    revisions = read_revisions({match.revision_id for match in matches})
    return [
        Waiting(
            submission=match.result.submission,
            standing=standing(match, revisions[match.revision_id]),
            presumed=bool(match.presumed),
            deadline=revision_wording.deadline(revisions[match.revision_id], on=on),
            is_kept=match.decided == Review.Verdict.KEPT,
        )
        for match in matches
    ]


@transaction.atomic
def decide_for_several(
    *, submissions: Collection[Submission], scheme: Scheme, officer: User, because: Because | None, on: date
) -> list[Submission]:
    """Keep a scheme for several files, or set it aside for one reason; return those for which it was done.

    Files that do not wait for it any more, whose review has ended, that are others' to decide or that it was kept for
    already stay as they are. Raises
    ``ReviewError`` where the reason is one of each firm's own, or lacks what it asks for: nothing is decided then.
    """
    if because and because.reason not in SHARED_REASONS:
        raise ReviewError(
            "Pour plusieurs dossiers, choisissez une raison de la liste\N{NO-BREAK SPACE}: elle vaut pour tous."
        )
    done = []
    for file, is_kept in _lock_waiting(submissions, scheme, officer):
        if file.reviewed_at or (is_kept and not because):
            continue
        if because:
            set_aside(submission=file, scheme=scheme, officer=officer, because=because, on=on)
        else:
            keep_scheme(submission=file, scheme=scheme, officer=officer, on=on)
        done.append(file)
    return done


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a word to several firms."""

    ended: list[Submission]  # whose review ended, each with its one e-mail
    noted: list[Submission]  # whose review had ended: the word stands on their page


@transaction.atomic
def write_to_several(
    *, submissions: Collection[Submission], scheme: Scheme, officer: User, message: str, on: date
) -> Written:
    """End the reviews of several files with one word, an e-mail each; where one has ended, leave the word as a note.

    Files that do not wait for the scheme any more, or that are others' to decide, stay as they are. No address is
    written to twice about a firm: of two files of one, the first is answered. The e-mails take their turns among
    alerts and surveys. Raises ``ReviewError`` without a word.
    """
    if not message.strip():
        raise ReviewError("Écrivez le mot que ces entreprises liront.")
    said, answered = Written([], []), dict[tuple[str, str], Submission]()
    for file, _is_kept in _lock_waiting(submissions, scheme, officer):
        answered.setdefault((file.firm, file.contact.email.casefold()), file)
    # Their turns are held until the end: all officers take them in one order, or two would wait for each other.
    for _reader, file in sorted(answered.items(), key=itemgetter(0)):
        if file.reviewed_at:
            write_note(submission=file, author=officer, audience=Note.Audience.FIRM, text=message, by_email=False)
            said.noted.append(file)
        else:
            end_review(submission=file, officer=officer, on=on, message=message, takes_turn=True)
            said.ended.append(file)
    return said


def _lock_waiting(
    submissions: Collection[Submission], scheme: Scheme, officer: User
) -> Iterable[tuple[Submission, bool]]:
    """Lock some files; return those that still wait for a scheme and are someone's to decide, the longest first.

    Beside each, whether the scheme is kept. What a colleague or the firm did meanwhile is seen.
    """
    keys = [file.pk for file in submissions]
    rows = Submission.objects.filter(pk__in=keys).select_for_update(of=("self",)).order_by("pk")
    locked = {file.pk: file for file in rows.select_related("contact")}
    waiting = matches_waiting_for(scheme, user=officer).filter(result__submission__in=locked)
    found = [(locked[pk], verdict == Review.Verdict.KEPT) for pk, verdict in waiting.values_list(FILE, "decided")]
    return [(file, is_kept) for file, is_kept in found if may_decide(officer=officer, submission=file)]


# -- nothing to propose

NOT_YOURS = "Ce dossier n’est pas, ou plus, à relire par vous."


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of some files: those that were done, and why each of the others stays as it is."""

    done: list[Submission]
    refused: dict[int, str]  # by file


def end_several_with_nothing(
    *, submissions: Collection[Submission], words: Mapping[int, str], officer: User, on: date
) -> Ended:
    """End the review of each file of which nothing is kept, with its own word where ``words`` has one for it.

    Each is a transaction of its own: one that is refused leaves the others done. The e-mails take their turns.
    """
    ended = Ended([], {})
    for file in submissions:
        try:
            end_with_nothing(
                submission=file,
                officer=officer,
                on=on,
                message=words.get(file.pk, ""),
                takes_turn=len(submissions) > 1,
            )
        except ReviewError as error:
            ended.refused[file.pk] = str(error)
        except PermissionDenied:
            ended.refused[file.pk] = NOT_YOURS
        else:
            ended.done.append(file)
    return ended


def reopen_several(*, submissions: Collection[Submission], officer: User) -> list[Submission]:
    """Open again the reviews that an officer ended, each in a transaction of its own; return those files.

    What a colleague did since, or who is not in charge any more, stays as it is.
    """
    done = []
    for file in submissions:
        with transaction.atomic():
            held = Submission.objects.still_open().reviewed().filter(pk=file.pk, erased_at=None, reviewed_by=officer)
            if held.select_for_update(of=("self",)).exists() and may_decide(officer=officer, submission=file):
                reopen_review(submission=file, officer=officer)
                done.append(file)
    return done
