"""Shares in whole percents, as every page of figures writes them."""


def whole_percent(part: int, whole: int) -> int:
    """Round a share of a number above nothing to the nearest percent; 100 is said of all of it only.

    >>> [whole_percent(part, 6) for part in (0, 1, 4, 6)]
    [0, 17, 67, 100]
    >>> whole_percent(1, 8), whole_percent(299, 300)
    (13, 99)
    """
    rounded = (200 * part + whole) // (2 * whole)
    return rounded if part == whole else min(rounded, 99)
