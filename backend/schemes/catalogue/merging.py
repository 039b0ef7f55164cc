"""What two people wrote at once, put together field by field; where both changed the same thing, a person chooses.

Three records: the one that both started from, mine, and theirs. Rows of a list (criteria, sources, needs…) are put
together too: two people may each add a criterion. A row carries its source with it, since a number would point at
another source once a list grew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from backend.schemes.catalogue.comparison import LABELS, describe
from backend.schemes.catalogue.record_types import EvidenceRecord, RelationRecord, SchemeRecord, SourceRecord
from backend.schemes.catalogue.records import normalise

SOURCED = ("criteria", "relations")
LISTS = (*SOURCED, "sources", "operators", "documents", "corrections", "targeted_naf", "applicants")
IDENTITY = "key"  # never merged: it says what scheme it is
# Said together: a sheet is to be read again after it was read.
WITH = {"as_of": "review_by"}


class Side(StrEnum):
    """Whose version of a field is kept."""

    MINE = "mine"
    THEIRS = "theirs"
    BASE = "base"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both changed, differently: what it says for each, as lines a person reads."""

    name: str
    label: str
    mine: tuple[str, ...]
    theirs: tuple[str, ...]
    base: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """What comes out of three records: all but the conflicts, and those."""

    conflicts: tuple[Conflict, ...]
    taken: tuple[str, ...]  # labels of what only they changed
    _merged: Mapping[str, Any]  # rows carry their source
    _sides: Mapping[Side, Mapping[str, Any]]

    def record(self, choices: Mapping[str, Side] | None = None) -> SchemeRecord:
        """Return the record with the choices made; of a conflict that nobody settled, mine."""
        found = dict(self._merged)
        for conflict in self.conflicts:
            side = (choices or {}).get(conflict.name, Side.MINE)
            for name in filter(None, (conflict.name, WITH.get(conflict.name))):
                found[name] = self._sides[side].get(name)
        return _with_numbers(found)


def put_together(*, base: SchemeRecord | None, mine: SchemeRecord, theirs: SchemeRecord) -> Merge:
    """Put two changes of one record together; without a common start, all that differs is a conflict."""
    sides: dict[Side, Mapping[str, Any]] = {
        Side.MINE: _with_sources(normalise(mine)),
        Side.THEIRS: _with_sources(normalise(theirs)),
        Side.BASE: _with_sources(normalise(base)) if base else {},
    }
    merged: dict[str, Any] = {}
    in_conflict, taken = [], []
    for name in dict.fromkeys([*sides[Side.MINE], *sides[Side.THEIRS]]):
        if name in WITH.values():
            continue
        ours, others, start = (_said(sides[side], name) for side in (Side.MINE, Side.THEIRS, Side.BASE))
        value, agrees = (ours, True) if name == IDENTITY else _put_together(name, start, ours, others)
        merged.update(zip((name, WITH[name]), value, strict=True) if name in WITH else {name: value})
        if not agrees:
            in_conflict.append(name)
        elif others not in (start, ours) and name in LABELS:
            taken.append(LABELS[name])
    told = {side: describe(_with_numbers(record)) if record else {} for side, record in sides.items()}
    conflicts = tuple(
        Conflict(
            name,
            LABELS.get(name, name),
            *(told[side].get(LABELS.get(name, name), ()) for side in (Side.MINE, Side.THEIRS, Side.BASE)),
        )
        for name in in_conflict
    )
    return Merge(conflicts, tuple(taken), merged, sides)


def _said(record: Mapping[str, Any], name: str) -> Any:
    """Return what a record says of a field, with what is said together with it."""
    return (record.get(name), record.get(WITH[name])) if name in WITH else record.get(name)


def _put_together(name: str, start: Any, mine: Any, theirs: Any) -> tuple[Any, bool]:
    """Return a value that holds both changes, and whether there is one."""
    if mine in (start, theirs):
        return theirs, True
    if theirs == start:
        return mine, True
    if name in LISTS and start is not None:
        return _lists(start, mine or [], theirs or [])
    if name == "needs" and start is not None:
        return _weights(start, mine, theirs)
    return mine, False


def _lists(start: list[Any], mine: list[Any], theirs: list[Any]) -> tuple[list[Any], bool]:
    """Put the rows of two lists together, unless both changed one row, or one of them only moved rows."""
    removed, added = _without(start, mine), _without(mine, start)
    removed_by_them, added_by_them = _without(start, theirs), _without(theirs, start)
    moved = (not removed and not added) or (not removed_by_them and not added_by_them)
    both_changed = any(row in removed_by_them for row in removed) and (added or added_by_them)
    if moved or both_changed:
        return mine, False
    found = _without(theirs, removed)
    for row in added:
        if row not in found:
            before = [one for one in mine[: mine.index(row)] if one in found]
            found.insert(found.index(before[-1]) + 1 if before else 0, row)
    return found, True


def _weights(start: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> tuple[Any, bool]:
    """Put the needs served together, one by one."""
    found = {}
    for key in dict.fromkeys([*theirs, *mine]):
        ours, others, old = mine.get(key), theirs.get(key), start.get(key)
        if ours != old and others not in (old, ours):
            return mine, False
        kept = others if ours == old else ours
        if kept is not None:
            found[key] = kept
    return found, True


def _without(rows: list[Any], others: list[Any]) -> list[Any]:
    return [row for row in rows if row not in others]


def _with_sources(record: SchemeRecord) -> Mapping[str, Any]:
    """Let each row carry its source in the place of its number."""
    numbered: dict[int | None, SourceRecord] = dict(enumerate(record["sources"], 1))

    def carrying(row: EvidenceRecord | RelationRecord) -> dict[str, object]:
        return {**row, "source": numbered.get(row.get("source"))}

    return {
        **record,
        "criteria": [carrying(row) for row in record["criteria"]],
        "relations": [carrying(row) for row in record["relations"]],
        "amount": carrying(record["amount"]) if record["amount"] else None,
    }


def _with_numbers(record: Mapping[str, Any]) -> SchemeRecord:
    """Number the sources again, with those that only a row still names."""
    sources, amount = list(record.get("sources") or []), record.get("amount")
    named = [row for name in SOURCED for row in record.get(name) or []]
    for row in [*named, *([amount] if amount else [])]:
        if row["source"] is not None and row["source"] not in sources:
            sources.append(row["source"])
    numbers = [(source, number) for number, source in enumerate(sources, 1)]

    def number_of(source: Any) -> int | None:
        return next((number for one, number in numbers if one == source), None)

    rows = {name: [{**row, "source": number_of(row["source"])} for row in record.get(name) or []] for name in SOURCED}
    amount = amount and {**amount, "source": number_of(amount["source"])}
    return cast("SchemeRecord", {**record, "sources": sources, **rows, "amount": amount})
