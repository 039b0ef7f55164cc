"""Choosing the coefficients of the model, on pairs of which we know whether they are of one scheme.

Known are: the half of the judged pairs that is used for tuning; sheets of ours that were written from a record of the
State's site, whose key says so; and that this site lists nothing twice, so that two of its records, or one and the
sheet of ours written from the other, are two schemes. No pair that measures is among them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.model_selection import StratifiedKFold

from backend.schemes.ingestion.duplicates.finding import nearest
from backend.schemes.ingestion.duplicates.judging import JudgedPair, Verdict
from backend.schemes.ingestion.duplicates.scoring import Model, why_apart
from backend.schemes.ingestion.duplicates.sheets import Sheet
from backend.schemes.ingestion.duplicates.similarity import FOR, Pair, Trait, Vectors
from backend.schemes.models import Scheme

HEADER = """\
# How likely two sheets are of one scheme: a logistic model, fitted by `manage.py fit_duplicates` on pairs that we know
# (schemes/ingestion/duplicates/fitting.py says which). The two chances were chosen on the half of them that tunes.
"""
SITE = "transition-ecologique"  # lists nothing twice
OURS_FROM_SITE = f"{Scheme.OWN}:mte-"  # begins the keys of ours that were written from its records
JUDGED_WEIGHT = 5.0  # of a pair that a person read, against one that is known by its key
SPREAD = 1.0  # how far from zero coefficients are expected: a penalty of half their squares
FOLDS = 5
SAME_FROM, NEAR_FROM = 0.4, 0.05


@dataclass(frozen=True, slots=True)
class Known:
    """Pairs, whether each is of one scheme, and which of them a person read."""

    pairs: list[Pair]
    same: np.ndarray
    read: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        return np.where(self.read, JUDGED_WEIGHT, 1.0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model, what it was fitted on, and what each pair was given by a model that did not know it."""

    model: Model
    known: Known
    chances: np.ndarray


def known_pairs(vectors: Vectors, judged: Iterable[JudgedPair]) -> Known:
    """Return the pairs that we know, those that measure left out."""
    places = {sheet.key: place for place, sheet in enumerate(vectors.sheets)}
    found: dict[Pair, tuple[bool, bool]] = {}
    measures = set()
    for pair in judged:
        if pair.one in places and pair.other in places:
            place = _in_order(places[pair.one], places[pair.other])
            if pair.measures:
                measures.add(place)
            else:
                found[place] = pair.verdict is Verdict.SAME, True
    for place, is_same in _known_by_key(vectors, places):
        found.setdefault(place, (is_same, False))
    kept = {pair: told for pair, told in found.items() if pair not in measures and not _is_apart(vectors.sheets, pair)}
    same, read = np.array(list(kept.values())).T
    return Known(list(kept), same, read)


def _known_by_key(vectors: Vectors, places: dict[str, int]) -> Iterator[tuple[Pair, bool]]:
    theirs = np.array([place for place, sheet in enumerate(vectors.sheets) if sheet.source == SITE])
    ours = {
        places[f"{SITE}:{key.removeprefix(OURS_FROM_SITE)}"]: place
        for key, place in places.items()
        if key.startswith(OURS_FROM_SITE) and f"{SITE}:{key.removeprefix(OURS_FROM_SITE)}" in places
    }
    for record, sheet in ours.items():
        yield _in_order(record, sheet), True
    for one, other in {*nearest(vectors.titles, theirs, theirs), *nearest(vectors.words, theirs, theirs)}:
        yield (one, other), False
        for mine, record in ((one, other), (other, one)):
            if mine in ours:
                yield _in_order(ours[mine], record), False


def _is_apart(sheets: Sequence[Sheet], pair: Pair) -> bool:
    return bool(why_apart(*(sheets[place] for place in pair)))


def _in_order(one: int, other: int) -> Pair:
    return min(one, other), max(one, other)


def fit(vectors: Vectors, judged: Iterable[JudgedPair]) -> Fitted:
    """Fit the model on all that is known, and say what it would have given each pair without knowing it."""
    known = known_pairs(vectors, judged)
    order = sorted(range(len(known.pairs)), key=lambda place: known.pairs[place])  # of no set: the same each time
    known = Known([known.pairs[place] for place in order], known.same[order], known.read[order])
    traits = vectors.traits(known.pairs)
    chances = np.zeros(len(known.pairs))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for learnt, left in folds.split(traits, known.same * 2 + known.read):
        values = _coefficients(traits[learnt], known.same[learnt], known.weights[learnt])
        chances[left] = expit(traits[left] @ values[:-1] + values[-1])
    values = _coefficients(traits, known.same, known.weights)
    named = {trait.value: round(float(value), 3) for trait, value in zip(Trait, values[:-1], strict=True)}
    return Fitted(Model(round(float(values[-1]), 3), named, SAME_FROM, NEAR_FROM), known, chances)


def _coefficients(traits: np.ndarray, same: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the likeliest coefficients, the intercept last: none counts the other way than its trait speaks."""
    design = np.c_[traits, np.ones(len(traits))]
    sign = np.where(same, 1.0, -1.0)
    bounds = [(0, None) if trait in FOR else (None, 0) for trait in Trait] + [(None, None)]

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (design @ values)
        penalty = np.append(values[:-1], 0) / SPREAD
        slope = -(design.T @ (weights * sign * expit(-margin))) + penalty
        return float((weights * np.logaddexp(0, -margin)).sum() + (penalty @ values) / 2), slope

    start = np.zeros(design.shape[1])
    return np.asarray(minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 5000}).x)


def write_model(fitted: Fitted, path: Path, *, on: date) -> None:
    """Keep a model in the file that the search reads."""
    model, known = fitted.model, fitted.known
    content: dict[str, Any] = {
        "dated": on.isoformat(),
        "fitted_on": {"judged": int(known.read.sum()), "known_by_key": int((~known.read).sum())},
        "same_from": model.same_from,
        "near_from": model.near_from,
        "intercept": model.intercept,
        "coefficients": dict(model.coefficients),
    }
    path.write_text(HEADER + yaml.safe_dump(content, sort_keys=False))
