"""Every scheme of a result, to search: what answers the firm, all that is open to it, or why not this one."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.common.text import fold
from backend.matchmaking.models import Match, Result, Submission
from backend.matchmaking.presentation import is_set_aside
from backend.matchmaking.reviews import told_decisions
from backend.matchmaking.standing import Standing, standing
from backend.schemes.kept import read_revisions
from backend.schemes.models import Revision


class Scope(models.TextChoices):
    """Which schemes are listed."""

    NEED = "besoin", _("Ce qui répond à votre demande")
    OPEN = "ouverts", _("Tout ce qui vous est ouvert")
    ALL = "tout", _("Tout le catalogue")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A scheme, and where it stands for the firm."""

    match: Match
    revision: Revision
    standing: Standing


def rows_of(submission: Submission, result: Result, *, scope: Scope, words: str, word: str) -> list[Row]:
    """Return the schemes of a result in order, what was set aside left out.

    Parameters
    ----------
    words : str
        That must all stand in the name, whatever their accents and capitals; empty: any name.
    word : str
        A value of ``Standing``; empty: any.
    """
    reviews = told_decisions(submission)
    matches = [match for match in _matches(result, scope) if not is_set_aside(reviews.get(match.scheme_id))]
    revisions = read_revisions([match.revision_id for match in matches])
    wanted = fold(words).split()
    rows = (
        Row(match=match, revision=revision, standing=standing(match, revision))
        for match in matches
        for revision in (revisions[match.revision_id],)
    )
    return [
        row
        for row in rows
        if (not word or row.standing == word) and all(part in fold(row.revision.name) for part in wanted)
    ]


def _matches(result: Result, scope: Scope) -> models.QuerySet[Match]:
    if scope == Scope.ALL:
        return result.matches.all()
    return result.matches.possible() if scope == Scope.OPEN else result.matches.answering()
