"""Arrays and what is said of them as one buffer, which many processes can map and none writes.

A head of 64 bytes (a mark, the version, two lengths, a digest), a directory in JSON, then arrays, each at a multiple
of 64 bytes from the start: the directory tells where. The digest is of the head and of the directory; that of the
arrays stands in the directory.
"""

import json
from collections.abc import Buffer, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.errors import SavedError

type Reference = tuple[int, str, list[int]]  # where an array starts, counted from the first one; dtype; shape

HEAD = Struct("<8sIIQ")  # mark, version, bytes of the directory, bytes of the whole
DIGEST = 32  # bytes, after the head
UNIT = 64  # bytes: a line of the cache


class Arrays:
    """Arrays that are put one after the other, each once."""

    def __init__(self) -> None:
        self.placed: list[tuple[int, NDArray[Any]]] = []
        self.size = 0
        self._known: dict[int, Reference] = {}

    def add(self, array: NDArray[Any]) -> Reference:
        """Return where an array will be."""
        if id(array) not in self._known:
            self._known[id(array)] = (self.size, array.dtype.str, list(array.shape))
            self.placed.append((self.size, array))
            self.size += _aligned(max(array.nbytes, 1))
        return self._known[id(array)]

    def digest(self) -> str:
        found = blake2b(digest_size=DIGEST)
        for _, array in self.placed:
            found.update(np.ascontiguousarray(array).data)
            found.update(bytes(_aligned(max(array.nbytes, 1)) - array.nbytes))
        return found.hexdigest()


class Views:
    """The arrays of a buffer: views of it that cannot be written, one for each reference."""

    def __init__(self, view: memoryview, first: int) -> None:
        self._view, self._first = view, first
        self._known: dict[int, NDArray[Any]] = {}

    def __getitem__(self, reference: Reference) -> NDArray[Any]:
        start, dtype, shape = reference
        if start not in self._known:
            self._known[start] = np.ndarray(shape, dtype, self._view, self._first + start)
        return self._known[start]


@dataclass(frozen=True, slots=True)
class Format:
    """What a buffer is of.

    Parameters
    ----------
    mark : bytes
        Eight, with which it starts.
    version : int
    name : str
        Of what is saved, in the plural, for errors.
    """

    mark: bytes
    version: int
    name: str

    def write(self, directory: Mapping[str, Any], arrays: Arrays) -> bytearray:
        """Return a buffer of some arrays, and of a directory that refers to them."""
        text = json.dumps({**directory, "digest": arrays.digest()}, separators=(",", ":")).encode()
        first = _aligned(UNIT + len(text))
        found = bytearray(first + arrays.size)
        HEAD.pack_into(found, 0, self.mark, self.version, len(text), len(found))
        found[UNIT : UNIT + len(text)] = text
        found[HEAD.size : HEAD.size + DIGEST] = _digest(memoryview(found)[: HEAD.size], text)
        for start, array in arrays.placed:
            np.ndarray(array.shape, array.dtype, memoryview(found), first + start)[...] = array
        return found

    def read(self, buffer: Buffer, *, thorough: bool) -> tuple[dict[str, Any], Views]:
        """Return the directory of a buffer, and its arrays.

        Parameters
        ----------
        buffer : bytes-like
        thorough : bool
            Read the arrays too, and compare their digest.

        Raises
        ------
        SavedError
            Where it is of something else, of another version, cut short or changed.
        """
        view = memoryview(buffer).cast("B").toreadonly()
        name = self.name
        if len(view) < UNIT:
            raise SavedError(f"No saved {name}: {len(view)} bytes; accepted: {UNIT} at least.", reason="short")
        mark, version, n_text, size = HEAD.unpack_from(view)
        if mark != self.mark:
            raise SavedError(f"No saved {name}: they start with {mark!r}; accepted: {self.mark!r}.", reason="mark")
        if version != self.version:
            raise SavedError(
                f"{name.capitalize()} saved in version {version}; accepted: {self.version}.", reason="version"
            )
        if len(view) < size:
            raise SavedError(f"Saved {name} cut short: {len(view)} bytes; accepted: all {size}.", reason="short")
        text = view[UNIT : UNIT + n_text]
        if _digest(view[: HEAD.size], text) != view[HEAD.size : HEAD.size + DIGEST]:
            raise SavedError(f"The head of these {name} was changed since they were saved.", reason="changed")
        directory, first = json.loads(bytes(text)), _aligned(UNIT + n_text)
        if thorough and directory["digest"] != blake2b(view[first:size], digest_size=DIGEST).hexdigest():
            raise SavedError(f"The arrays of these {name} were changed since they were saved.", reason="changed")
        return directory, Views(view, first)


def _aligned(size: int) -> int:
    return -(-size // UNIT) * UNIT


def _digest(head: Buffer, text: Buffer) -> bytes:
    found = blake2b(head, digest_size=DIGEST)
    found.update(text)
    return found.digest()
