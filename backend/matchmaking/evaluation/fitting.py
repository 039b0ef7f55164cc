"""Fitting the chance that something answers, on the half of the judged requests that is used for tuning."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from backend.matchmaking import engine
from backend.matchmaking.evaluation.judgements import load_judgements
from backend.matchmaking.lines import as_request
from backend.matchmaking.models import Match

HEADER = """\
# The chance that something answers a firm's words, from four likenesses: logistic models fitted by
# `manage.py fit_answering` on the half of the judged requests that is used for tuning: one for each judged catalogue,
# and one on all of them for the others.
"""
ALL = "all"


def fit_answering(sources: Iterable[str]) -> dict[str, tuple[dict[str, float], int]]:
    """Fit the coefficients for each catalogue named, and over all; with each, how many requests it was fitted on."""
    cases = {source: list(_cases(source)) for source in sources}
    cases[ALL] = [case for several in cases.values() for case in several]
    return {name: (_fit(several), len(several)) for name, several in cases.items()}


def _fit(cases: Iterable[tuple[list[float], bool]]) -> dict[str, float]:
    signs, fits = zip(*cases, strict=True)
    # Balanced: what is stated supposes that as many requests are hopeless as not, whatever the sample.
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    model.fit(np.array(signs), np.array(fits))
    scaler, logistic = model.named_steps["standardscaler"], model.named_steps["logisticregression"]
    slopes = logistic.coef_[0] / scaler.scale_
    intercept = float(logistic.intercept_[0] - np.sum(scaler.mean_ * slopes))
    values = (intercept, *slopes.tolist())
    return {name: round(value, 3) for name, value in zip(("intercept", *engine.SIGNS), values, strict=True)}


def write_answering(coefficients: Mapping[str, dict[str, float]], path: Path, *, on: date) -> None:
    """Keep the coefficients in the file that the engine reads."""
    content = {"dated": on.isoformat(), "coefficients": dict(coefficients)}
    path.write_text(HEADER + yaml.safe_dump(content, sort_keys=False))


def _cases(source: str) -> Iterator[tuple[list[float], bool]]:
    """Give the signs of each request that the readers are clear about, and whether a possible scheme fits it."""
    catalogue = engine.catalogue(source)
    judged = [one for one in load_judgements(source) if not one.held_out]
    language = engine.language_in_force()
    requests = [as_request(one.question, catalogue, language=language)[0] for one in judged]
    answers = engine.answer(requests, compiled=catalogue)
    for one, request, answer in zip(judged, requests, answers, strict=True):
        possible = {item.scheme_key for item in answer.ranked if item.eligibility != Match.Verdict.INELIGIBLE}
        grades = [grade for key, grade in one.grades.items() if key in possible]
        fits = any(grade >= engine.RELEVANT for grade in grades)
        if fits or not grades:
            yield engine.signs(request, possible, compiled=catalogue), fits
