"""Firms as one buffer, which many processes can map and none writes.

The directory (see :mod:`matching.container`) has the distinct values of each column and tells where its arrays are.
"""

from collections.abc import Buffer, Mapping
from dataclasses import fields
from datetime import date
from sys import intern
from typing import Any

import numpy as np

from matching.container import Arrays, Format
from matching.dictionary import Column, Slices, key_of
from matching.errors import SavedError
from matching.facts import Figures, Interval, Place, Related
from matching.stock import FIELDS, PLACE, PROJECT, Stock

FORMAT = Format(b"JONCTION", 1, "firms")
KINDS = {kind.__name__: (kind, [each.name for each in fields(kind)]) for kind in (Figures, Interval, Place, Related)}


def save(stock: Stock) -> bytearray:
    """Write firms into one buffer, with the bits of their codes and the columns of several fields known so far."""
    arrays = Arrays()
    columns = [_describe(stock, column, arrays) for column in stock.columns.values()]
    directory = {
        "fields": FIELDS,
        "ids": arrays.add(stock.ids),
        "starts": arrays.add(stock.starts.astype(np.int64)),
        "columns": [column for column in columns if column],
    }
    return FORMAT.write(directory, arrays)


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
    directory, arrays = FORMAT.read(buffer, thorough=thorough)
    if tuple(directory["fields"]) != FIELDS:
        others = ", ".join(sorted(set(directory["fields"]) ^ set(FIELDS)))
        raise SavedError(f"Firms saved with other fields ({others}); accepted: {', '.join(FIELDS)}.", reason="fields")
    ids = arrays[directory["ids"]]
    same = np.broadcast_to(np.zeros(1, np.uint8), len(ids))
    columns: dict[tuple[str, ...], Column] = {}
    for column in directory["columns"]:
        names = tuple(column["names"])
        if "parts" in column:
            several = [columns[(name,)].values for name in names]
            values = [
                tuple(one[code][0] for one, code in zip(several, codes, strict=True))
                for codes in arrays[column["parts"]].tolist()
            ]
        elif "like" in column:
            values = columns[(column["like"],)].values
        else:
            values = [(_read(value),) for value in column["values"]]
        slices = Slices(arrays[column["bits"]]) if "bits" in column else None
        columns[names] = Column(names, values, arrays[column["codes"]] if "codes" in column else same, slices)
    return Stock(ids, columns, arrays[directory["starts"]])


def _describe(stock: Stock, column: Column, arrays: Arrays) -> dict[str, Any]:
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
