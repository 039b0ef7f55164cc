"""Revisions with all that a page shows of them; one is never written again, so that the last ones stay in memory."""

from collections.abc import Collection, Iterable

from backend.schemes.models import Revision

KEPT = 2_000  # some ten kilobytes each
_kept: dict[int, Revision] = {}


def read_revisions(wanted: Collection[int]) -> dict[int, Revision]:
    """Return revisions by number, each with all that a page shows of it, operators too: to be read only."""
    found = {pk: row for pk in wanted if (row := _kept.get(pk))}  # at once: another thread may clear them meanwhile
    missing = [pk for pk in wanted if pk not in found]
    found |= {row.pk: row for row in _read(missing)} if missing else {}
    if len(_kept) + len(missing) > KEPT:
        _kept.clear()
    _kept.update(found)
    return found


def _read(wanted: Collection[int]) -> Iterable[Revision]:
    rows = Revision.objects.filter(pk__in=wanted).select_related("scheme")
    return rows.prefetch_related("criteria__source", "served_needs__sub_need__need", "relations", "roles__operator")


def clear_cache() -> None:
    """Forget them: after the taxonomy was loaded again in this process."""
    _kept.clear()
