"""What was learnt from the sentences of a release, kept in a file for the next database that learns the same.

Only of the sentences of ``fixtures/``: what firms wrote is never in it. A cache: missed without harm where it cannot
be written or read.
"""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings

from backend.matchmaking import engine

N_KEPT = 4


def kept_arrays(version: str, sentences: Iterable[engine.Example]) -> bytes:
    """Return what is learnt from sentences, whose version it is, from a file if it can be."""
    folder = _folder()
    if folder is None:
        return engine.learn(sentences)
    path = folder / f"{version}.npz"
    try:
        return path.read_bytes()
    except OSError:
        arrays = engine.learn(sentences)
        _write(path, arrays)
        return arrays


def _folder() -> Path | None:
    """Return the folder of the files, made where it is not there; nothing where others may write in it too."""
    if not settings.LANGUAGE_DIR:
        return None
    try:
        folder = Path(settings.LANGUAGE_DIR)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return folder if is_ours else None


def _write(path: Path, arrays: bytes) -> None:
    """Write a file, which has its name once it is whole, and drop the oldest ones."""
    try:
        with NamedTemporaryFile(dir=path.parent, delete_on_close=False) as file:
            file.write(arrays)
            file.close()
            os.replace(file.name, path)
        for old in sorted(path.parent.glob("*.npz"), key=lambda each: each.stat().st_mtime)[:-N_KEPT]:
            old.unlink(missing_ok=True)
    except OSError:
        return
