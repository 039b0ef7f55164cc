"""How long the copy of the State's register takes to find a name among 10,000 establishments, and to be loaded.

    python -m benchmarks.register [--rows 10000] [--others 200000]

It ends with 1 where a search takes longer than 50 ms. ``--others`` are rows of other communes in the two files, which
are read and left out. Needs an empty database with the reference data (DATABASE_URL); what it loads is rolled back.
"""

import argparse
import csv
import os
import random
import sys
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.test")

import django

django.setup()

from django.db import transaction  # noqa: E402 -- once the settings are read

from backend.companies.establishments import (  # noqa: E402
    SITE_COLUMNS,
    UNIT_COLUMNS,
    find_by_name,
    find_by_number,
    load_establishments,
)
from backend.companies.models import RegisteredEstablishment  # noqa: E402
from backend.territories.services import served_communes  # noqa: E402

MOST_MS = 50
SEED = 20
KINDS = ("Chaudronnerie", "Tôlerie", "Fonderie", "Menuiserie", "Garage", "Boulangerie", "Mécanique", "Atelier")
PLACES = ("de l’Oise", "du Pont", "des Étangs", "de la Forêt", "Saint-Jean", "du Marché", "Picarde", "et Fils")
TYPED = ("cha", "chaudronnerie", "tol oise", "garage du po", "atelier saint jean 77", "inconnu", "et fils mecanique")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--others", type=int, default=200_000)
    asked = options.parse_args()
    draw = random.Random(SEED)  # noqa: S311 -- the same names each time
    communes = [commune.official_code for commune in served_communes()]
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        sites, units = Path(folder) / "sites.csv", Path(folder) / "units.csv"
        _write(sites, SITE_COLUMNS, _sites(asked.rows, asked.others, communes, draw))
        _write(units, UNIT_COLUMNS, _units(asked.rows + asked.others, draw))
        started = perf_counter()
        loaded = load_establishments(sites, units, communes=communes, on=date(2026, 11, 24))
        seconds = perf_counter() - started
        n_read = 2 * (asked.rows + asked.others)
        print(f"load: {loaded.held} of {n_read} rows in {seconds:.1f} s, {n_read / seconds:,.0f} rows/s")
        worst = _search(draw)
        transaction.set_rollback(True)
    return int(worst > MOST_MS)


def _search(draw: random.Random) -> float:
    """Print the times of each search, in milliseconds, and return the longest median."""
    worst = 0.0
    some = draw.sample(list(RegisteredEstablishment.objects.values_list("siret", flat=True)), 1)
    for find, typed in ((find_by_name, TYPED), (find_by_number, some)):
        for text in typed:
            times = []
            for _ in range(30):
                started = perf_counter()
                found = find(text)
                times.append(1000 * (perf_counter() - started))
            worst = max(worst, median(times))
            print(f"{text!r}: {len(found)} found, median {median(times):.1f} ms, longest {max(times):.1f} ms")
    return worst


def _sites(rows: int, others: int, communes: list[str], draw: random.Random) -> Iterable[dict[str, str]]:
    for n in range(rows + others):
        yield {
            "siret": f"{n:09d}00017",
            "statutDiffusionEtablissement": "O",
            "dateDernierTraitementEtablissement": "2026-10-31T06:12:00",
            "etablissementSiege": "true",
            "codeCommuneEtablissement": draw.choice(communes) if n < rows else "75056",
            "dateDebut": "2009-03-16",
            "etatAdministratifEtablissement": "A",
            "activitePrincipaleEtablissement": "25.62B",
            "nomenclatureActivitePrincipaleEtablissement": "NAFRev2",
        }


def _units(rows: int, draw: random.Random) -> Iterable[dict[str, str]]:
    for n in range(rows):
        yield {
            "siren": f"{n:09d}",
            "statutDiffusionUniteLegale": "O",
            "dateCreationUniteLegale": "2009-03-16",
            "denominationUniteLegale": f"{draw.choice(KINDS)} {draw.choice(PLACES)} {n}",
            "categorieJuridiqueUniteLegale": "5710",
        }


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
