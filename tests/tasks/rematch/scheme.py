"""The scheme that is published: made up, of three conditions that every firm answers differently."""

from pathlib import Path

import yaml

from backend.schemes.catalogue.loading import load_catalogue
from backend.schemes.models import SubNeed
from tests.schemes.people import make_record

KEY = "essai-reprise"
REGION = "32"


def publish(folder: Path) -> None:
    """Publish it as a file of the catalogue: firms of one region, of two trades and of middle size."""
    record = make_record(
        KEY,
        criteria=[
            {"kind": "in_territory", "any_of": [f"REG-{REGION}"], "source": 1},
            {"kind": "activity", "any_of": ["25", "28"], "source": 1},
            {"kind": "headcount", "at_least": 10, "below": 250, "source": 1},
        ],
        needs=dict.fromkeys(SubNeed.objects.order_by("key").values_list("key", flat=True), 1.0),
    )
    folder.mkdir()
    (folder / f"{KEY}.yaml").write_text(yaml.safe_dump(record, allow_unicode=True))
    load_catalogue(folder)
