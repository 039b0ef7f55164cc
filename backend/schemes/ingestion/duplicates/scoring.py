"""How likely two sheets are of one scheme: a logistic model whose every part is told in French.

``fitting.py`` chose its coefficients; what speaks for one scheme never counts against, nor the other way round.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import exp
from pathlib import Path

import numpy as np
from django.conf import settings

from backend.common.files import read_yaml
from backend.schemes.ingestion.duplicates.sheets import Sheet
from backend.schemes.ingestion.duplicates.signs import operator_signs
from backend.schemes.ingestion.duplicates.similarity import Pair, Trait, Vectors
from backend.schemes.models import Revision
from backend.schemes.typography import NBSP

MODEL = settings.BASE_DIR / "fixtures" / "duplicates.yaml"
SMALL = 0.2  # a part of the sum under which it is not worth a line


class Advice(StrEnum):
    SAME = "same"
    NEAR = "near"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Model:
    """The coefficients, and the chances from which a pair is proposed as one scheme, or is worth a look."""

    intercept: float
    coefficients: Mapping[str, float]
    same_from: float
    near_from: float

    def parts(self, traits: np.ndarray) -> np.ndarray:
        """Return what each trait of each pair adds to the sum."""
        return np.asarray(traits * np.array([self.coefficients[trait] for trait in Trait]))

    def advise(self, chance: float) -> Advice:
        if chance < self.near_from:
            return Advice.NONE
        return Advice.SAME if chance >= self.same_from else Advice.NEAR


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, and how much it weighs: over zero for one scheme, under zero against."""

    weight: float
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two sheets, and why they may be of one scheme. ``apart`` says why they cannot, whatever the chance."""

    one: Sheet
    other: Sheet
    chance: float
    advice: Advice
    reasons: tuple[Reason, ...]
    apart: str = ""


@cache
def model_in_use(path: Path = MODEL) -> Model:
    """Return the model of the reviewed file."""
    content = read_yaml(path)
    return Model(**{name: content[name] for name in ("intercept", "coefficients", "same_from", "near_from")})


def weigh(vectors: Vectors, pairs: Sequence[Pair], model: Model) -> list[Candidate]:
    """Weigh pairs of sheets, named by their places."""
    if not pairs:
        return []
    traits = vectors.traits(pairs)
    parts = model.parts(traits)
    return [_candidate(vectors, pair, traits[row], parts[row], model) for row, pair in enumerate(pairs)]


def _candidate(vectors: Vectors, pair: Pair, traits: np.ndarray, parts: np.ndarray, model: Model) -> Candidate:
    one, other = (vectors.sheets[place] for place in pair)
    chance = 1 / (1 + exp(-(model.intercept + float(parts.sum()))))
    reasons = [
        Reason(float(parts[place]), _told(trait, float(traits[place]), vectors, pair))
        for place, trait in enumerate(Trait)
        if abs(parts[place]) >= SMALL
    ]
    why = why_apart(one, other)
    advice = Advice.NONE if why else model.advise(chance)
    return Candidate(one, other, chance, advice, tuple(sorted(reasons, key=lambda reason: -abs(reason.weight))), why)


def why_apart(one: Sheet, other: Sheet) -> str:
    """Say why two sheets cannot be of one scheme, or need not be looked at; empty where they may be."""
    if one.departments is not None and other.departments is not None and one.departments.isdisjoint(other.departments):
        return "leurs territoires ne se touchent pas"
    if one.key == other.parent or other.key == one.parent:
        return "l’une est déjà la variante de l’autre"
    return ""


def _told(trait: Trait, value: float, vectors: Vectors, pair: Pair) -> str:
    one, other = (vectors.sheets[place] for place in pair)
    share = f"{round(100 * value)}{NBSP}%"
    match trait:
        case Trait.TITLE_HELD:
            return f"titre de l’une dans celui de l’autre à {share}"
        case Trait.TEXT:
            return f"textes proches à {share}"
        case Trait.PAGE_WORDS_ALIKE:
            return "adresses de leurs pages écrites presque avec les mêmes mots"
        case Trait.PAGE_WORDS_FAR:
            return "adresses de leurs pages écrites avec d’autres mots"
        case Trait.SAME_PAGE:
            return f"même page{NBSP}: {one.page}"
        case Trait.SAME_OPERATOR:
            return f"même porteur{NBSP}: {_common_operators(one, other)}"
        case Trait.OTHER_OPERATOR:
            names = " et ".join(", ".join(sheet.operator_names) for sheet in (one, other))
            return f"porteurs différents{NBSP}: {names}"
        case Trait.SAME_STAGE:
            return "toutes deux paient l’étude" if one.stage == "study" else "toutes deux paient l’investissement"
        case Trait.OTHER_STAGE:
            return "l’une paie l’étude, l’autre l’investissement"
        case Trait.SUBJECT_UNSAID | Trait.SUBJECTS_APART:
            return _unsaid(trait, share)
        case Trait.OTHER_KIND:
            kinds = f"{Revision.Kind(one.kind).label} et {Revision.Kind(other.kind).label}"
            return f"formes différentes{NBSP}: {kinds}"
        case Trait.NARROWER:
            return "l’une est limitée à un territoire, l’autre non"
        case Trait.OTHER_PLACES:
            return "territoires qui se recoupent sans être les mêmes"
        case Trait.OTHER_FIGURES:
            return "taux et montants sans un chiffre en commun"
        case Trait.OTHER_END:
            return "dates de fin différentes"


def _unsaid(trait: Trait, share: str) -> str:
    if trait is Trait.SUBJECTS_APART:
        return f"chacune tait au moins {share} de ce que dit le titre de l’autre"
    return f"l’une tait {share} de ce que dit le titre de l’autre"


def _common_operators(one: Sheet, other: Sheet) -> str:
    common = one.operators & other.operators
    names = [name for name in one.operator_names if operator_signs(name, "") & common]
    return ", ".join(names or sorted(common))
