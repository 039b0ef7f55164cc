"""How the committee reads needs: the sub-needs of each of its working groups, and of each action of the territory."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend.common.files import read_yaml
from backend.common.territory_files import territory_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """A working group or an action, and the sub-needs that it looks at."""

    key: str
    label: str
    sub_needs: tuple[str, ...]


@lru_cache(maxsize=1)
def lenses() -> dict[str, tuple[Lens, ...]]:
    """Return the lenses of ``fixtures/territories/lenses.yaml``, by kind: ``groups``, then ``actions``."""
    content: dict[str, Any] = read_yaml(territory_file("territories/lenses.yaml"))
    return {
        kind: tuple(
            Lens(key=f"{kind}:{row['key']}", label=row["label"], sub_needs=tuple(row["sub_needs"]))
            for row in content[kind]
        )
        for kind in ("groups", "actions")
    }


def lens_of(key: str) -> Lens | None:
    """Return a lens by its key, such as ``groups:mobilite``."""
    return next((lens for several in lenses().values() for lens in several if lens.key == key), None)
