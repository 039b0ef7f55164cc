"""Programmes that do not exist, in the shape of the State's file: whole, and changed one part at a time."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from backend.schemes.models import Revision, Scheme

SOURCE = "transition-ecologique"
DAY = "2026-06-12"

type Programme = dict[str, Any]


def make_programme(key: str = "essai", /, *, company: Any = None, validity: Any = None, **changes: Any) -> Programme:
    """Make a programme open to all of France; ``company`` and ``validity`` are its eligibility data."""
    data: dict[str, Any] = {"company": company or {}}
    if validity is not None:
        data["validity"] = validity
    return {
        "id": key,
        "titre": "Aide d’essai",
        "promesse": "Essayez une aide",
        "description": "Une aide inventée.",
        "opérateur de contact": "ADEME",
        "contact question": "formulaire",
        "url": "https://exemple.example/aide",
        "nature de l'aide": "étude",
        "objectifs": [{"description": "Écrivez à l’opérateur."}],
        "conditions d'éligibilité": {"taille de l'entreprise": ["Toutes tailles"]},
        "eligibilityData": data,
        **changes,
    }


def with_texts(*texts: str, heading: str = "autres critères d'éligibilité", **changes: Any) -> Programme:
    """Make a programme with conditions in words only."""
    return make_programme(**{"conditions d'éligibilité": {heading: list(texts)}}, **changes)


def rules(*tests: Any, when: Any = None, **named: Any) -> dict[str, Any]:
    """Write the rules of the State's site: tests that must all hold."""
    head = {"toutes ces conditions": list(tests)} | ({"applicable si": when} if when else {})
    return {"entreprise . est éligible": head, **{f"entreprise . {name}": rule for name, rule in named.items()}}


def run(path: Path, records: Any, *, dated: str = DAY, **options: Any) -> str:
    """Write a file, import it and return what was printed."""
    path.write_text(records if isinstance(records, str) else json.dumps(records), encoding="utf-8")
    output = StringIO()
    call_command("import_schemes", SOURCE, path, dated=dated, stdout=output, **options)
    return output.getvalue()


def current(key: str = "essai") -> Revision:
    revision = Scheme.objects.get(source=SOURCE, source_key=key).current
    assert revision is not None
    return revision
