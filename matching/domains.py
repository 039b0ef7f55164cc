"""Distinct codes and places, so arranged that a test of all of them costs what it names, not how many they are."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from matching.facts import Place
from matching.outcomes import MET, NOT_MET, UNKNOWN, OutcomeArray

type Rows = NDArray[np.intp]

_LAST = "\U0010ffff"  # after any character of a code


class Codes:
    """Distinct codes of a nomenclature in which every level is a prefix of the levels below.

    Parameters
    ----------
    codes : sequence of str
        Each once; an empty one is a code that is not known.
    """

    def __init__(self, codes: Sequence[str]) -> None:
        self._n = len(codes)
        self._rows: Rows = np.array(sorted(range(self._n), key=codes.__getitem__), dtype=np.intp)
        self._sorted = sorted(codes)
        self._row_of = {code: row for row, code in enumerate(codes)}
        self._lengths = sorted(set(map(len, codes)))

    def hold(self, prefixes: Iterable[str]) -> OutcomeArray:
        """Tell of each code whether it is at or under a prefix; where it is known only at a higher level, perhaps.

        >>> Codes(["C2562B", "C25", "C24", ""]).hold(["C2562B"]).tolist()
        [1, 0, -1, 0]
        """
        found = np.full(self._n, NOT_MET, dtype=np.int8)
        prefixes = tuple(prefixes)
        for prefix in prefixes:
            for length in self._lengths:
                if length >= len(prefix):
                    break
                row = self._row_of.get(prefix[:length])
                if row is not None:
                    found[row] = UNKNOWN
        for prefix in prefixes:
            first, last = bisect_left(self._sorted, prefix), bisect_left(self._sorted, prefix + _LAST)
            found[self._rows[first:last]] = MET
        return found


class Places:
    """Distinct places, by the perimeters they are in and may be in.

    Parameters
    ----------
    places : sequence of Place
    """

    def __init__(self, places: Sequence[Place]) -> None:
        inside: dict[str, list[int]] = {}
        possible: dict[str, list[int]] = {}
        for row, place in enumerate(places):
            for code in place.inside:
                inside.setdefault(code, []).append(row)
            for code in place.possible or ():
                possible.setdefault(code, []).append(row)
        self._inside = {code: np.array(rows, dtype=np.intp) for code, rows in inside.items()}
        self._possible = {code: np.array(rows, dtype=np.intp) for code, rows in possible.items()}
        self._blank = np.array([NOT_MET if place.possible is not None else UNKNOWN for place in places], np.int8)

    def lie(self, perimeters: Collection[str]) -> OutcomeArray:
        """Tell of each place whether it lies in one of some perimeters; in one of none, it does not.

        >>> here, somewhere = Place(frozenset({"REG-32"}), frozenset({"ZONE-afr"})), Place()
        >>> Places([here, somewhere]).lie(["REG-32"]).tolist(), Places([here, somewhere]).lie(["ZONE-afr"]).tolist()
        ([1, 0], [0, 0])
        """
        if not perimeters:
            return np.full(len(self._blank), NOT_MET, dtype=np.int8)
        found = self._blank.copy()
        for outcome, places in ((UNKNOWN, self._possible), (MET, self._inside)):
            for code in perimeters if len(perimeters) <= len(places) else places.keys() & set(perimeters):
                if code in places:
                    found[places[code]] = outcome
        return found
