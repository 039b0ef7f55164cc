"""How long a national catalogue takes to import, and how much memory: python benchmarks/imports.py [20000].

Run it with the settings of a database that holds the reference data. Rows are made up from real communes,
intercommunalities, departments and NAF codes, all different; everything is rolled back.
"""

import csv
import json
import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
django.setup()

from django.db import transaction  # noqa: E402

from backend.common.days import current_day  # noqa: E402
from backend.schemes.ingestion.importers.loading import import_records  # noqa: E402
from backend.schemes.ingestion.importers.national_schema import CORE, PROFESSIONALS, SOURCE  # noqa: E402
from backend.schemes.ingestion.importers.sources import SOURCES  # noqa: E402
from backend.territories.models import Nomenclature, Perimeter  # noqa: E402

SEED = 20261124
SENTENCE = "Cette aide finance une partie des travaux, des études ou du matériel d’une entreprise du territoire. "


def write(path: Path, n_rows: int) -> None:
    """Write a file of rows that all differ."""
    draw = random.Random(SEED)  # noqa: S311
    places = list(Perimeter.objects.exclude(code__startswith="ZONE").order_by("code").values_list("code", flat=True))
    rows = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2).order_by("code")
    activities = list(rows.values_list("code", flat=True))
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, (*CORE, *PROFESSIONALS), restval="")
        lines.writeheader()
        for number in range(n_rows):
            lines.writerow(
                {
                    "id": f"00000000-0000-4000-8000-{number:012}",
                    "titre": f"Dispositif inventé {number}",
                    "promesse": f"Financez votre projet {number}",
                    "description": SENTENCE * draw.randint(3, 25),
                    "eligibilite": "\n".join(f"- Condition {number}.{line}" for line in range(draw.randint(1, 6))),
                    "types_aides": draw.choice(["financement", "prêt", "étude", "financement|étude"]),
                    "porteurs": json.dumps([{"nom": f"Porteur {number % 900}", "roles": ["instructeur"]}]),
                    "url_source": f"https://exemple.example/aides/{number}",
                    "cibles": "professionnels",
                    "eligibilite_geographique": "|".join(draw.sample(places, draw.randint(1, 5))),
                    "eligibilite_geographique_exclusions": draw.choice(["", draw.choice(places)]),
                    "date_ouverture": "2026-01-01",
                    "date_cloture": draw.choice(["", "2026-12-31T22:59:00Z", "2099-12-31"]),
                    "date_mise_a_jour": "2026-06-01T10:00:00Z",
                    "eligibilite_effectif_maximal": str(draw.randint(10, 5000)),
                    "eligibilite_categorie_taille_entreprise": draw.choice(["", "MIC|PME"]),
                    "eligibilite_annees_existence_minimal": draw.choice(["", "2"]),
                    "eligibilite_forme_juridique": draw.choice(["", "SAS|SARL"]),
                    "ciblage_naf": "|".join(draw.sample(activities, 4)),
                    "ciblage_naf_exclusions": draw.choice(activities),
                }
            )


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(n_rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        path = Path(folder) / "dispositifs.csv"
        write(path, n_rows)
        print(f"{n_rows} rows, {path.stat().st_size / 1e6:.1f} MB; {peak():.0f} MB of memory before")
        for what in ("first", "again"):
            started, used = time.perf_counter(), time.process_time()
            report = import_records(source=SOURCE, records=SOURCES[SOURCE].open(path), on=current_day())
            print(
                f"{what}: created {len(report.created)}, unchanged {len(report.unchanged)}, rejected "
                f"{len(report.rejected)} in {time.perf_counter() - started:.1f} s, of which "
                f"{time.process_time() - used:.1f} s of this process; peak {peak():.0f} MB"
            )
        transaction.set_rollback(True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
