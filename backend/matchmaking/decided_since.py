"""Optimistic locking of reviews: a write from a page that is older than a colleague's review is a conflict."""

from django.db.models import Max

from backend.accounts.models import User
from backend.matchmaking.models import Review, Submission
from backend.schemes.models import Scheme

DECIDED = {
    Review.Verdict.KEPT: "{who} a retenu {what}",
    Review.Verdict.REJECTED: "{who} a écarté {what}",
    Review.Verdict.WITHDRAWN: "{who} a retiré l’avis sur {what}",
    Review.Verdict.REFERRED: "{who} a transmis le dossier",
}


def last_review(submission: Submission) -> int:
    """Return the key of the last review of a file, 0 where there is none: what its pages give back as ``seen``."""
    found: int | None = submission.reviews.aggregate(last=Max("pk"))["last"]
    return found or 0


def decided_since(submission: Submission, *, officer: User, seen: int, scheme: Scheme | None = None) -> str:
    """Return a sentence that names what colleagues decided after the review ``seen``, on one scheme or any; or "".

    Of each scheme it names the latest review. Call it with the file's row locked.
    """
    others = submission.reviews.filter(pk__gt=seen).exclude(officer=officer)
    if scheme:
        others = others.filter(scheme=scheme)
    rows = others.select_related("officer", "scheme__current").order_by("pk")
    last = {review.scheme_id: review for review in rows}.values()
    told = ", ".join(
        DECIDED[Review.Verdict(review.verdict)].format(who=review.officer, what=f"« {review.scheme} »")
        for review in last
    )
    return f"{told} depuis que vous avez ouvert cette page. Relisez, puis recommencez." if told else ""
