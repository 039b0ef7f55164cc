"""The size of a firm as figures count it: the band of its own number of employees.

The European category needs the group, the turnover and the balance sheet, which four firms in five do not tell. These
bands have its limits of headcount (recommendation 2003/361/EC, annex, art. 2), which INSEE publishes by too.
"""

from collections.abc import Sequence

SIZE_BANDS = {
    "under_10": "moins de 10 salariés",
    "10_to_49": "10 à 49 salariés",
    "50_to_249": "50 à 249 salariés",
    "from_250": "250 salariés et plus",
}
SIZE_LABELS = {**{key: label[:1].upper() + label[1:] for key, label in SIZE_BANDS.items()}, "": "Effectif inconnu"}
_LIMITS = (10, 50, 250)


def size_band(headcount: float | Sequence[float | None] | None) -> str:
    """Return the band of a headcount, which is a number or its bounds; empty where it may be in several.

    >>> size_band(9.5), size_band([10, 19]), size_band([250, None]), size_band([1, 19]), size_band(None)
    ('under_10', '10_to_49', 'from_250', '', '')
    """
    if headcount is None:
        return ""
    low, high = headcount if isinstance(headcount, Sequence) else (headcount, headcount)
    first = sum((low or 0) >= limit for limit in _LIMITS)
    last = sum(high is None or high >= limit for limit in _LIMITS)
    return list(SIZE_BANDS)[first] if first == last else ""
