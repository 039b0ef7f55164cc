"""Figures that a firm states in its own words."""

from functools import lru_cache

from django.conf import settings

import matching
from backend.common.files import read_yaml


def read_figures(text: str) -> dict[str, matching.Figure]:
    """Return the figures that a text states, by the fact they may be."""
    return _reader().read(text) if text.strip() else {}


@lru_cache(maxsize=1)
def _reader() -> matching.FigureReader:
    content = read_yaml(settings.BASE_DIR / "fixtures" / "figures.yaml")
    return matching.FigureReader(
        {fact: row["patterns"] for fact, row in content["facts"].items()},
        parts=content["parts"],
        numbers=content["numbers"],
        scales=content["scales"],
        about={fact: row["about"] for fact, row in content["facts"].items()},
    )
