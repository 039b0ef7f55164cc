"""What was learnt of the texts of a catalogue, in a file that the processes of a machine map: one of them learns.

It is a cache: named after all that it is made of, missed without harm where it cannot be written or read. It says
nothing of what firms wrote but how rare the catalogue's own words are among it (``matching.Postings.save``).
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, flock
from hashlib import sha256
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir

from django.conf import settings

import matching
from backend.common.releases import code_state

SUFFIX, PART = ".postings", ".part"
N_KEPT = 4  # files, those that were opened last: as many as there are catalogues compiled in a process


def mapped_postings(examples: Iterable[matching.Example], language: str, rarity: matching.Rarity) -> matching.Postings:
    """Return the postings of what is said of each scheme, in a version of the language, from a file if it can be.

    The first process that asks learns and writes them; another one that asks meanwhile waits for that.
    """
    examples = list(examples)
    folder = _folder()
    if folder is None:
        return matching.Postings.learn(examples, rarity)
    path = folder / f"{_digest(examples, language, rarity)}{SUFFIX}"
    found = _open(path, rarity)
    if found is None:
        with _alone(folder):
            found = _open(path, rarity) or _write(path, matching.Postings.learn(examples, rarity), rarity)
    return found


def _folder() -> Path | None:
    """Return the folder of the files, made where it is not there; nothing where others may write in it too."""
    if settings.POSTINGS_DIR == "":
        return None
    try:
        folder = Path(settings.POSTINGS_DIR or f"{gettempdir()}/jonction-postings-{os.geteuid()}")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return folder if is_ours else None


def _digest(examples: Iterable[matching.Example], language: str, rarity: matching.Rarity) -> str:
    content = sha256(repr((code_state(), language, sorted(rarity.stop_words))).encode())
    for example in examples:
        content.update(repr((example.text, sorted(example.subjects.items()), example.share)).encode())
    return content.hexdigest()[:32]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process of the machine, nor thread of this one, is here; where files can be locked."""
    with ExitStack() as held:
        with suppress(OSError):
            flock(held.enter_context((folder / "lock").open("w")), LOCK_EX)
        yield


def _open(path: Path, rarity: matching.Rarity) -> matching.Postings | None:
    """Return the postings of a file; nothing where there is none that can be read."""
    try:
        with path.open("rb") as file:
            mapped = mmap(file.fileno(), 0, access=ACCESS_READ)
        found = matching.Postings.open(mapped, rarity, thorough=True)
        os.utime(path)
    except (OSError, ValueError, matching.SavedError):  # mmap calls an empty file a wrong value
        return None
    return found


def _write(path: Path, postings: matching.Postings, rarity: matching.Rarity) -> matching.Postings:
    """Return postings as those of a file, which has its name once it is whole; as they are where it cannot be."""
    try:
        _remove(path.parent.glob(f"*{PART}"))  # of a process that was ended
        with NamedTemporaryFile(dir=path.parent, suffix=PART, delete_on_close=False) as file:
            file.write(postings.save())
            file.close()
            os.replace(file.name, path)
        _remove(sorted(path.parent.glob(f"*{SUFFIX}"), key=_opened_at)[:-N_KEPT])
    except OSError:
        return postings
    return _open(path, rarity) or postings


def _opened_at(path: Path) -> float:
    return path.stat().st_mtime


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
