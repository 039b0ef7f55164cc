"""The reviewed table of sentences: what each says, in the words of the engine where they are exact."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings

from backend.common.files import read_yaml
from backend.schemes.ingestion.importers.cleaning import same_text
from backend.schemes.models import Definition

FOLDER = settings.BASE_DIR / "fixtures" / "importers"
SENTENCES = "transition-ecologique"  # whose table all sources share: the same words say the same
SECTOR = "secteur d'activité"
KINDS = ("stated", "information", "targeting", "de_minimis", "heading", "criteria", "manual")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What a sentence is; see the head of the table."""

    kind: str
    claims: Mapping[str, float] | None = None  # of the headcount; an empty one says "every size"
    micro_entrepreneur: bool | None = None  # whether it says that they are admitted
    criteria: tuple[Definition, ...] = ()
    and_manual: bool = False
    ask: str = "operator"
    fact: str = ""


TARGETING = Sentence(kind="targeting")
MANUAL = Sentence(kind="manual")


@dataclass(frozen=True, slots=True)
class Table:
    """Sentences by their text, and what is not in the table by its heading."""

    known: Mapping[str, Sentence]
    excluding: re.Pattern[str]
    words: Mapping[str, Any] = field(default_factory=dict)  # the rest of the file: kinds, places…

    def find(self, text: str) -> Sentence | None:
        """Return what a sentence of the table is."""
        return self.known.get(same_text(text))

    def read(self, text: str, *, heading: str) -> Sentence:
        """Return what a sentence is; one that nobody has read is never more than left to a person."""
        found = self.find(text)
        if found is not None:
            return found
        return TARGETING if heading == SECTOR and not self.excluding.search(same_text(text)) else MANUAL


@lru_cache(maxsize=2)
def load_table(source: str) -> Table:
    """Read the table of a source; it changes with a release only."""
    words = read_yaml(FOLDER / f"{source}.yaml")
    known = {same_text(text): sentence for text, sentence in _sentences(words.pop("sentences"))}
    return Table(known, re.compile(words.pop("excluding").strip()), words)


def _sentences(rows: Iterable[dict[str, Any]]) -> Iterable[tuple[str, Sentence]]:
    for row in rows:
        values = {name: value for name, value in row.items() if name not in ("is", "texts", "criteria")}
        sentence = Sentence(kind=row["is"], criteria=tuple(row.get("criteria", ())), **values)
        for text in row["texts"]:
            yield text, sentence
