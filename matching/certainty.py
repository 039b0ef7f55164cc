"""From what is heard in a text to the probability that it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-3  # a share under it is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """From the shares of sub-needs in a text to the probabilities that they are asked for (Platt, 1999).

    That of the likeliest is logistic in the logarithms of its share and of the greatest share of what no scheme
    answers in the same part, and in the log-odds that no scheme is for the text. That of each other one, where the
    likeliest is asked for, is logistic in the logarithms of its share in the part that says it best and in the whole:
    most of what is heard beside a need is a shade of it, or the trade of who writes. Fitted on judged requests.
    """

    intercept: float
    need: float
    nothing: float
    out_of_scope: float
    other_intercept: float
    other_need: float
    other_whole: float

    def probabilities(
        self, shares: NDArray[np.float64], nothing: NDArray[np.float64], out_of_scope: float
    ) -> NDArray[np.float64]:
        """Return the probability of sub-needs, each as the likeliest of its text; arrays that fit each other."""
        logits = self.intercept + self.need * log_of(shares) + self.nothing * log_of(nothing)
        return _probability(logits + self.out_of_scope * out_of_scope)

    def of_others(self, best: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of sub-needs beside one that is asked for; shares in a part, and in the whole."""
        return _probability(self.other_intercept + self.other_need * log_of(best) + self.other_whole * log_of(whole))


class Signs(NamedTuple):
    """What :class:`Certainty` reads of a text: of its likeliest sub-need, and of each other one that is heard.

    Logarithms of its share, of the most that is nothing and log-odds; logarithms of its share in a part and the whole.
    """

    likeliest: tuple[float, float, float]
    others: Mapping[str, tuple[float, float]]


def _probability(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-logits))
    return found


def log_of(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithms of shares; one under ``LEAST`` counts as that."""
    found: NDArray[np.float64] = np.log(np.maximum(shares, LEAST))
    return found
