"""Sets of positions as bits of one whole number, the first one in the lowest bit."""

from collections.abc import Collection
from functools import reduce

import numpy as np
from numpy.typing import NDArray

type Rows = NDArray[np.intp]

FEW_POSITIONS = 8  # that are put into a whole number one by one


def row_of(positions: Collection[int] | Rows) -> int:
    """Return positions as a whole number, one bit each: written once, however many they are.

    >>> row_of([0, 3]), row_of(range(70)) == (1 << 70) - 1
    (9, True)
    """
    if len(positions) <= FEW_POSITIONS:
        return reduce(lambda row, position: row | 1 << int(position), positions, 0)
    places = positions if isinstance(positions, np.ndarray) else np.fromiter(positions, np.intp, len(positions))
    flags = np.zeros(places.max() + 1, dtype=np.bool_)
    flags[places] = True
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")
