"""Fitting how likely a listed scheme helps, on the half of the judged requests that is used for tuning."""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression

from backend.matchmaking import engine
from backend.matchmaking.evaluation.judgements import load_judgements
from backend.matchmaking.match_input import as_requests, proposed
from backend.matchmaking.usefulness import features_of
from backend.schemes.models import Scheme

HEADER = """\
# How likely a scheme of an answer helps with anything: a logistic model in the shares of the points of need and of
# words that it gets, and in whether it is aimed at other activities; fitted by `manage.py fit_usefulness` on what two
# readers said of the first ten schemes of each answered request, in the half of the judged requests used for tuning.
# What likelier does not help has no card.
"""
NAMES = ("intercept", "need", "words", "off_target")
N_FIRST = 10


def fit_usefulness() -> tuple[dict[str, float], int]:
    """Return the coefficients and the number of schemes that they were fitted on; guides stand apart and are not."""
    rows = [*_judged()]
    model = LogisticRegression(C=100).fit(np.array([row for row, _ in rows]), [helps for _, helps in rows])
    values = (model.intercept_[0], *model.coef_[0])
    return {name: round(float(value), 3) for name, value in zip(NAMES, values, strict=True)}, len(rows)


def write_usefulness(coefficients: Mapping[str, float], path: Path, *, on: date) -> None:
    """Keep the coefficients in the file that answers are laid out by."""
    content = {"dated": on.isoformat(), "coefficients": dict(coefficients)}
    path.write_text(HEADER + yaml.safe_dump(content, sort_keys=False))


def _judged() -> Iterator[tuple[tuple[float, float, float], bool]]:
    catalogue, language = engine.catalogue(Scheme.OWN), engine.language_in_force()
    _, weights = engine.active_weights()
    tuning = [one for one in load_judgements(Scheme.OWN) if not one.held_out]
    questions = [one.question for one in tuning]
    requests = [request for request, _ in as_requests(questions, catalogue, language=language)]
    answers = engine.answer(requests, compiled=catalogue, weights=weights)
    for one, answer in zip(tuning, answers, strict=True):
        if answer.decision.reply == engine.Reply.ANSWERED and one.grades:
            listed = [item for item in proposed(answer.ranked) if not item.guide]
            for item in listed[:N_FIRST]:
                yield features_of(item.parts, weights), one.grades.get(item.scheme_key, 0.0) > 0.0
