"""Which changes of a source our sheets take without a person: a short list that people review, with why it is safe."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from django.conf import settings

from backend.schemes.ingestion.changes.fields import CRITERION, PRESENCE, Change, label_of

PATH = Path("fixtures") / "importers" / "safe-fields.yaml"
# What decides who can have a scheme, when, how much and under which law; no list of ours may ever name it.
DECIDING = {
    "criteria", "window", "amount", "state_aid_regime", "legal_basis", "kind", "level", "applicants", "operators",
    "targeted_naf", "preparation_days", "documents", "needs", "confidence", PRESENCE,
}  # fmt: skip
_QUOTES = str.maketrans("’‘“”«»–—‑", '\'\'""""---')  # noqa: RUF001
_SPACES = re.compile(r"\s+")


class RulesError(ValueError):
    """The list of safe fields cannot be used: the sentence says which line, and why."""


@dataclass(frozen=True, slots=True)
class Rules:
    """By field, how far it may change, and why that is safe."""

    version: str
    fields: dict[str, tuple[str, str]]

    def allow(self, change: Change) -> bool:
        """Tell whether a change is one that our sheet takes by itself."""
        return all(
            step.field in self.fields
            and isinstance(step.was, str)
            and isinstance(step.now, str)
            and TESTS[self.fields[step.field][0]](step.was, step.now)
            for step in change.steps
        )


def same_site(was: str, now: str) -> bool:
    """Tell whether an address leads to the same host, as safely as before."""
    one, two = urlsplit(was), urlsplit(now)
    return (
        bool(one.hostname)
        and (one.hostname, one.port) == (two.hostname, two.port)
        and (two.username, two.password) == (None, None)
        and (two.scheme == "https" or two.scheme == one.scheme)
    )


def same_writing(was: str, now: str) -> bool:
    """Tell whether two texts have the same letters, figures and marks, whatever their spaces, capitals and quotes."""
    return _letters(was) == _letters(now)


def _letters(text: str) -> str:
    return _SPACES.sub(" ", text.translate(_QUOTES)).strip().casefold()


TESTS = {"same_site": same_site, "same_writing": same_writing}


def read_rules(path: Path) -> Rules:
    """Read a list of safe fields. Raises ``RulesError``."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = {}
    for field, line in content["fields"].items():
        if field in DECIDING or field.startswith(CRITERION) or field.partition(".")[0] in DECIDING:
            raise RulesError(f"« {field} » décide de qui a droit à quoi : une personne doit toujours le lire.")
        try:
            label_of(field)
        except KeyError:
            raise RulesError(f"« {field} » n’est pas un champ d’une fiche.") from None
        if line.get("only") not in TESTS:
            raise RulesError(f"« {field} » : only vaut {line.get('only')!r} ; attendu : {', '.join(TESTS)}.")
        if not str(line.get("why") or "").strip():
            raise RulesError(f"« {field} » : dites pourquoi ce champ est sans risque (why).")
        found[field] = (line["only"], line["why"].strip())
    return Rules(str(content["version"]), found)


@lru_cache(maxsize=1)
def rules_in_force() -> Rules:
    """Return the reviewed list."""
    return read_rules(settings.BASE_DIR / PATH)
