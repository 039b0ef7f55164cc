"""What firms say that a scheme is for: sentences written by people, that help to understand and never decide."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from backend.common.files import read_yaml
from backend.schemes.models import Scheme

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
    changed = []
    for scheme in Scheme.objects.of_source(source).filter(Q(source_key__in=said) | ~Q(sayings=[])):
        sentences = said.get(scheme.source_key, [])
        if scheme.sayings != sentences:
            scheme.sayings = sentences
            changed.append(scheme)
    Scheme.objects.bulk_update(changed, ["sayings"])
    return sum(map(len, said.values()))
