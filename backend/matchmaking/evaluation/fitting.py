"""Fitting what a share of a sub-need in a text is worth as a probability, on the half of the requests for tuning."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression

from backend.matchmaking import engine
from backend.matchmaking.evaluation.judgements import load_judgements, load_labelled
from backend.schemes.models import Scheme

HEADER = """\
# From the share of a sub-need in a text to the probability that it is asked for: a logistic model in the logarithms of
# its share and of the greatest share of what no scheme answers in the same part, and in the log-odds that no scheme is
# for the text, fitted by `manage.py fit_certainty` on the half of the judged requests that is used for tuning.
"""
STARTS_FROM = {"intercept": 0.0, "need": 1.0, "nothing": -1.0, "out_of_scope": -1.0}
N_ROUNDS = 4  # the part of a text that says a need best depends a little on the coefficients


def fit_certainty() -> tuple[dict[str, float], int]:
    """Return the coefficients, fitted on whether a text asks for what a scheme is for, and the number of texts."""
    texts = [*_texts()]
    coefficients = STARTS_FROM
    for _ in range(N_ROUNDS):
        signs = [engine.strongest_signs(text, coefficients) for text, _ in texts]
        rows = [(sign, asks) for sign, (_, asks) in zip(signs, texts, strict=True) if sign]
        # Balanced: what is stated supposes that as many requests are hopeless as not, whatever the sample.
        model = LogisticRegression(C=100, class_weight="balanced")
        model.fit(np.array([sign for sign, _ in rows]), [asks for _, asks in rows])
        values = (model.intercept_[0], *model.coef_[0])
        coefficients = {name: round(float(value), 3) for name, value in zip(STARTS_FROM, values, strict=True)}
    return coefficients, len(rows)


def write_certainty(coefficients: Mapping[str, float], path: Path, *, on: date) -> None:
    """Keep the coefficients in the file that the engine reads."""
    content = {"dated": on.isoformat(), "coefficients": dict(coefficients)}
    path.write_text(HEADER + yaml.safe_dump(content, sort_keys=False))


def _texts() -> Iterable[tuple[str, bool]]:
    """Give the texts of the half for tuning, and whether they ask for something that a scheme could be for."""
    labelled = {each.question.id for each in load_labelled()}
    for each in load_labelled():
        if not each.held_out:
            yield each.question.text, bool(each.needs)
    for judged in load_judgements(Scheme.OWN):
        if not judged.held_out and judged.question.id not in labelled and max(judged.grades.values(), default=0) < 1:
            yield judged.question.text, False
