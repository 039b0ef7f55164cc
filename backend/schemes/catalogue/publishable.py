"""What a well formed record needs before anybody may publish it."""

from collections.abc import Iterable

from backend.schemes.catalogue.evidence import is_record_vouched_for
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import RecordError, read_record
from backend.schemes.catalogue.relations import contradiction_with
from backend.schemes.catalogue.revising import check_record
from backend.schemes.catalogue.succession import why_gone
from backend.schemes.catalogue.variants import chain_with
from backend.schemes.models import Revision


def refuse_unpublishable(record: SchemeRecord, *, base: Revision | None) -> None:
    """Refuse a record that is well formed and that nobody should publish all the same; ``base`` is what it changes."""
    for reason in _why_unpublishable(record, base):
        raise PublishingError(reason)


def _why_unpublishable(record: SchemeRecord, base: Revision | None) -> Iterable[str]:
    if record["confidence"] == Revision.Confidence.TO_VERIFY:
        yield (
            "Une fiche non vérifiée ne peut pas être publiée : vérifiez-la, puis indiquez « vérifié » ou « vérifié en "
            "partie »."
        )
    yield from why_unfounded(record, base=base)
    if not (_is_vouched_for(record) or (base and not _is_vouched_for(read_record(base)))):
        yield (
            "Une fiche « vérifiée » a, pour chaque condition, un texte officiel, le porteur ou le catalogue de l’État "
            "de moins d’un an : indiquez « vérifié en partie », ou citez une telle source."
        )
    if contradiction := contradiction_with(record):
        yield contradiction.text
    if chain := chain_with(record):
        yield chain
    if gone := why_gone(record["key"]):
        yield gone


def why_unfounded(record: SchemeRecord, *, base: Revision | None) -> Iterable[str]:
    """Say which source or contact a record lacks; what was published without a contact may go on without."""
    if not any(row.get("url") or row.get("dated") for row in record["sources"]):
        lacking = "Aucune source n’a d’adresse ni de date." if record["sources"] else "La fiche n’a aucune source."
        yield (
            f"{lacking} Citez-en au moins une : une page avec son adresse (https://…), ou un document avec sa date "
            "(2026, 2026-03 ou 2026-03-15)."
        )
    if not (has_contact(record) or (base and not has_contact(read_record(base)))):
        yield (
            "La fiche n’a pas de contact. Écrivez au moins le nom d’un service, sa page de contact (https://…) ou son "
            "téléphone."
        )


def has_contact(record: SchemeRecord) -> bool:
    """Tell whether a record says in any way whom a firm asks."""
    return any(str(value or "").strip() for value in (record["contact"] or {}).values())


def mistakes_in(record: SchemeRecord, *, base: Revision | None) -> list[str]:
    """Return why a record could not be published as it stands: read by the very code that publishes."""
    try:
        check_record(record)
    except RecordError as error:
        return [str(error)]
    return list(_why_unpublishable(record, base))


def _is_vouched_for(record: SchemeRecord) -> bool:
    """Tell whether a sheet is as verified as it says; one that was published without stays so, until it is mended."""
    return record["confidence"] != Revision.Confidence.VERIFIED or is_record_vouched_for(record)
