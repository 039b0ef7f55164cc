"""After how many working days each rung is reminded of what waits: ``fixtures/escalations.yaml``."""

from collections.abc import Mapping
from functools import lru_cache

from backend.common.files import read_yaml
from backend.common.territory_files import territory_file
from backend.matchmaking.models import Escalation


@lru_cache(maxsize=1)
def _all_days() -> Mapping[str, Mapping[str, int]]:
    content: Mapping[str, Mapping[str, int]] = read_yaml(territory_file("escalations.yaml"))
    return content


def days_of_rungs(kind: str) -> Mapping[str, int]:
    """Return, by rung, the working days before it is reminded of a kind of wait: files, calls, answers or offers."""
    return _all_days()[kind]


@lru_cache(maxsize=1)
def first_delays() -> Mapping[str, int]:
    """Return, by kind of wait, after how many working days somebody is reminded first: of an arrival nobody is."""
    return {
        kind: min(n for rung, n in days.items() if rung != Escalation.Rung.ARRIVAL)
        for kind, days in _all_days().items()
    }
