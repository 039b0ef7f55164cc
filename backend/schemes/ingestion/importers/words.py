"""The reviewed words of each source, and what several sources share: whom an aid is for, in which form, how often."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend.common.files import read_yaml
from backend.schemes.ingestion.importers.faults import RowError, show
from backend.schemes.ingestion.importers.places import spelling
from backend.schemes.ingestion.importers.sentences import FOLDER
from backend.schemes.models import Revision

SHARED = "aides-territoires"
FIRMS = "« Entreprise privée » parmi eux"
MIXED = Revision.Kind.MIXED.value


@lru_cache(maxsize=16)
def load_words(source: str) -> Mapping[str, Any]:
    """Read the words of a source; they change with a release only."""
    content: Mapping[str, Any] = read_yaml(FOLDER / f"{source}.yaml")
    return content


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The labels of Aides-territoires, which its feeds are translated into."""

    firms: frozenset[str]
    others: frozenset[str]
    kinds: Mapping[str, str]
    recurrences: Mapping[str, str]

    def check_open_to_firms(self, labels: Iterable[str], *, place: str) -> list[str]:
        """Return whom else an aid is for. Raises ``RowError`` where it says for whom, and firms are not among them."""
        labels = list(dict.fromkeys(labels))
        others = [label for label in labels if spelling(label) not in self.firms]
        if not labels or len(others) < len(labels):
            return others
        unread = [label for label in labels if spelling(label) not in self.others]
        if unread:
            raise RowError(f"« {place} » contient {show(unread[0])}, un public inconnu ; attendu : {FIRMS}.")
        raise RowError(f"Pas pour les entreprises : « {place} » vaut {show(labels)} ; attendu : {FIRMS}.")

    def kind(self, labels: Iterable[str], *, nuances: list[str]) -> str:
        """Return the form of an aid, empty where it is not said; a label we do not know is told."""
        found = []
        for label in dict.fromkeys(labels):
            form = self.kinds.get(spelling(label))
            if form is None:
                nuances.append(f"Forme d’aide inconnue : « {label} »")
            elif form not in found:
                found.append(form)
        return MIXED if len(found) > 1 else found[0] if found else ""

    def recurrence(self, label: str, *, nuances: list[str]) -> str:
        """Return permanent, once or recurring, empty where it is not said."""
        found = self.recurrences.get(spelling(label), "")
        if label and not found:
            nuances.append(f"Récurrence inconnue : « {label} »")
        return found


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """Return the labels of Aides-territoires."""
    words = load_words(SHARED)
    return Vocabulary(
        frozenset(map(spelling, words["audiences"]["firms"])),
        frozenset(map(spelling, words["audiences"]["others"])),
        {spelling(label): kind for label, kind in words["kinds"].items()},
        {spelling(label): name for label, name in words["recurrences"].items()},
    )
