"""Tables of classes joined to a few, for firms that are judged together: each of them then reads few rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.bits import Words

type Places = NDArray[np.integer[Any]]

JOINED_BYTES = 1 << 19  # of the rows of tables that are joined: a few times as much stays in the cache
FIRMS_EACH = 4  # firms for one joint class, at least: rows are joined once for all of them


@dataclass(frozen=True, slots=True)
class Joint:
    """Firms as rows of a few tables: what none of its rows holds is possible, or eligible, for a firm.

    Parameters
    ----------
    places : ndarray of int32, shape (n_firms, n_tables)
        Of rows.
    rows : ndarray of uint64, shape (n_rows, 2 * n_words)
        Schemes that a joint class closes, followed by those that it leaves unsure: one run of memory.
    """

    places: NDArray[np.int32]
    rows: Words


@dataclass(frozen=True, slots=True)
class _Part:
    """A table: the class of each firm, the number of each class, and by number the two rows that are read of it."""

    places: Places
    numbers: NDArray[np.int32]
    pairs: NDArray[np.int64]


def joined(tables: Places, classes: NDArray[np.int64], rows: Words, live: Words) -> Joint:
    """Join tables, those of few classes first, as long as their classes can be combined in few ways.

    Parameters
    ----------
    tables : ndarray of int, shape (n_firms, n_tables)
        The class of each firm in each table.
    classes : ndarray of int, shape (n_classes, 2 or more)
        Rows of what a class closes, and of what it leaves unsure.
    rows : ndarray of uint64, shape (n_rows, n_words)
    live : ndarray of uint64, shape (n_words,)
        What is not a free place: all others are held by the first table.
    """
    most = min(len(tables) // FIRMS_EACH, JOINED_BYTES // (2 * live.nbytes))
    groups: list[list[_Part]] = []
    sizes: list[int] = []
    for part in sorted((_part(places, classes, len(rows)) for places in tables.T), key=lambda part: len(part.pairs)):
        n = len(part.pairs)
        if groups and sizes[-1] * n <= most:
            groups[-1].append(part)
            sizes[-1] *= n
        else:
            groups.append([part])
            sizes.append(n)
    places = np.empty((len(tables), len(groups)), dtype=np.int32)
    found = np.empty((sum(sizes), 2 * len(live)), dtype=np.uint64)
    start = 0
    for column, (group, size) in enumerate(zip(groups, sizes, strict=True)):
        places[:, column] = start + _fill(found[start : start + size], group, rows)
        start += size
    found[: sizes[0]] |= np.tile(~live, 2)
    return Joint(places, found)


def _part(places: Places, classes: NDArray[np.int64], n_rows: int) -> _Part:
    """Return a table, with the same number for classes that have the same rows."""
    is_used = np.zeros(len(classes), dtype=np.bool_)
    is_used[places] = True
    used = np.flatnonzero(is_used)
    pairs, which = np.unique(classes[used, 0] * n_rows + classes[used, 1], return_inverse=True)
    numbers = np.zeros(len(classes), dtype=np.int32)
    numbers[used] = which
    return _Part(places, numbers, np.stack(np.divmod(pairs, n_rows), axis=1))


def _fill(found: Words, group: list[_Part], rows: Words) -> NDArray[np.int32]:
    """Write the rows of each combination of classes, the first table's changing fastest; return that of each firm."""
    flat, every, step = found.reshape(-1, rows.shape[1]), np.arange(len(found)), 1
    combination = np.zeros(len(group[0].places), dtype=np.int32)
    for part in group:
        n = len(part.pairs)
        combination += (part.numbers * step).take(part.places)
        read = part.pairs[every // step % n].ravel()
        if part is group[0]:
            rows.take(read, axis=0, out=flat, mode="clip")  # what may raise writes into a copy first
        else:
            flat |= rows.take(read, axis=0)
        step *= n
    return combination
