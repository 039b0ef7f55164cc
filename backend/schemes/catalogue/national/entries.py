"""What a scheme says and the national schema has no column for: beside its CSV, one entry a scheme, by its id.

It repeats nothing that a column says whole. What a column says in part or not at all is here in full, and where a
column could not say a place, that is told. ``docs/catalogue-sidecar.schema.json`` describes it.
"""

from collections.abc import Collection
from typing import Any

from backend.schemes.catalogue.national.places import places_of
from backend.schemes.catalogue.records import Record
from backend.schemes.models import Revision

VERSION = "1"
# Said whole by a column, or by the identifier; and what editors tell each other, which is not published.
IN_COLUMNS = frozenset({"key", "name", "url", "operators"})
INTERNAL = frozenset({"notes", "corrections"})
DATES = frozenset({"opens_on", "closes_on"})  # of the window: they have columns

type Entry = dict[str, Any]


def entry_of(revision: Revision, record: Record, *, exported: Collection[str]) -> Entry:
    """Return the entry of a revision; of its links only those to schemes that are ``exported`` with it are told."""
    left = {name: value for name, value in record.items() if name not in IN_COLUMNS | INTERNAL}
    parent = record.get("variant_of")
    return {
        "id": str(revision.scheme.uuid),
        "key": record["key"],
        "revision": revision.number,
        "approximations": [
            {"column": column, "known": known, "written": written}
            for column, known, written in places_of(record["criteria"]).doubts
        ],
        **left,
        "window": {name: value for name, value in record["window"].items() if name not in DATES},
        "relations": [row for row in record["relations"] if row["scheme"] in exported],
        "variant_of": parent if parent in exported else None,
    }
