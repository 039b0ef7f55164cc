"""Our own export on its way back: known by its identifiers, compared with what we say today, never a second sheet.

A record that comes back is linked to its sheet, with what our export says of it today as what was compared: what
somebody changed in the file meanwhile is asked field by field beside our sheet, like any change of a source.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from functools import cached_property
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from backend.schemes.catalogue.national.published import Published, read_published
from backend.schemes.catalogue.publishing import put_last_in_force
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import BROKEN
from backend.schemes.catalogue.revising import compose, keep
from backend.schemes.ingestion.importers.national_schema import SOURCE, Reader
from backend.schemes.ingestion.importers.sidecar import Sidecar
from backend.schemes.models import Counterpart, Scheme


class Returning:
    """The sheets of ours that one file of the national schema brings back, each linked as it is met first."""

    def __init__(self, source: str, *, has_sidecar: bool, on: date) -> None:
        self._is_read = source == SOURCE
        self._has_sidecar, self._on = has_sidecar, on

    def link_new(self, keys: Iterable[str]) -> dict[str, Scheme]:
        """Keep records that are met for the first time as our export says them today; return them by key.

        One that we cannot read back ourselves is left to be a record like any other.
        """
        uuids = {key: UUID(key) for key in keys if self._is_read and _is_uuid(key)}
        ours = Scheme.objects.of_source(Scheme.OWN).published().filter(uuid__in=uuids.values())
        found = {}
        for scheme in ours:
            key = str(scheme.uuid)
            if record := self._record(key):
                with suppress(*BROKEN), transaction.atomic():
                    found[key] = self._link(key, record, scheme)
        return found

    def _link(self, key: str, record: SchemeRecord, ours: Scheme) -> Scheme:
        imported, _ = Scheme.objects.get_or_create(source=SOURCE, source_key=key)
        draft = compose(record, scheme=imported, number=1)
        keep([draft])
        put_last_in_force([imported.pk])
        now = timezone.now()
        Counterpart.objects.create(
            imported=imported, ours=ours, compared=draft.revision, compared_at=now, made_by=None, made_at=now
        )
        return Scheme.objects.select_related("current").get(pk=imported.pk)

    def _record(self, key: str) -> SchemeRecord | None:
        row = self._rows.get(key)
        try:
            return self._reader.read(dict(row), on=self._on).record if row else None
        except BROKEN:
            return None

    @cached_property
    def _published(self) -> Published:
        return read_published(on=self._on)

    @cached_property
    def _rows(self) -> dict[str, dict[str, str]]:
        return {row["id"]: row for row in self._published.rows}

    @cached_property
    def _reader(self) -> Reader:
        if not self._has_sidecar:
            return Reader()
        entries = {entry["id"]: entry for entry in self._published.entries}
        return Reader(Sidecar(entries, {entry["key"]: entry["id"] for entry in entries.values()}))


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
