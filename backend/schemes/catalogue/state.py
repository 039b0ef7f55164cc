"""What an answer on the catalogue depends on, as a short digest: computed in few cheap queries, before it is laid out.

A tag is right when whatever changes an answer changes it. Answers come from rows, from the day and from the code.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

from backend.schemes.models import (
    Criterion,
    Operator,
    OperatorRole,
    Quote,
    Relation,
    Revision,
    Scheme,
    ServedNeed,
    Source,
    SubNeed,
    TaxonomyNeed,
)
from backend.territories.services import geography_state

# The tables an answer on schemes reads, and how the rows of the revisions in force are found in each.
_BY_REVISION: tuple[tuple[type[Model], str], ...] = (
    (Scheme, "current_id"),
    (Revision, "id"),
    (Criterion, "revision_id"),
    (Source, "revision_id"),
    (ServedNeed, "revision_id"),
    (OperatorRole, "revision_id"),
    (Relation, "revision_id"),
)
_WHOLE: tuple[type[Model], ...] = (Operator, TaxonomyNeed, SubNeed)


def catalogue_state(schemes: QuerySet[Scheme]) -> str:
    """Digest everything an answer on some schemes, as they are in force, or on needs may say."""
    revisions = list(schemes.order_by("pk").values_list("current", flat=True))
    return digest([_rows(revisions), geography_state(), _geography_in_memory()])


def quotes_state() -> str:
    """Digest what was found of the sentences that sheets quote: pages of sheets say it, and no other answer does."""
    return _digested([_part(Quote, "")])


def _rows(revisions: list[Any]) -> str:
    parts = [_part(model, f"WHERE r.{column} = ANY(%(revisions)s)") for model, column in _BY_REVISION]
    return _digested([*parts, *(_part(model, "") for model in _WHOLE)], revisions)


def _digested(parts: list[str], revisions: Sequence[Any] = ()) -> str:
    """Digest whole rows in the database itself: one query, whatever a column is called and whoever wrote it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT concat_ws('/', {', '.join(parts)})", {"revisions": list(revisions)})
        return str(cursor.fetchone()[0])


def _part(model: type[Model], condition: str) -> str:
    table, key = model._meta.db_table, model._meta.pk.column
    # Names of our own tables only; the values are parameters.
    return f"(SELECT md5(string_agg(md5(r::text), '' ORDER BY r.{key})) FROM {table} r {condition})"  # noqa: S608


@lru_cache(maxsize=1)
def _geography_in_memory() -> str:
    """The same when this process started to answer: the names in the sentences stay in its memory since then."""
    return geography_state()


def digest(parts: Iterable[str]) -> str:
    """Return one short text for several, that differs where one of them does."""
    return sha256("\n".join(parts).encode(errors="backslashreplace")).hexdigest()
