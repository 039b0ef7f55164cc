"""Write fixtures/territories/outlines.yaml: the outlines of the intercommunalities served and of their communes.

Run by hand, once per millésime: ``.venv/bin/python scripts/outlines.py COMMUNES.geojson [TERRITORY]``. TERRITORY is
the folder of another territory: its ``territories/served.yaml`` is read, and the outlines are written beside it. The
file is ``communes-1000m.geojson`` of @etalab/decoupage-administratif (outlines simplified to 1 km, IGN and INSEE,
Licence Ouverte 2.0), or the part of it for the department. Longitudes and latitudes (WGS 84, degrees) are put on a
plane that is true at the middle of the territory, in hectometres, the y axis pointing down as in SVG.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import cos, radians
from pathlib import Path
from typing import Any

import yaml

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "territories"
HECTOMETRES = 1113.2  # in a degree of latitude
MARGIN = 5

type Point = tuple[float, float]
type Edge = tuple[Point, Point]


def edges_of(geometry: dict[str, Any]) -> list[Edge]:
    """Return the edges of a polygon or of several, each with its ends in one order."""
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    rings = [[(x, y) for x, y in ring] for polygon in polygons for ring in polygon]
    return [(min(edge), max(edge)) for ring in rings for edge in pairwise(ring)]


def rings_of(edges: list[Edge]) -> list[list[Point]]:
    """Return the closed lines that edges make; two communes share theirs, and an outline has each once."""
    alone = [edge for edge, n in Counter(edges).items() if n == 1]
    nexts: dict[Point, set[Point]] = defaultdict(set)
    for one, other in alone:
        nexts[one].add(other)
        nexts[other].add(one)
    rings = []
    while nexts:
        ring = [min(nexts)]
        while nexts[ring[-1]]:
            point = min(nexts[ring[-1]])
            nexts[ring[-1]].discard(point)
            nexts[point].discard(ring[-1])
            ring.append(point)
        if ring[0] != ring[-1]:
            sys.exit(f"An outline does not close at {ring[-1]}.")
        rings.append(ring)
        nexts = defaultdict(set, {point: others for point, others in nexts.items() if others})
    return sorted(rings, key=len, reverse=True)


def main(source: Path, territory: Path | None = None) -> None:
    folder = territory / "territories" if territory else FIXTURES
    served = yaml.safe_load((folder / "served.yaml").read_text())["epcis"]
    features = json.loads(source.read_text())["features"]
    outlines = {}
    communes = {}
    for epci in served:
        members = [each for each in features if each["properties"]["epci"] == epci["siren"]]
        if not members:
            sys.exit(f"{source} has no commune of {epci['short_name']} ({epci['siren']}).")
        outlines[epci["short_name"]] = rings_of([edge for each in members for edge in edges_of(each["geometry"])])
        communes |= {each["properties"]["code"]: rings_of(edges_of(each["geometry"])) for each in members}
    points = [point for rings in outlines.values() for ring in rings for point in ring]
    west, north = min(x for x, _ in points), max(y for _, y in points)
    middle = cos(radians((north + min(y for _, y in points)) / 2))

    def plane(point: Point) -> tuple[int, int]:
        x, y = point
        return round((x - west) * HECTOMETRES * middle) + MARGIN, round((north - y) * HECTOMETRES) + MARGIN

    def lines_of(shapes: dict[str, list[list[Point]]]) -> Iterator[str]:
        for name, rings in sorted(shapes.items()):
            drawn = [[plane(point) for point in ring[:-1]] for ring in rings]
            path = " ".join("M" + " ".join(f"{x},{y}" for x, y in ring) + "Z" for ring in drawn)
            xs, ys = [x for x, _ in drawn[0]], [y for _, y in drawn[0]]
            label = f"[{round(sum(xs) / len(xs))}, {round(sum(ys) / len(ys))}]"
            yield from (f"  {name!r}:" if name.isdigit() else f"  {name}:", f"    label: {label}", f"    path: {path}")

    ends = [plane(point) for point in points]
    lines = [
        "# The intercommunalities served and their communes, as drawn: hectometres from the north-west corner.",
        "# Outlines simplified to 1 km. Made by scripts/outlines.py.",
        "source: IGN and INSEE, through npm @etalab/decoupage-administratif 6.0.0 (communes-1000m)",
        "licence: Licence Ouverte 2.0",
        "dated: millésime 2026",
        f"width: {max(x for x, _ in ends) + MARGIN}",
        f"height: {max(y for _, y in ends) + MARGIN}",
        "epcis:",
        *lines_of(outlines),
        "communes:",
        *lines_of(communes),
    ]
    (folder / "outlines.yaml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
