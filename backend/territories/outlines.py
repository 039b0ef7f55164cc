"""The outlines of the intercommunalities served and of their communes, to be drawn on a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend.common.files import read_yaml
from backend.common.territory_files import territory_file
from backend.territories.models import ServedEpci
from backend.territories.services import served_communes


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
    content: dict[str, Any] = read_yaml(territory_file("territories/outlines.yaml"))
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A commune on the map: its code, its path as SVG writes it, and where a word of it stands. Units: hectometres."""

    code: str
    path: str
    x: int
    y: int


def size_of_map() -> tuple[int, int]:
    """Return the width and height of the map, in hectometres."""
    drawn = _drawn()
    return drawn["width"], drawn["height"]


def commune_shapes() -> Iterable[Shape]:
    """Yield the communes of the territory whose outline is held, in the order of their codes."""
    served = {commune.official_code for commune in served_communes()}
    for code, shape in _drawn()["communes"].items():
        if code in served:
            x, y = shape["label"]
            yield Shape(code=code, path=shape["path"], x=x, y=y)
