"""How well the ranking did on judged requests, as the last recorded evaluation says; unknown where there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from backend.common.files import read_yaml

RECORD = settings.BASE_DIR / "fixtures" / "evaluation.yaml"
# What each measure is called, and how to read it. All are shares, and people read them out of a hundred.
LABELS = {
    "ndcg_10": (
        _("Ordre des dix premiers"),
        _("100 : l’ordre que les lecteurs auraient choisi. 0 : rien d’utile parmi les dix."),
    ),
    "recall_10": (
        _("Dispositifs utiles retrouvés"),
        _("Part de ceux que les lecteurs ont jugés utiles et qui sont parmi les dix premiers."),
    ),
    "reciprocal_rank": (
        _("Place du premier dispositif utile"),
        _("100 : il vient toujours en tête. 50 : toujours en deuxième."),
    ),
    "false_alerts": (
        _("Réponses de trop"),
        _("Part des demandes auxquelles rien ne convient, et qui reçoivent quand même une réponse. 0 est le mieux."),
    ),
    "false_silences": (
        _("Silences à tort"),
        _("Part des demandes auxquelles quelque chose convient, et qui restent sans réponse. 0 est le mieux."),
    ),
}


class EvaluationError(ValueError):
    """What was recorded of an evaluation cannot be shown; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure out of a hundred, with its 95 % interval; ``None`` is not measured yet."""

    label: str
    meaning: str
    value: int | None
    interval: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """When the ranking was measured, on how many requests, how to do it again, and what came out."""

    measured_on: date
    command: str
    n_requests: int
    measures: tuple[Measure, ...]

    @property
    def has_intervals(self) -> bool:
        return any(measure.interval for measure in self.measures)


def read_evaluation(path: Path) -> Evaluation | None:
    """Return what was recorded last; nothing while nothing was."""
    if not path.exists():
        return None
    content = read_yaml(path)
    unknown = sorted(content["figures"].keys() - LABELS)
    if unknown:
        raise EvaluationError(f"Unknown measures {', '.join(unknown)}. Known measures: {', '.join(LABELS)}.")
    return Evaluation(
        measured_on=date.fromisoformat(content["measured_on"]),
        command=content["command"],
        n_requests=content["n_requests"],
        measures=tuple(_measure(name, content["figures"].get(name, {})) for name in LABELS),
    )


def _measure(name: str, figure: Mapping[str, Any]) -> Measure:
    label, meaning = LABELS[name]
    shares = [figure[key] for key in ("value", "low", "high") if key in figure]
    if not all(0 <= share <= 1 for share in shares):
        raise EvaluationError(f"{name} is {figure}: shares go from 0 to 1.")
    value, *interval = (round(100 * share) for share in shares) if shares else (None,)
    return Measure(
        label=str(label),
        meaning=str(meaning),
        value=value,
        interval=(interval[0], interval[1]) if interval else None,
    )
