"""The files of ``fixtures/`` that differ from one territory to another.

``JONCTION_TERRITORY`` names a folder laid out as ours: a file there stands in the place of ours, or is one more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from backend.common.files import read_yaml

LEFT_OUT = "left_out.yaml"  # of a territory alone: keys of our schemes that nobody there could have
MORE_OF = ("schemes", "drafts")  # folders of which each file is read


class TerritoryFileError(ValueError):
    """A file of a territory that means nothing here, with a sentence for who wrote it."""


def territory_file(*parts: str) -> Path:
    """Return a file of the territory's folder, or ours where that has none."""
    own = settings.TERRITORY_FOLDER and settings.TERRITORY_FOLDER.joinpath(*parts)
    return own if own and own.is_file() else settings.BASE_DIR.joinpath("fixtures", *parts)


def left_out() -> frozenset[str]:
    """Return the keys of our schemes that the territory leaves out; of ours, none."""
    path = settings.TERRITORY_FOLDER and settings.TERRITORY_FOLDER / LEFT_OUT
    return frozenset(read_yaml(path)["schemes"]) if path and path.is_file() else frozenset()


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
    more = own.keys() - held.keys() - {Path(LEFT_OUT)}
    if unread := sorted(str(path) for path in more if path.parts[:-1] not in {(name,) for name in MORE_OF}):
        raise TerritoryFileError(
            f"{settings.TERRITORY_FOLDER} : rien ne lit {', '.join(unread)} ; attendu : un fichier du même nom que "
            f"dans « fixtures », une fiche dans « {MORE_OF[0]} », ou {LEFT_OUT}."
        )
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, path in (held | own).items():
            if name not in without:
                (folder / name.parent).mkdir(parents=True, exist_ok=True)
                (folder / name).symlink_to(path)
        yield folder


def _files(folder: Path) -> dict[Path, Path]:
    return {path.relative_to(folder): path.resolve() for path in sorted(folder.rglob("*")) if path.is_file()}
