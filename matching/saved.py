"""Firms as one buffer, which many processes can map and none writes.

A head of 64 bytes (a mark, the version, two lengths, a digest), a directory in JSON, then arrays, each at a multiple
of 64 bytes from the start. The directory has the distinct values of each column and tells where its arrays
are. The digest is of the head and of the directory; that of the arrays stands in the directory.
"""

import json
from collections.abc import Buffer, Mapping
from dataclasses import fields
from datetime import date
from hashlib import blake2b
from struct import Struct
from sys import intern
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.dictionary import Column, Slices, key_of
from matching.errors import SavedError
from matching.facts import Figures, Interval, Place, Related
from matching.stock import FIELDS, PLACE, PROJECT, Stock

type Reference = tuple[int, str, list[int]]  # where an array starts, counted from the first one; dtype; shape

VERSION = 1
MARK = b"JONCTION"
HEAD = Struct("<8sIIQ")  # mark, version, bytes of the directory, bytes of the whole
DIGEST = 32  # bytes, after the head
UNIT = 64  # bytes: a line of the cache
KINDS = {kind.__name__: (kind, [each.name for each in fields(kind)]) for kind in (Figures, Interval, Place, Related)}


def save(stock: Stock) -> bytearray:
    """Write firms into one buffer, with the bits of their codes and the columns of several fields known so far."""
    arrays = _Arrays()
    columns = [_describe(stock, column, arrays) for column in stock.columns.values()]
    directory = {
        "fields": FIELDS,
        "ids": arrays.add(stock.ids),
        "starts": arrays.add(stock.starts.astype(np.int64)),
        "columns": [column for column in columns if column],
        "digest": arrays.digest(),
    }
    text = json.dumps(directory, separators=(",", ":")).encode()
    first = _aligned(UNIT + len(text))
    found = bytearray(first + arrays.size)
    HEAD.pack_into(found, 0, MARK, VERSION, len(text), len(found))
    found[UNIT : UNIT + len(text)] = text
    found[HEAD.size : HEAD.size + DIGEST] = _digest(memoryview(found)[: HEAD.size], text)
    for start, array in arrays.placed:
        _view(memoryview(found), first + start, array.dtype.str, array.shape)[...] = array
    return found


def load(buffer: Buffer, *, thorough: bool) -> Stock:
    """Return the firms of a buffer: their arrays are views of it that cannot be written.

    Parameters
    ----------
    buffer : bytes-like
    thorough : bool
        Read the arrays too, and compare their digest.

    Raises
    ------
    SavedError
        Where these are no saved firms, or of another version, of other fields, cut short or changed.
    """
    view = memoryview(buffer).cast("B").toreadonly()
    directory, first, size = _directory(view)
    known: dict[int, NDArray[Any]] = {}

    def array(reference: Reference) -> NDArray[Any]:
        start, dtype, shape = reference
        if start not in known:
            known[start] = _view(view, first + start, dtype, shape)
        return known[start]

    if thorough and directory["digest"] != blake2b(view[first:size], digest_size=DIGEST).hexdigest():
        raise SavedError("The columns of these firms were changed since they were saved.", reason="changed")
    ids = array(directory["ids"])
    same = np.broadcast_to(np.zeros(1, np.uint8), len(ids))
    columns: dict[tuple[str, ...], Column] = {}
    for column in directory["columns"]:
        names = tuple(column["names"])
        if "parts" in column:
            several = [columns[(name,)].values for name in names]
            values = [
                tuple(one[code][0] for one, code in zip(several, codes, strict=True))
                for codes in array(column["parts"]).tolist()
            ]
        elif "like" in column:
            values = columns[(column["like"],)].values
        else:
            values = [(_read(value),) for value in column["values"]]
        slices = Slices(array(column["bits"])) if "bits" in column else None
        columns[names] = Column(names, values, array(column["codes"]) if "codes" in column else same, slices)
    return Stock(ids, columns, array(directory["starts"]))


def _directory(view: memoryview) -> tuple[dict[str, Any], int, int]:
    """Return the directory of a buffer, where its arrays start, and where they end."""
    if len(view) < UNIT:
        raise SavedError(f"No saved firms: {len(view)} bytes; accepted: {UNIT} at least.", reason="short")
    mark, version, n_text, size = HEAD.unpack_from(view)
    if mark != MARK:
        raise SavedError(f"No saved firms: they start with {mark!r}; accepted: {MARK!r}.", reason="mark")
    if version != VERSION:
        raise SavedError(f"Firms saved in version {version}; accepted: {VERSION}.", reason="version")
    if len(view) < size:
        raise SavedError(f"Saved firms cut short: {len(view)} bytes; accepted: all {size}.", reason="short")
    text = view[UNIT : UNIT + n_text]
    if _digest(view[: HEAD.size], text) != view[HEAD.size : HEAD.size + DIGEST]:
        raise SavedError("The head of these firms was changed since they were saved.", reason="changed")
    directory = json.loads(bytes(text))
    if tuple(directory["fields"]) != FIELDS:
        others = ", ".join(sorted(set(directory["fields"]) ^ set(FIELDS)))
        raise SavedError(f"Firms saved with other fields ({others}); accepted: {', '.join(FIELDS)}.", reason="fields")
    return directory, _aligned(UNIT + n_text), size


class _Arrays:
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


def _describe(stock: Stock, column: Column, arrays: _Arrays) -> dict[str, Any]:
    """Return what the directory says of a column; nothing of several fields that one of them tells."""
    singles = [stock.columns[(name,)] for name in column.names]
    found: dict[str, Any] = {"names": column.names}
    if len(singles) > 1:
        if len(column.values) < 2 or any(column.codes is single.codes for single in singles):
            return {}
        codes_of = [{key_of(value): code for code, value in enumerate(single.values)} for single in singles]
        parts = [
            [codes[key_of((part,))] for codes, part in zip(codes_of, value, strict=True)] for value in column.values
        ]
        found["parts"] = arrays.add(np.array(parts, dtype=np.uint32))
    elif column.names == PROJECT and column.starts is not None:
        found["like"] = PLACE
    else:
        found["values"] = [_written(value) for (value,) in column.values]
    if len(column.values) > 1 or column.starts is not None:
        found["codes"] = arrays.add(column.codes)
    if len(column.values) > 1 and column.starts is None:
        found["bits"] = arrays.add(column.slices.bits)
    return found


def _written(part: Any) -> Any:
    """Return what is known of one field as JSON."""
    match part:
        case date():
            return {"date": part.isoformat()}
        case frozenset():
            return {"set": sorted(part)}
        case tuple():
            return {"tuple": [_written(each) for each in part]}
        case Mapping():
            return {"mapping": dict(part)}
        case Figures() | Interval() | Place() | Related():
            kind = type(part).__name__
            return {kind: [_written(getattr(part, name)) for name in KINDS[kind][1]]}
        case _:
            return part


def _read(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    ((kind, content),) = item.items()
    match kind:
        case "date":
            return date.fromisoformat(content)
        case "set":
            return frozenset(map(intern, content))
        case "tuple":
            return tuple(map(_read, content))
        case "mapping":
            return content
        case _:
            made, names = KINDS[kind]
            return made(**dict(zip(names, map(_read, content), strict=True)))


def _view(view: memoryview, start: int, dtype: str, shape: Any) -> NDArray[Any]:
    return np.ndarray(shape, dtype, view, start)


def _aligned(size: int) -> int:
    return -(-size // UNIT) * UNIT


def _digest(head: Buffer, text: Buffer) -> bytes:
    found = blake2b(head, digest_size=DIGEST)
    found.update(text)
    return found.digest()
