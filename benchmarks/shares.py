"""Where the time of a request goes: the parts of it, timed in one process, each without what it calls of the others.

Time of the processor in this process; that of PostgreSQL is counted apart.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from time import process_time_ns
from typing import Any


class Shares:
    """Nanoseconds of the processor by part; while a part calls another one, only the inner one counts."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._open: list[str] = []
        self._since = 0

    def _switch(self) -> None:
        now = process_time_ns()
        if self._open:
            self.spent[self._open[-1]] += now - self._since
        self._since = now

    @contextmanager
    def count(self, part: str) -> Iterator[None]:
        self._switch()
        self._open.append(part)
        try:
            yield
        finally:
            self._switch()
            self._open.pop()

    @contextmanager
    def watch(self, parts: Mapping[tuple[Any, str], str]) -> Iterator[None]:
        """Time functions, named by their module or class, as parts of whatever calls them."""
        before = {place: getattr(*place) for place in parts}
        try:
            for (owner, name), part in parts.items():
                setattr(owner, name, self._timed(before[owner, name], part))
            yield
        finally:
            for (owner, name), function in before.items():
                setattr(owner, name, function)

    def _timed(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.count(part):
                return function(*args, **kwargs)

        return timed
