"""The sub-needs that a person said a record of another site serves; none once the record says something else."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from backend.common.files import read_yaml
from backend.schemes.ingestion.importers.cleaning import same_text
from backend.schemes.ingestion.importers.faults import get_text
from backend.schemes.ingestion.importers.sentences import FOLDER

DIGITS = 12  # of a digest: enough to see that a text changed


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The sub-needs of one record with their weights, and the digest of the text that was read."""

    text: str
    tags: Mapping[str, float]


@lru_cache(maxsize=2)
def load_reviewed(source: str) -> Mapping[str, Reviewed]:
    """Read the reviewed sub-needs of a source, by record; they change with a release only."""
    rows = read_yaml(FOLDER / f"{source}-needs.yaml")["needs"]
    return {key: Reviewed(row["text"], row["tags"]) for key, row in rows.items()}


def reviewed_needs(source: str, key: str, programme: dict[str, Any]) -> dict[str, float]:
    """Return the sub-needs of a record; none where nobody read it, or where it said something else then."""
    reviewed = load_reviewed(source).get(key)
    return dict(reviewed.tags) if reviewed and reviewed.text == text_digest(programme) else {}


def text_digest(programme: dict[str, Any]) -> str:
    """Return what tells whether a record still says what was read: its title and its promise."""
    said = "\n".join(same_text(get_text(programme, name)) for name in ("titre", "promesse"))
    return sha256(said.encode()).hexdigest()[:DIGITS]
