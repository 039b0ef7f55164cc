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

from backend.schemes.catalogue.national.entries import INTERNAL, VERSION
from backend.schemes.catalogue.national.rows import PARIS, ROLES, machine_columns
from backend.schemes.catalogue.records import BROKEN, Record
from backend.schemes.ingestion.importers.faults import RowError, show
from backend.schemes.ingestion.importers.files import ImportFileError, read_json
from backend.schemes.models import Scheme

SOURCE = "schema-national"
# What tells an entry from what a record says.
_OWN = frozenset({"id", "key", "revision", "approximations"})
_ROLE_OF = {name: role for role, name in ROLES.items()}


@dataclass(frozen=True, slots=True)
class Sidecar:
    """Entries by identifier, and the identifier of each key."""

    entries: Mapping[str, Record]
    ids: Mapping[str, str]

    def completes(self, row: Mapping[str, str]) -> bool:
        return row.get("id", "") in self.entries

    def record(self, row: Mapping[str, str]) -> Record:
        """Return all that a row and its entry say. Raises ``RowError`` where they do not go together."""
        try:
            return self._record(row, self.entries[row["id"]])
        except RowError:
            raise
        except BROKEN as error:
            raise RowError(
                f"Le complément de la fiche n’est pas bien formé ({type(error).__name__} : {error})."
            ) from None

    def _record(self, row: Mapping[str, str], entry: Record) -> Record:
        left = {name: value for name, value in entry.items() if name not in _OWN}
        dates = {"opens_on": _day(row, "date_ouverture"), "closes_on": _day(row, "date_cloture")}
        record: Record = {
            **left,
            **dict.fromkeys(INTERNAL),
            "corrections": [],
            "key": row["id"],
            "name": row["titre"],
            "url": row["url_source"] or None,
            "operators": _operators(row["porteurs"]),
            "window": {**left["window"], **dates},
            "criteria": [self._criterion(one) for one in left["criteria"]],
            "relations": [{**one, "scheme": self.ids[one["scheme"]]} for one in left["relations"]],
            "variant_of": self.ids[left["variant_of"]] if left["variant_of"] else None,
        }
        for column, written in machine_columns({**record, "criteria": left["criteria"]}).items():
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
    entries: dict[str, Record] = {}
    for number, entry in enumerate(content["schemes"], 1):
        if not isinstance(entry, dict) or not all(isinstance(entry.get(name), str) for name in ("id", "key")):
            raise ImportFileError(f"{path}, fiche {number} : « id » ou « key » manque.")
        if entry["id"] in entries:
            raise ImportFileError(f"{path}, fiche {number} : « id » vaut {show(entry['id'])}, déjà donné.")
        entries[entry["id"]] = entry
    return Sidecar(entries, {entry["key"]: entry["id"] for entry in entries.values()})


def _operators(cell: str) -> list[Record]:
    return [
        {"name": one["nom"], "siren": one["siren"] or None, "roles": [_ROLE_OF[role] for role in one["roles"]]}
        for one in json.loads(cell)
    ]


def _day(row: Mapping[str, str], column: str) -> str | None:
    """Return the day in Paris of a moment."""
    if not row[column]:
        return None
    return datetime.fromisoformat(row[column]).astimezone(PARIS).date().isoformat()
