"""What the score is made of: one number for each thing that makes a scheme worth naming, each of them explainable."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from matching.needs import Wish
from matching.outcomes import MET, UNKNOWN, Outcome
from matching.schemes import REACHES, Scheme

SHORT_NOTICE_DAYS = 15  # taken for a preparation time where no source gives one
NEAR_DAYS = 90
OTHERS = 0.35  # what serving other sub-needs as well can add
CLOSE = 0.3  # likeness of words that leaves no doubt
OPEN_FACTS_FLOOR = 4  # from that many open facts on, nothing is left of the certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Points of each contribution at its best; ``version`` names the set.

    Parameters
    ----------
    need : float
        The scheme is made for what the firm asks.
    words : float
        What the firm writes is close to what firms say that it is for.
    near : float
        It is decided near the firm: local before national before European.
    target : float
        Its owner aims at this activity.
    certain : float
        Nothing is left to ask.
    guide : float
        It knows whom to turn to, whatever the need.
    deadline : float
        There is time to apply, and not for ever.
    verified : float
        Every fact of its sheet was read in a source.
    applicant : float
        The firm itself can ask for it.
    diversity : float
        Taken off for each scheme already named for the same need in the same form.
    answer : float
        Chance, in percent, from which we say that something answers.
    """

    version: str
    need: float
    words: float
    near: float
    target: float
    certain: float
    guide: float
    deadline: float
    verified: float
    applicant: float
    diversity: float
    answer: float


POINTS = tuple(item.name for item in fields(Weights) if item.name != "version")
CONTRIBUTIONS = tuple(name for name in POINTS if name != "answer")
_NEAR: dict[str, float] = dict(zip(REACHES, (1.0, 0.8, 0.65, 0.25, 0.0), strict=True))
_TARGET: dict[Outcome, float] = {MET: 1.0, UNKNOWN: 0.0}
_APPLICANT = {"firm": 0.0, "employee": -0.5, "authority": -1.0}


def fit(scheme: Scheme, wish: Wish) -> tuple[float, str]:
    """Return how well a scheme serves the sub-needs of a wish, in [0, 1], and the one it serves best.

    A wish that states nothing is served by every scheme alike.
    """
    served = sorted(
        ((weight * wish.weights[need], need) for need, weight in scheme.needs.items() if need in wish.weights),
        key=lambda pair: (-pair[0], pair[1]),
    )
    if not served:
        return 0.0, ""
    best, need = served[0]
    others = min(1.0, sum(value for value, _ in served[1:]))
    return best * (1.0 - OTHERS) + OTHERS * others, need


def closeness(scheme: Scheme, wish: Wish) -> float:
    """Return how close the words of a wish come to what is said of a scheme; small likenesses say little."""
    return min(1.0, (wish.closeness.get(scheme.key, 0.0) / CLOSE) ** 2)


def contributions(
    scheme: Scheme,
    *,
    need_fit: float,
    word_fit: float,
    targeted: Outcome,
    eligibility: Outcome,
    n_unknown: int,
    n_to_confirm: int,
    on: date,
    weights: Weights,
) -> Mapping[str, float]:
    """Return the points of a scheme by contribution, ``diversity`` left out: it depends on the others.

    Parameters
    ----------
    need_fit, word_fit : float
        In [0, 1], from :func:`fit` and :func:`closeness`.
    targeted, eligibility : Outcome
    n_unknown, n_to_confirm : int
        Open facts: those that leave the typed verdict open, and the others.
    on : datetime.date
    weights : Weights
    """
    doubt = 0.0 if eligibility == MET else (n_unknown + n_to_confirm / 2) / OPEN_FACTS_FLOOR
    return {
        "need": weights.need * need_fit,
        "words": weights.words * word_fit,
        "near": weights.near * _NEAR[scheme.reach],
        "target": weights.target * (_TARGET.get(targeted, -1.0) if scheme.targeting else 0.0),
        "certain": weights.certain * max(0.0, 1.0 - doubt),
        "guide": weights.guide * scheme.guide,
        "deadline": weights.deadline * _deadline(scheme, on),
        "verified": weights.verified * (1.0 if scheme.verified else 0.0),
        "applicant": weights.applicant * _APPLICANT[scheme.applicant],
    }


def _deadline(scheme: Scheme, on: date) -> float:
    """Return -1 when an application can no longer be ready, 1 when the end is near but feasible, else 0."""
    left = scheme.days_left(on)
    if left is None:
        return 0.0
    preparation = SHORT_NOTICE_DAYS if scheme.preparation_days is None else scheme.preparation_days
    if left < preparation:
        return -1.0
    return 1.0 if left <= NEAR_DAYS else 0.0
