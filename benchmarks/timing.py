"""How long tools take for the same work, in turn, several times over: time of the processor, medians; and a table."""

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time_ns


class Clock:
    """Counts the time of the processor that this process takes, and the servers that work for it."""

    def __init__(self) -> None:
        self._servers: list[int] = []

    def add_server(self, pid: int) -> None:
        self._servers.append(pid)
        self.now()  # fails here where the system does not tell

    def now(self) -> int:
        """Return nanoseconds."""
        others = (Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0] for pid in self._servers)
        return process_time_ns() + sum(map(int, others))


@dataclass(frozen=True, slots=True)
class Race:
    """What each tool took for one piece of work, in seconds: by name, round after round."""

    times: Mapping[str, list[float]]

    def __getitem__(self, name: str) -> float:
        return median(self.times[name])

    def __contains__(self, name: str) -> bool:
        return name in self.times

    def ratio(self, slow: str, fast: str) -> float:
        """Return how many times as long one takes as another: the median over the rounds."""
        return median(a / b for a, b in zip(self.times[slow], self.times[fast], strict=True))


def race(
    works: Mapping[str, Callable[[], object]],
    *,
    clock: Clock,
    rounds: int = 7,
    pieces: Mapping[str, int] | None = None,
    least: float = 0.02,
) -> Race:
    """Let tools do the same work in turn.

    Parameters
    ----------
    works : mapping of str to callable
        What each does at once.
    rounds : int
    pieces : mapping of str to int, optional
        How many pieces of work each does at once, where it is not one: times are of one.
    least : float
        Seconds that each works for in a round, at least.
    """
    repeats = {}
    for name, work in works.items():
        work()
        start = clock.now()
        work()
        repeats[name] = max(1, int(least * 1e9 / max(clock.now() - start, 1)))
    times: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, work in works.items():
                start = clock.now()
                for _ in range(repeats[name]):
                    work()
                took = (clock.now() - start) / 1e9
                times[name].append(took / repeats[name] / (pieces or {}).get(name, 1))
    finally:
        gc.enable()
    return Race(times)


class Table:
    """Rows as they are known: what was measured, and what must be reached."""

    def __init__(self) -> None:
        self.n_missed = 0

    def say(self, work: str, value: str, must: str = "", reached: bool | None = None) -> None:
        verdict = "" if reached is None else "reached" if reached else "MISSED"
        self.n_missed += reached is False
        print(f"{work:<58} {value:>22}  {must:<22} {verdict}", flush=True)

    def ratio(self, work: str, found: Race, slow: str, least: float, *, fast: str = "engine") -> None:
        times = found.ratio(slow, fast)
        self.say(f"  {work}: times {slow}", f"{times:,.1f}x", f"at least {least:g}x", times >= least)

    def at_most(self, work: str, value: float, most: float, unit: str = "x") -> None:
        self.say(f"  {work}", f"{value:,.2f}{unit}", f"at most {most:g}{unit}", value <= most)
