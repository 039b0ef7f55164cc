"""Versions that learnt something, without the two hundred decisions it takes."""

from typing import Any

from django.utils import timezone

from backend.accounts.models import User
from backend.matchmaking import engine
from backend.matchmaking.models import Ranker

FAIRNESS = [
    {"kind": "size", "group": "10_to_49", "n_files": 12, "possible": 20.5, "before": 3.0, "after": 2.7},
    {"kind": "size", "group": "", "n_files": 3, "possible": 8.0, "before": 1.0, "after": 1.0},
    {"kind": "epci", "group": "ARC", "n_files": 15, "possible": 18.0, "before": 2.6, "after": 2.5},
]
NO_COMPARISON = {"champion": None, "challenger": None, "difference": None, "n_files": 0}


def make_ranker(adopted_by: User | None = None, *, gain: float = 0.02, near: float = 60.0, **fields: Any) -> Ranker:
    """Make a version that values what is near more than the rules do."""
    weight_set, weights = engine.active_weights()
    points = {name: getattr(weights, name) for name in engine.LEARNT_FROM}
    now = timezone.now()
    difference = [gain, gain - 0.01, gain + 0.01]
    compared = {"champion": 0.9, "challenger": 0.9 + gain, "difference": difference, "n_files": 15}
    adopted = {"state": Ranker.State.ADOPTED, "adopted_by": adopted_by, "adopted_at": now} if adopted_by else {}
    return Ranker.objects.create(
        weights=weight_set,
        points={**points, "near": near},
        means=dict.fromkeys(points, 0.5),
        bound=12,
        counts={"decisions": 240, "files": 60, "officers": 3, "rarer_answer": 55},
        trained_at=now,
        **{"comparison": compared, "fairness": FAIRNESS, **adopted, **fields},
    )
