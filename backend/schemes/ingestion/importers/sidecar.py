"""The sidecar of a CSV at the national schema: what the columns cannot say, put back together with what they say.

The two files must be of one export: the columns that an entry makes are made again and compared, so that a cell that
somebody changed is never overruled in silence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from backend.schemes.catalogue.national.entries import VERSION, Entry
from backend.schemes.catalogue.national.rows import PARIS, ROLES, machine_columns
from backend.schemes.catalogue.record_types import Dates, OperatorRecord, RelationRecord, SchemeRecord, WindowRecord
from backend.schemes.catalogue.records import BROKEN
from backend.schemes.ingestion.importers.faults import RowError, show
from backend.schemes.ingestion.importers.files import ImportFileError, read_json
from backend.schemes.models import Scheme

SOURCE = "schema-national"
_ROLE_OF = {name: role for role, name in ROLES.items()}


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Entries by identifier, and the identifier of each key."""

    entries: Mapping[str, Entry]
    ids: Mapping[str, str]

    def completes(self, row: Mapping[str, str]) -> bool:
        return row.get("id", "") in self.entries

    def record(self, row: Mapping[str, str]) -> SchemeRecord:
        """Return all that a row and its entry say. Raises ``RowError`` where they do not go together."""
        try:
            return self._record(row, self.entries[row["id"]])
        except RowError:
            raise
        except BROKEN as error:
            raise RowError(
                f"Le complément de la fiche n’est pas bien formé ({type(error).__name__} : {error})."
            ) from None

    def _record(self, row: Mapping[str, str], entry: Entry) -> SchemeRecord:
        window: WindowRecord = entry["window"]
        relations: list[RelationRecord] = entry["relations"]
        dates: Dates = {"opens_on": _day(row, "date_ouverture"), "closes_on": _day(row, "date_cloture")}
        record: SchemeRecord = {
            "key": row["id"],
            "name": row["titre"],
            "summary": entry["summary"],
            "kind": entry["kind"],
            "level": entry["level"],
            "owner": entry["owner"],
            "confidence": entry["confidence"],
            "as_of": entry["as_of"],
            "review_by": entry["review_by"],
            "variant_of": self.ids[entry["variant_of"]] if entry["variant_of"] else None,
            "operators": _operators(row["porteurs"]),
            "applicants": entry["applicants"],
            "needs": entry["needs"],
            "targeted_naf": entry["targeted_naf"],
            "targeted_naf_2025": entry["targeted_naf_2025"],
            "window": {**window, **dates},
            "criteria": [self._criterion(one) for one in entry["criteria"]],
            "amount": entry["amount"],
            "state_aid_regime": entry["state_aid_regime"],
            "legal_basis": entry["legal_basis"],
            "documents": entry["documents"],
            "preparation_days": entry["preparation_days"],
            "next_step": entry["next_step"],
            "contact": entry["contact"],
            "url": row["url_source"] or None,
            "public_contact": entry["public_contact"],
            "sources": entry["sources"],
            "relations": [{**one, "scheme": self.ids[one["scheme"]]} for one in relations],
            "notes": None,
            "corrections": [],
        }
        for column, written in machine_columns({**record, "criteria": entry["criteria"]}).items():
            if written != row[column]:
                raise RowError(
                    f"« {column} » vaut {show(row[column])}, et le complément dit {show(written)} : les deux fichiers "
                    "ne sont pas du même export."
                )
        return record

    def _criterion(self, row: Any) -> Any:
        """Name the schemes of a condition as they are called here; what the sidecar does not hold keeps its name."""
        if isinstance(row, list):
            return [self._criterion(one) for one in row]
        if not isinstance(row, dict):
            return row
        if row.get("kind") == "holds_scheme":
            return {**row, **{name: self._held(row[name]) for name in ("any_of", "none_of") if row.get(name)}}
        return {name: self._criterion(value) if name == "of" else value for name, value in row.items()}

    def _held(self, keys: list[str]) -> list[str]:
        own = f"{Scheme.OWN}:"
        return [f"{SOURCE}:{self.ids[key[len(own) :]]}" if key[len(own) :] in self.ids else key for key in keys]


def read_sidecar(path: Path) -> Sidecar:
    """Read a sidecar. Raises ``ImportFileError`` where the file is none, or of a version that we do not read."""
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("schemes"), list):
        raise ImportFileError(f"{path} n’est pas un complément ; attendu : un objet JSON avec « schemes ».")
    if content.get("version") != VERSION:
        raise ImportFileError(f"{path} est à la version {show(content.get('version'))} ; attendu : {VERSION}.")
    entries: dict[str, Entry] = {}
    for number, entry in enumerate(content["schemes"], 1):
        if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in ("id", "key")):
            raise ImportFileError(f"{path}, fiche {number} : « id » ou « key » manque.")
        if entry["id"] in entries:
            raise ImportFileError(f"{path}, fiche {number} : « id » vaut {show(entry['id'])}, déjà donné.")
        entries[entry["id"]] = entry
    return Sidecar(entries, {entry["key"]: entry["id"] for entry in entries.values()})


def _operators(cell: str) -> list[OperatorRecord]:
    return [
        {"name": one["nom"], "siren": one["siren"] or None, "roles": [_ROLE_OF[role] for role in one["roles"]]}
        for one in json.loads(cell)
    ]


def _day(row: Mapping[str, str], column: str) -> str | None:
    """Return the day in Paris of a moment."""
    if not row[column]:
        return None
    return datetime.fromisoformat(row[column]).astimezone(PARIS).date().isoformat()
