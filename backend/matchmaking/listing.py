"""Every scheme of a result, to search: what answers the firm, all that is open to it, or why not this one."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.common.text import fold
from backend.matchmaking.decisions import is_set_aside, told_decisions
from backend.matchmaking.models import Match, Result, Submission
from backend.matchmaking.standing import Standing, standing
from backend.schemes.catalogue.revision_cache import read_revisions
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
    """Return the schemes of a result in order, what was set aside left out; narrowed as :func:`narrowed` says."""
    reviews = told_decisions(submission)
    matches = [match for match in result.matches.all() if not is_set_aside(reviews.get(match.scheme_id))]
    return narrowed(matches, scope=scope, words=words, word=word)


def narrowed(matches: Iterable[Match], *, scope: Scope, words: str, word: str) -> list[Row]:
    """Return some schemes in the order they come in.

    Parameters
    ----------
    words : str
        That must all stand in the name, whatever their accents and capitals; empty: any name.
    word : str
        A value of ``Standing``; empty: any.
    """
    matches = [match for match in matches if _is_in(match, scope)]
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


def _is_in(match: Match, scope: Scope) -> bool:
    if scope == Scope.ALL:
        return True
    return match.is_possible and (scope == Scope.OPEN or match.addresses)
