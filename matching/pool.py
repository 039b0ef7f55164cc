"""What the classes of an index settle, as rows of 64-bit words in one table: equal rows are kept once."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

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
    names : list of (str, int)
        Facts by number, each with its halves.
    """

    def __init__(self, n: int, read: Mapping[str, Row]) -> None:
        self._size = 8 * max(1, -(-n // 64))
        self._read = read
        self._adding = Lock()
        self._places: dict[bytes, int] = {}
        self._known: dict[tuple[Any, ...], int] = {}
        self.rows: Words = np.zeros((64, self._size // 8), dtype=np.uint64)
        self.classes: Places = np.zeros((64, 4), dtype=np.int64)
        self.facts: Places = np.zeros((64, 3), dtype=np.int64)
        self.starts: Places = np.zeros(65, dtype=np.int64)
        self.names: list[tuple[str, int]] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self.n_classes = self._n_facts = 0
        self.most_open = 1
        self.row(self._pack(0))

    def row(self, packed: bytes) -> int:
        """Return the place of a row."""
        place = self._places.get(packed)
        if place is None:
            place = self._places[packed] = len(self._places)
            if place == len(self.rows):
                self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])
            self.rows[place] = np.frombuffer(packed, dtype=np.uint64)
        return place

    def masks(self, row: Row) -> list[tuple[int, np.uint64]]:
        """Return the words of a row that are not empty."""
        words = np.frombuffer(self._pack(row), dtype=np.uint64)
        return [(int(place), words[place]) for place in np.flatnonzero(words)]

    def _pack(self, row: Row) -> bytes:
        return row.to_bytes(self._size, "little")

    def add(self, settled: Settled) -> int:
        """Take a class in, and return its place."""
        rows = (settled.closed, settled.unsure, settled.typed_closed, settled.typed_unsure)
        opens, typed = (
            {fact: self._pack(row) for fact, row in facts.items()} for facts in (settled.opens, settled.typed_opens)
        )
        return self.add_words([self._pack(row) for row in rows], opens, typed)

    def add_words(self, rows: Sequence[bytes], opens: Mapping[str, bytes], typed_opens: Mapping[str, bytes]) -> int:
        """Take a class in by its rows as words, and return its place; the same class is kept once.

        One thread at a time: what the others read meanwhile stays as it is, or is copied into a longer table.
        """
        with self._adding:
            return self._add_words(rows, opens, typed_opens)

    def _add_words(self, rows: Sequence[bytes], opens: Mapping[str, bytes], typed_opens: Mapping[str, bytes]) -> int:
        facts = [(self._name(fact, SURE), self.row(row), SURE) for fact, row in typed_opens.items()]
        for fact, row in opens.items():
            left = self._but_read(fact, row)
            facts.append((self._name(fact, PERHAPS), self.row(left), PERHAPS))
        facts = sorted(each for each in facts if each[1])
        key: tuple[Any, ...] = (*(self.row(row) for row in rows), *facts)
        place = self._known.setdefault(key, self.n_classes)
        if place < self.n_classes:
            return place
        if place == len(self.classes):
            self.classes = np.concatenate([self.classes, np.zeros_like(self.classes)])
            self.starts = np.concatenate([self.starts, np.zeros(len(self.classes) // 2, dtype=np.int64)])
        while self._n_facts + len(facts) > len(self.facts):
            self.facts = np.concatenate([self.facts, np.zeros_like(self.facts)])
        self.classes[place] = key[:4]
        if facts:
            self.facts[self._n_facts : self._n_facts + len(facts)] = facts
        self._n_facts += len(facts)
        self.n_classes += 1
        self.starts[self.n_classes] = self._n_facts
        self.most_open = max(self.most_open, len(facts))
        return place

    def _name(self, fact: str, halves: int) -> int:
        number = self._numbers.setdefault((fact, halves), len(self.names))
        if number == len(self.names):
            self.names.append((fact, halves))
        return number

    def _but_read(self, fact: str, row: bytes) -> bytes:
        """Return a row but the schemes whose typed conditions read a fact."""
        read = self._read.get(fact, 0)
        return self._pack(int.from_bytes(row, "little") & ~read) if read else row
