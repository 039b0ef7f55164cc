"""The points of the score: versions that people write, and which one is in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain, count
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.common.files import read_yaml
from backend.common.locks import wait_for_turn
from backend.matchmaking import engine
from backend.matchmaking.contributions import contributions
from backend.matchmaking.models import Activation, WeightSet
from backend.schemes.typography import number

MOST_POINTS = 200
WEIGHTS = "weights"  # one person at a time writes or puts in force: who serves may not lock rows that are append-only


class WeightsError(ValueError):
    """What was asked of the points cannot be done; the sentence says why."""


def check_may_set(user: User) -> None:
    if not user.may_set_weights:
        raise PermissionDenied


def check_points(points: Mapping[str, Any]) -> None:
    """Refuse points that the engine could not add up."""
    unknown = sorted(points.keys() - set(engine.POINTS))
    if unknown:
        accepted = ", ".join(engine.POINTS)
        raise WeightsError(
            _("Rien ne s’appelle %(names)s dans le score. Noms possibles : %(accepted)s.")
            % {"names": ", ".join(unknown), "accepted": accepted}
        )
    for name, label, _meaning in contributions():
        if name not in points:
            raise WeightsError(_("Il manque les points de « %(label)s » (%(name)s).") % {"label": label, "name": name})
        given = points[name]
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= MOST_POINTS:
            raise WeightsError(
                _("« %(label)s » vaut %(given)s : il faut un nombre entre 0 et %(most)s.")
                % {"label": label, "given": given, "most": MOST_POINTS}
            )


# -- versions


@transaction.atomic
def write_weights(*, points: Mapping[str, float], note: str, author: User, on: date) -> WeightSet:
    """Keep a new version, that counts for nothing until it is put in force."""
    check_may_set(author)
    check_points(points)
    if not note.strip():
        raise WeightsError(_("Dites en quelques mots pourquoi cette version : d’autres la reliront."))
    wait_for_turn(WEIGHTS)
    same = next((one for one in WeightSet.objects.all() if one.points == points), None)
    if same:
        raise WeightsError(
            _("La version %(version)s a déjà exactement ces points : changez-en un, ou servez-vous d’elle.")
            % {"version": same}
        )
    return WeightSet.objects.create(
        version=_next_name(on), points=dict(points), author=author, written_on=on, note=note.strip()
    )


def _next_name(on: date) -> str:
    taken = set(WeightSet.objects.filter(version__startswith=f"{on}").values_list("version", flat=True))
    return next(name for name in chain([f"{on}"], (f"{on}-{n}" for n in count(2))) if name not in taken)


@transaction.atomic
def activate_weights(*, weights: WeightSet, by: User, instead_of: str) -> Activation:
    """Put a version in force, instead of the one that its effect was compared with."""
    check_may_set(by)
    wait_for_turn(WEIGHTS)
    current = WeightSet.objects.in_force().get()
    if current == weights:
        raise WeightsError(_("La version %(version)s est déjà en vigueur.") % {"version": weights})
    if current.version != instead_of:
        raise WeightsError(
            _("La version %(version)s a été mise en vigueur entre-temps. Relisez ce que la vôtre change désormais.")
            % {"version": current}
        )
    return Activation.objects.create(weights=weights, by=by, at=timezone.now())


@transaction.atomic
def load_weights(path: Path) -> str:
    """Add the version of a file, and put it in force unless a person chose the one that is; say what was done."""
    content = read_yaml(path)
    check_points(content["points"])
    weights, created = WeightSet.objects.get_or_create(
        version=content["version"],
        defaults={"points": content["points"], "written_on": date.fromisoformat(content["dated"])},
    )
    last = Activation.objects.select_related("by").first()
    if not created:
        if weights.points == content["points"]:
            return f"version {weights} inchangée"
        return f"{path.name} a changé, mais pas sa version : {weights} reste ce qu’elle était ; donnez-en une autre"
    if last and last.by:
        return f"version {weights} ajoutée ; {last.weights_id}, choisie par {last.by}, reste en vigueur"
    Activation.objects.create(weights=weights, at=timezone.now())
    return f"version {weights} en vigueur"


# -- reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One contribution of a version, beside that of the version in force."""

    label: str
    meaning: str
    points: str
    in_force: str

    @property
    def differs(self) -> bool:
        return self.points != self.in_force


def compare(weights: WeightSet, in_force: WeightSet) -> list[Line]:
    """Put the points of a version beside those in force."""
    return [
        Line(label=label, meaning=meaning, points=_written(weights, name), in_force=_written(in_force, name))
        for name, label, meaning in contributions()
    ]


def _written(weights: WeightSet, name: str) -> str:
    return number(weights.points[name]) if name in weights.points else _("ne compte pas")
