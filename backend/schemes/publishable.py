"""What a well formed record needs before anybody may publish it."""

from collections.abc import Iterable

from backend.schemes.lifecycle import PublishingError
from backend.schemes.models import Revision
from backend.schemes.records import Record, RecordError
from backend.schemes.relations import contradiction_with
from backend.schemes.revising import check_record
from backend.schemes.succession import why_gone
from backend.schemes.variants import chain_with


def refuse_unpublishable(record: Record) -> None:
    """Refuse a record that is well formed and that nobody should publish all the same."""
    for reason in _why_unpublishable(record):
        raise PublishingError(reason)


def _why_unpublishable(record: Record) -> Iterable[str]:
    if record["confidence"] == Revision.Confidence.TO_VERIFY:
        yield (
            "Une fiche non vérifiée ne peut pas être publiée : vérifiez-la, puis indiquez « vérifié » ou « vérifié en "
            "partie »."
        )
    if not any(row.get("url") or row.get("dated") for row in record["sources"]):
        yield "Il faut au moins une source qui ait une adresse ou une date."
    if contradiction := contradiction_with(record):
        yield contradiction.text
    if chain := chain_with(record):
        yield chain
    if gone := why_gone(record["key"]):
        yield gone


def mistakes_in(record: Record) -> list[str]:
    """Return why a record could not be published as it stands: read by the very code that publishes."""
    try:
        check_record(record)
    except RecordError as error:
        return [str(error)]
    return list(_why_unpublishable(record))
