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

# The append-only rows of a revision: how many there are, and the last, tell them apart.
_PARTS: tuple[type[Model], ...] = (Criterion, Source, ServedNeed, OperatorRole, Relation)
_WHOLE: tuple[type[Model], ...] = (Operator, TaxonomyNeed, SubNeed)


def catalogue_state(schemes: QuerySet[Scheme]) -> str:
    """Digest everything an answer on some schemes, as they are in force, or on needs may say."""
    revisions = list(schemes.order_by("pk").values_list("current", flat=True))
    return digest([_rows(revisions), geography_state(), _geography_in_memory()])


def quotes_state() -> str:
    """Digest what was found of the sentences that sheets quote: pages of sheets say it, and no other answer does."""
    return _digested([_part(Quote, "")])


def _rows(revisions: list[Any]) -> str:
    revision = Revision._meta.db_table
    parts = [
        _part(Scheme, "WHERE r.current_id = ANY(%(revisions)s)"),
        # By what they say too: another database may have other revisions at the same numbers.
        f"(SELECT md5(string_agg(concat_ws(' ', id, digest, recorded_at), '' ORDER BY id)) FROM {revision}"  # noqa: S608
        " WHERE id = ANY(%(revisions)s))",
        *map(_count, _PARTS),
        *(_part(model, "") for model in _WHOLE),
    ]
    return _digested(parts, revisions)


def _digested(parts: list[str], revisions: Sequence[Any] = ()) -> str:
    """Digest whole rows in the database itself: one query, whatever a column is called and whoever wrote it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT concat_ws('/', {', '.join(parts)})", {"revisions": list(revisions)})
        return str(cursor.fetchone()[0])


def _part(model: type[Model], condition: str) -> str:
    table, key = model._meta.db_table, model._meta.pk.column
    # Names of our own tables only; the values are parameters.
    return f"(SELECT md5(string_agg(md5(r::text), '' ORDER BY r.{key})) FROM {table} r {condition})"  # noqa: S608


def _count(model: type[Model]) -> str:
    table = model._meta.db_table
    return f"(SELECT concat_ws(' ', count(*), max(id)) FROM {table} WHERE revision_id = ANY(%(revisions)s))"  # noqa: S608


@lru_cache(maxsize=1)
def _geography_in_memory() -> str:
    """The same when this process started to answer: the names in the sentences stay in its memory since then."""
    return geography_state()


def digest(parts: Iterable[str]) -> str:
    """Return one short text for several, that differs where one of them does."""
    return sha256("\n".join(parts).encode(errors="backslashreplace")).hexdigest()
