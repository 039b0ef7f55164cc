"""What the classes of an index settle, as rows of 64-bit words in one table: equal rows are kept once."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from matching.settled import Row, Settled

type Words = NDArray[np.uint64]
type Places = NDArray[np.int64]

SURE, PERHAPS = 2, 1  # halves of an open fact: of the typed verdict, of the verdict only


class Pool:
    """Rows as words, and classes as places of rows.

    Parameters
    ----------
    n : int
        Schemes of the index, positions that are free included.
    read : mapping of str to int
        By fact, the schemes whose typed conditions read it: to the others it is to confirm only.

    Attributes
    ----------
    rows : (n_rows, n_words) ndarray of uint64
        The first one is empty.
    classes : (n_classes, 4) ndarray of int
        Rows of what a class closes, leaves unsure, and both again on what the owner states.
    facts : (n_open, 3) ndarray of int
        What classes leave open: fact, row, halves; those of a class follow each other.
    starts : (n_classes + 1,) ndarray of int
    most_open : int
        Facts that one class leaves open, at most.
    """

    def __init__(self, n: int, read: Mapping[str, Row]) -> None:
        self._size = 8 * max(1, -(-n // 64))
        self._read = read
        self._places: dict[Row, int] = {}
        self.rows: Words = np.zeros((64, self._size // 8), dtype=np.uint64)
        self.classes: Places = np.zeros((64, 4), dtype=np.int64)
        self.facts: Places = np.zeros((64, 3), dtype=np.int64)
        self.starts: Places = np.zeros(65, dtype=np.int64)
        self.names: dict[tuple[str, int], int] = {}  # of facts
        self.n_classes = self._n_facts = 0
        self.most_open = 1
        self.row(0)

    def row(self, row: Row) -> int:
        """Return the place of a row."""
        place = self._places.get(row)
        if place is None:
            place = self._places[row] = len(self._places)
            if place == len(self.rows):
                self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])
            self.rows[place] = np.frombuffer(row.to_bytes(self._size, "little"), dtype=np.uint64)
        return place

    def add(self, settled: Settled) -> int:
        """Take a class in, and return its place."""
        place = self.n_classes
        if place == len(self.classes):
            self.classes = np.concatenate([self.classes, np.zeros_like(self.classes)])
            self.starts = np.concatenate([self.starts, np.zeros(len(self.classes) // 2, dtype=np.int64)])
        self.classes[place] = [
            self.row(row) for row in (settled.closed, settled.unsure, settled.typed_closed, settled.typed_unsure)
        ]
        self._open(SURE, settled.typed_opens.items())
        self._open(PERHAPS, ((fact, row & ~self._read.get(fact, 0)) for fact, row in settled.opens.items()))
        self.n_classes += 1
        self.starts[self.n_classes] = self._n_facts
        self.most_open = max(self.most_open, int(self._n_facts - self.starts[place]))
        return place

    def names_of(self) -> list[tuple[str, int]]:
        """Return the facts by number, each with its halves."""
        return list(self.names)

    def _open(self, halves: int, opens: Iterable[tuple[str, Row]]) -> None:
        for fact, row in opens:
            if row:
                if self._n_facts == len(self.facts):
                    self.facts = np.concatenate([self.facts, np.zeros_like(self.facts)])
                name = self.names.setdefault((fact, halves), len(self.names))
                self.facts[self._n_facts] = name, self.row(row), halves
                self._n_facts += 1
