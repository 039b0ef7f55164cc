"""The compiled loops of the engine, where numba is installed: optional, and started by the process that ranks."""

import logging
import os
import stat
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from threading import Lock
from time import perf_counter

from django.conf import settings

import matching
from backend.common.releases import code_state
from matching import kernels

logger = logging.getLogger(__name__)
_starting = Lock()


def start_loops() -> bool:
    """Let the engine use compiled loops from now on, where numba is installed and settings allow it; once a process.

    Threads that come at once wait for the first. Without the loops every answer is the same, and takes longer.
    """
    with _starting:
        return _start()


@cache
def _start() -> bool:
    if not settings.LOOPS or not find_spec("numba"):
        return False
    begun = perf_counter()
    try:
        folder = _folder()
        if not kernels.load(str(folder)):
            logger.warning("numba cannot be imported: the engine does without it")
            return False
        _compile()
    except (OSError, RuntimeError) as error:  # the second is numba's, of a folder that it cannot use
        kernels.unload()
        logger.warning("The engine does without numba: %s", error)
        return False
    logger.info("Compiled loops of the engine ready after %.1f s, kept in %s", perf_counter() - begun, folder)
    return True


def _folder() -> Path:
    """Return where what was compiled from this very code is kept. Raises ``OSError`` where it cannot be written.

    numba compiles again what changed in a file, not what changed in a file that this one reads; hence one folder for
    each state of the code. What is read from there is run: nobody else may write in it.
    """
    root = Path(settings.LOOPS_DIR or f"{gettempdir()}/jonction-loops-{os.geteuid()}")
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = root.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError(f"{root} is not a folder in which this account alone can write")
    folder = root / code_state()[:16]
    folder.mkdir(mode=0o700, exist_ok=True)
    with TemporaryFile(dir=folder):
        return folder


def _compile() -> None:
    """Ask for a made-up firm, with words and without: what is compiled is so now, not in the middle of an answer."""
    scheme = matching.Scheme(key="made:up", window=matching.Window(state="permanent"), needs={"robot": 1.0})
    weights = matching.Weights(version="", **dict.fromkeys(matching.POINTS, 1.0))
    said = [matching.Example("un robot", {scheme.key: 1.0})]
    rarity = matching.Rarity.learn(["un robot"], frozenset())
    reader = matching.NeedReader(matching.Lexicon.learn(said, rarity), negations=(), verb_negations=(), joints=())
    profile, index = matching.Profile(on=date(2026, 1, 1)), matching.Index([scheme])
    for wish in (matching.Wish(), reader.read("un robot", [], postings=matching.Postings.learn(said, rarity))):
        matching.rank_listed(index, profile, wish, weights)
