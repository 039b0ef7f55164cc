"""The files of ``fixtures/`` that differ from one territory to another.

``JONCTION_TERRITORY`` names an overlay, a folder laid out as ours: a file there stands in the place of ours, a scheme
may be one more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from backend.common.files import read_yaml

LEFT_OUT = "left_out.yaml"  # of a territory alone: keys of our schemes that nobody there could have
SHEETS = ("schemes", "drafts")  # folders of which a territory may have files that we do not have
# The files in which territories differ. The others hold what was learnt, measured or quoted of the law, for all.
MAY_DIFFER = frozenset(
    {
        "alerts.yaml", "demo.yaml", "demo_territory.yaml", "escalations.yaml", "fairness.yaml", "offices.yaml",
        "own_sites.yaml", "service.yaml", "taxonomy.yaml", "territories/lenses.yaml", "territories/outlines.yaml",
        "territories/served.yaml", "territories/zones.yaml", "weights.yaml", "windows.yaml",
    }
)  # fmt: skip


class TerritoryFileError(ValueError):
    """A file of a territory that means nothing here, with a sentence for who wrote it."""


def territory_file(name: str) -> Path:
    """Return a file of the territory's folder, or ours where that has none.

    Raises ``KeyError`` for one in which territories do not differ: it would be refused there, and never be read.
    """
    if name not in MAY_DIFFER:
        raise KeyError(name)
    own = settings.TERRITORY_FOLDER and settings.TERRITORY_FOLDER / name
    return own if own and own.is_file() else settings.BASE_DIR / "fixtures" / name


def left_out() -> frozenset[str]:
    """Return the keys of our schemes that the territory leaves out; of ours, none.

    Raises ``TerritoryFileError`` where its file gives no list.
    """
    path = settings.TERRITORY_FOLDER and settings.TERRITORY_FOLDER / LEFT_OUT
    if not path or not path.is_file():
        return frozenset()
    match read_yaml(path):
        case {"schemes": list(keys)}:
            return frozenset(map(str, keys))
    raise TerritoryFileError(f"{LEFT_OUT} : attendu : « schemes: », puis une liste de clés de fiches.")


@contextmanager
def reference_folder() -> Iterator[Path]:
    """Give a folder of all files, as ours is laid out: those of the territory over ours, without schemes left out.

    Raises ``TerritoryFileError`` for a file that nothing reads, and for a scheme left out that we do not have.
    """
    ours = settings.BASE_DIR / "fixtures"
    if settings.TERRITORY_FOLDER is None:
        yield ours
        return
    held, own = _files(ours), _files(settings.TERRITORY_FOLDER)
    without = {Path("schemes", f"{key}.yaml") for key in left_out()}
    if unknown := sorted(path.stem for path in without - held.keys()):
        raise TerritoryFileError(f"{LEFT_OUT} : dispositif inconnu : {', '.join(unknown)}.")
    if unread := sorted(name for name in map(Path.as_posix, own) if not _is_read(name)):
        raise TerritoryFileError(
            f"{settings.TERRITORY_FOLDER} : rien n’y lit {', '.join(unread)} ; attendu : une fiche dans "
            f"« {SHEETS[0]} » ou « {SHEETS[1]} », {', '.join(sorted(MAY_DIFFER))} ou {LEFT_OUT}."
        )
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, path in (held | own).items():
            if name not in without:
                (folder / name.parent).mkdir(parents=True, exist_ok=True)
                (folder / name).symlink_to(path)
        yield folder


def _is_read(name: str) -> bool:
    folder, _, file = name.partition("/")
    is_sheet = folder in SHEETS and file.endswith(".yaml") and "/" not in file
    return is_sheet or name in MAY_DIFFER or name == LEFT_OUT


def _files(folder: Path) -> dict[Path, Path]:
    """Return what a folder holds, without its notes for people and what is hidden: it may be a repository."""
    paths = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    hidden = {path for path in paths if path.suffix == ".md" or any(part.startswith(".") for part in path.parts)}
    return {path: paths[path].resolve() for path in paths.keys() - hidden}
