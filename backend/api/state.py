"""What an answer depends on, as a short digest: computed in few cheap queries, before anything is laid out.

A tag is right when whatever changes an answer changes it. Answers come from rows, from the day and from the code.
"""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Model
from rest_framework.request import Request

from backend.common.days import current_day
from backend.schemes.models import (
    Criterion,
    Operator,
    OperatorRole,
    Relation,
    Revision,
    Scheme,
    ServedNeed,
    Source,
    SubNeed,
    TaxonomyNeed,
)
from backend.territories.models import LoadedFixture

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


def catalogue_state() -> str:
    """Digest everything an answer on published schemes or on needs may say."""
    revisions = list(Scheme.objects.of_source(Scheme.OWN).published().order_by("pk").values_list("current", flat=True))
    return _digest([_rows(revisions), geography_state(), _geography_in_memory()])


def _rows(revisions: list[Any]) -> str:
    """Digest whole rows in the database itself: one query, whatever a column is called and whoever wrote it."""
    parts = [_part(model, f"WHERE r.{column} = ANY(%(revisions)s)") for model, column in _BY_REVISION]
    parts += [_part(model, "") for model in _WHOLE]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT concat_ws('/', {', '.join(parts)})", {"revisions": revisions})
        return str(cursor.fetchone()[0])


def _part(model: type[Model], condition: str) -> str:
    table, key = model._meta.db_table, model._meta.pk.column
    # Names of our own tables only; the values are parameters.
    return f"(SELECT md5(string_agg(md5(r::text), '' ORDER BY r.{key})) FROM {table} r {condition})"  # noqa: S608


def geography_state() -> str:
    """Digest what was loaded last: perimeters and nomenclatures are written by that alone, all rows at once."""
    return _digest(f"{name} {digest}" for name, digest in LoadedFixture.objects.order_by("name").values_list())


@lru_cache(maxsize=1)
def _geography_in_memory() -> str:
    """The same when this process started to answer: the names in the sentences stay in its memory since then."""
    return geography_state()


@lru_cache(maxsize=1)
def code_state() -> str:
    """Digest the code and the libraries it is locked to: a release may write the same rows otherwise."""
    found = sha256()
    for path in sorted(_sources()):
        found.update(path.read_bytes())
    return found.hexdigest()


def _sources() -> Iterable[Path]:
    for folder in ("backend", "matching"):
        yield from (settings.BASE_DIR / folder).rglob("*.py")
    yield settings.BASE_DIR / "requirements.txt"


def make_tag(request: Request, state: str) -> str:
    """Return the tag of the answer to a request; weak, since a proxy may compress the body."""
    asked = (request.build_absolute_uri(), request.accepted_media_type or "", str(current_day()))
    return f'W/"{_digest([*asked, state, code_state()])[:32]}"'


def _digest(parts: Iterable[str]) -> str:
    return sha256("\n".join(parts).encode(errors="backslashreplace")).hexdigest()
