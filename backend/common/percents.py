"""Shares: in whole percents, as every page of figures writes them, and what they may be of all such cases."""

from math import sqrt
from statistics import NormalDist

CONFIDENCE_LEVEL = 0.95


def whole_percent(part: int, whole: int) -> int:
    """Round a share to the nearest percent; 100 is said of all of it only, and 0 of a share of nothing.

    >>> [whole_percent(part, 6) for part in (0, 1, 4, 6)]
    [0, 17, 67, 100]
    >>> whole_percent(1, 8), whole_percent(299, 300), whole_percent(0, 0)
    (13, 99, 0)
    """
    if not whole:
        return 0
    rounded = (200 * part + whole) // (2 * whole)
    return rounded if part == whole else min(rounded, 99)


def wilson_interval(part: int, whole: int) -> tuple[float, float]:
    """Return the Wilson score interval (1927) of a share of a number above zero, at ``CONFIDENCE_LEVEL``.

    scipy.stats has it too, and takes seconds to import at the first page of figures.

    >>> [round(bound, 4) for bound in wilson_interval(6, 20)], wilson_interval(0, 5)[0], wilson_interval(5, 5)[1]
    ([0.1455, 0.519], 0.0, 1.0)
    """
    share, z2 = part / whole, NormalDist().inv_cdf((1 + CONFIDENCE_LEVEL) / 2) ** 2 / whole
    middle, half = share + z2 / 2, sqrt(z2 * (share * (1 - share) + z2 / 4))
    low, high = (middle - half) / (1 + z2), (middle + half) / (1 + z2)
    return (low if part else 0.0), (high if part < whole else 1.0)
