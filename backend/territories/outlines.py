"""The outline of each intercommunality served, to be drawn on a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings

from backend.common.files import read_yaml
from backend.territories.models import ServedEpci


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """An intercommunality on the map: its path as SVG writes it, and where its name stands. Units: hectometres."""

    epci: ServedEpci
    path: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """The territory, drawn: width and height in hectometres."""

    width: int
    height: int
    outlines: tuple[Outline, ...]


@lru_cache(maxsize=1)
def _drawn() -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(settings.BASE_DIR / "fixtures" / "territories" / "outlines.yaml")
    return content


def map_of(epcis: Iterable[ServedEpci]) -> Map:
    """Return the map of some intercommunalities; one whose outline is not held is left out."""
    drawn = _drawn()
    return Map(
        width=drawn["width"],
        height=drawn["height"],
        outlines=tuple(
            Outline(epci=epci, path=shape["path"], x=shape["label"][0], y=shape["label"][1])
            for epci in epcis
            if (shape := drawn["epcis"].get(epci.short_name))
        ),
    )
