"""Fitting what a share of a sub-need in a text is worth as a probability, on the half of the requests for tuning."""

from collections.abc import Container, Iterable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression

from backend.matchmaking import engine
from backend.matchmaking.evaluation.judgements import load_judgements, load_labelled
from backend.schemes.models import Scheme

HEADER = """\
# From the shares of sub-needs in a text to the probabilities that they are asked for, fitted by `manage.py
# fit_certainty` on the half of the judged requests that is used for tuning. Of the likeliest: a logistic model in the
# logarithms of its share and of the greatest share of what no scheme answers in the same part, and in the log-odds
# that no scheme is for the text. Of each other one, where the likeliest is asked for: in the logarithms of its share
# in a part and in the whole.
"""
STARTS_FROM = {"intercept": 0.0, "need": 1.0, "nothing": -1.0, "out_of_scope": -1.0}
OTHERS = ("other_intercept", "other_need", "other_whole")
N_ROUNDS = 4  # the part of a text that says a need best depends a little on the coefficients
MISSED = 4.0  # weight of another need that is missed, beside one said in vain, which is taken away at a tap


def fit_certainty() -> tuple[dict[str, float], int]:
    """Return the coefficients, fitted on whether texts ask for what is heard in them, and the number of texts."""
    texts = [*_texts()]
    coefficients = STARTS_FROM | dict.fromkeys(OTHERS, 0.0)
    for _ in range(N_ROUNDS):
        signs = [engine.signs_of(text, coefficients) for text, _ in texts]
        heard = [(sign, needs) for sign, (_, needs) in zip(signs, texts, strict=True) if sign]
        # Balanced: what is stated supposes that as many requests are hopeless as not, whatever the sample.
        model = LogisticRegression(C=100, class_weight="balanced")
        model.fit(np.array([sign.likeliest for sign, _ in heard]), [bool(needs) for _, needs in heard])
        coefficients |= _rounded(STARTS_FROM, model)
    others = [(sign, need in needs) for signs, needs in heard if needs for need, sign in signs.others.items()]
    model = LogisticRegression(C=100, class_weight={True: MISSED, False: 1.0})
    model.fit(np.array([sign for sign, _ in others]), [asked for _, asked in others])
    return coefficients | _rounded(OTHERS, model), len(heard)


def _rounded(names: Iterable[str], model: LogisticRegression) -> dict[str, float]:
    values = (model.intercept_[0], *model.coef_[0])
    return {name: round(float(value), 3) for name, value in zip(names, values, strict=True)}


def write_certainty(coefficients: Mapping[str, float], path: Path, *, on: date) -> None:
    """Keep the coefficients in the file that the engine reads."""
    content = {"dated": on.isoformat(), "coefficients": dict(coefficients)}
    path.write_text(HEADER + yaml.safe_dump(content, sort_keys=False))


def _texts() -> Iterable[tuple[str, Container[str]]]:
    """Give the texts of the half for tuning, and the needs that each asks for: none where no scheme is for it."""
    labelled = {each.question.id for each in load_labelled()}
    for each in load_labelled():
        if not each.held_out:
            yield each.question.text, each.needs
    for judged in load_judgements(Scheme.OWN):
        if not judged.held_out and judged.question.id not in labelled and max(judged.grades.values(), default=0) < 1:
            yield judged.question.text, ()
