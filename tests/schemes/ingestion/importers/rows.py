"""Rows that do not exist, in the shape of the national schema and of a plain table; written as a file and imported."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from backend.schemes.ingestion.importers.national_schema import CORE, PROFESSIONALS
from backend.schemes.models import Revision, Scheme

UUID = "00000000-0000-4000-8000-000000000001"
ADEME = '[{"nom": "ADEME", "siren": "385290309", "roles": ["instructeur"]}]'

type Cells = dict[str, Any]


def make_row(key: str = UUID, /, **changes: Any) -> Cells:
    """Make a row of the national schema open to firms of all France."""
    return {
        "id": key,
        "titre": "Aide d’essai",
        "promesse": "Essayez une aide",
        "description": "Une aide inventée.",
        "eligibilite": "",
        "types_aides": "financement",
        "porteurs": ADEME,
        "url_source": "https://exemple.example/aide",
        "cibles": "professionnels",
        "eligibilite_geographique": "PAYS-99100",
        "date_mise_a_jour": "2026-05-01T10:00:00Z",
        **changes,
    }


def as_csv(rows: list[Cells], *, names: tuple[str, ...] = (*CORE, *PROFESSIONALS), delimiter: str = ",") -> str:
    text = StringIO()
    lines = csv.DictWriter(text, names, delimiter=delimiter, restval="")
    lines.writeheader()
    lines.writerows(rows)
    return text.getvalue()


def import_file(source: str, path: Path, *, dated: str = "2026-06-12", **options: Any) -> str:
    """Import a file and return what was printed, with plain spaces."""
    output = StringIO()
    call_command("import_schemes", source, path, dated=dated, stdout=output, **options)
    return output.getvalue().replace("\N{NO-BREAK SPACE}", " ")


def current(source: str, key: str = UUID) -> Revision:
    revision = Scheme.objects.get(source=source, source_key=key).current
    assert revision is not None
    return revision


def last_line(output: str) -> str:
    return output.rstrip("\n").split("\n")[-1]
