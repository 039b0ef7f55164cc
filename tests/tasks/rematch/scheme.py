"""The scheme that is published: made up, of three conditions that every firm answers differently."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from backend.schemes.catalogue.loading import load_catalogue
from backend.schemes.models import SubNeed
from tests.schemes.people import make_record

KEY = "essai-reprise"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom it is for: regions, and divisions of the NAF; middle size besides."""

    regions: tuple[str, ...]
    divisions: tuple[str, ...]


NARROW = Target(("32",), ("25", "28"))
WIDE = Target(
    ("11", "24", "27", "28", "32", "44", "52", "53", "75", "76", "84"), tuple(f"{n:02}" for n in range(10, 48))
)  # moves a third of all firms


def publish(folder: Path, target: Target) -> None:
    """Publish it as a file of the catalogue."""
    record = make_record(
        KEY,
        criteria=[
            {"kind": "in_territory", "any_of": [f"REG-{region}" for region in target.regions], "source": 1},
            {"kind": "activity", "any_of": list(target.divisions), "source": 1},
            {"kind": "headcount", "at_least": 10, "below": 250, "source": 1},
        ],
        needs=dict.fromkeys(SubNeed.objects.order_by("key").values_list("key", flat=True), 1.0),
    )
    folder.mkdir()
    (folder / f"{KEY}.yaml").write_text(yaml.safe_dump(record, allow_unicode=True))
    load_catalogue(folder)
