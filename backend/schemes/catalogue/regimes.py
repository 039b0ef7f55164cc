"""What the free text of a scheme's State-aid regime says, where somebody has read it; any other text is unknown."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from backend.common.files import read_yaml

DE_MINIMIS, OTHER = "de_minimis", "other"


@dataclass(frozen=True, slots=True)
class Regime:
    """A basis a scheme may pay under: ``de_minimis``, a regime such as ``GBER`` with its article, or ``other``."""

    name: str
    article: str = ""


@lru_cache(maxsize=1)
def _read() -> dict[str, tuple[Regime, ...]]:
    content: dict[str, Any] = read_yaml(settings.BASE_DIR / "fixtures" / "state_aid.yaml")
    return {text: tuple(Regime(*name.split()) for name in names) for text, names in content["texts"].items()}


def regimes_of(text: str) -> tuple[Regime, ...] | None:
    """Return the bases that a text names, in its order; ``None`` for a text that nobody has read.

    A text is recognised as a whole, never by the words in it: « hors zone AFR, pas d’aide » is no aid of the AFR map.
    """
    return _read().get(" ".join(text.split()))
