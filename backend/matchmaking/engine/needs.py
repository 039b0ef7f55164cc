"""What a firm asks for, read from ticked boxes and from words."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import yaml
from django.conf import settings

import matching
from backend.schemes.models import SubNeed


@dataclass(frozen=True, slots=True)
class Understood:
    """A need read from ticked boxes or from words."""

    sub_need: str
    weight: float
    ticked: bool
    evidence: tuple[str, ...]


@lru_cache(maxsize=1)
def need_reader() -> matching.NeedReader:
    """Return the reader of needs for the taxonomy in the database."""
    language = yaml.safe_load((settings.BASE_DIR / "fixtures" / "language.yaml").read_text())
    return matching.NeedReader(
        {
            sub_need.key: matching.Words(tuple(sub_need.words), tuple(sub_need.sentences))
            for sub_need in SubNeed.objects.all()
        },
        stop_words=language["stop_words"].split(),
        negations=language["negations"].split(),
        verb_negations=language["verb_negations"].split(),
    )


def understand(text: str, ticked: Iterable[str]) -> list[Understood]:
    """Read the needs of a submission, the ticked ones first."""
    ticked = set(ticked)
    wish = need_reader().read(text, sorted(ticked))
    found = [
        Understood(key, weight, key in ticked, wish.evidence.get(key, ())) for key, weight in wish.weights.items()
    ]
    return sorted(found, key=lambda need: (not need.ticked, -need.weight, need.sub_need))
