"""What firms say that a scheme is for: sentences written by people, that help to understand and never decide."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from backend.common.files import read_yaml
from backend.schemes.models import Scheme, SchemeTexts

FOLDER = settings.BASE_DIR / "fixtures" / "sentences" / "schemes"


def said_of(source: str) -> dict[str, list[str]]:
    """Return the sentences written for the schemes of a source, by key; none where nobody wrote any."""
    path: Path = FOLDER / f"{source}.yaml"
    return _read(path, path.stat().st_mtime_ns) if path.exists() else {}


@lru_cache(maxsize=2)
def _read(path: Path, _modified: int) -> dict[str, list[str]]:
    """Read a file once: half a megabyte, for each import of its source."""
    said: dict[str, list[str]] = read_yaml(path)["said"]
    return said


def load_scheme_texts(source: str) -> int:
    """Keep with each scheme of a source the sentences written for it; return how many there are."""
    said = said_of(source)
    schemes = Scheme.objects.of_source(source)
    SchemeTexts.objects.filter(scheme__in=schemes.exclude(source_key__in=said)).delete()
    kept = dict(SchemeTexts.objects.filter(scheme__in=schemes).values_list("scheme", "sentences"))
    keys = schemes.filter(source_key__in=said).values_list("pk", "source_key")
    changed = [SchemeTexts(scheme_id=pk, sentences=said[key]) for pk, key in keys if kept.get(pk) != said[key]]
    SchemeTexts.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["scheme"], update_fields=["sentences"]
    )
    return sum(map(len, said.values()))
