"""Compiled loops, where numba is installed and they are asked for; without them the same is done with numpy.

Nothing is used until :func:`load` is called: a process that answers one firm need not wait for a compiler.
"""

from dataclasses import dataclass
from threading import Lock
from time import perf_counter
from types import ModuleType


@dataclass(frozen=True, slots=True)
class Kernels:
    """The module of the loops, and the seconds it took to have it."""

    loops: ModuleType
    seconds: float


_loaded: list[Kernels] = []
_loading = Lock()


def loaded() -> ModuleType | None:
    """Return the loops, where they are in use."""
    return _loaded[0].loops if _loaded else None


def unload() -> None:
    """Use numpy again."""
    _loaded.clear()


def load(folder: str) -> Kernels | None:
    """Use compiled loops from now on, where numba is installed. Threads that ask at once wait for the first.

    Parameters
    ----------
    folder : str
        Where what was compiled is kept for the next process.

    Returns
    -------
    Kernels or None
        ``None`` where numba is not installed: everything works without it.
    """
    with _loading:
        if not _loaded:
            start = perf_counter()
            try:
                import numba
            except ImportError:
                return None
            numba.config.CACHE_DIR = folder
            from matching import loops

            _loaded.append(Kernels(loops, perf_counter() - start))
        return _loaded[0]
