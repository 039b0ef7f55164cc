"""Criteria as rows, one under the other, that make a tree: a row of a group holds the deeper rows that follow it.

What an editor does to the rows (add, move, put in a group, take out) is a change of the list that was typed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from backend.schemes.catalogue.record_types import CriterionRecord
from backend.schemes.catalogue.records import ANNOTATIONS, FROM_TEXT, criterion_record, definition_of
from backend.schemes.editing.forms.criteria import GROUPS, CriterionForm
from backend.schemes.models import Definition, canonical_criterion, validate_criterion
from backend.schemes.vocabulary import CRITERION_KINDS

type Row = dict[str, Any]

FOCUS = "focus"  # marks the row that was added or moved
MOVES = {
    "up": "Monter",
    "down": "Descendre",
    "in": "Mettre dans le groupe au-dessus",
    "out": "Sortir du groupe",
}
EMPTY_GROUP = "Ce groupe est vide : ajoutez-y un critère, ou retirez-le."


@dataclass(slots=True)
class Node:
    """A row with the rows of its group, and its number on the page, such as ``2.1``."""

    form: CriterionForm
    index: int
    number: str
    parts: list["Node"] = field(default_factory=list)
    is_first: bool = True
    is_last: bool = True
    may_enter: bool = False  # whether the row before it is a group
    line: Any = None  # what stands beside it on the page

    @property
    def index_text(self) -> str:
        return str(self.index)

    @property
    def moves(self) -> list[tuple[str, str]]:
        """What can be done to the row, each action with its name."""
        possible = {
            "up": not self.is_first,
            "down": not self.is_last,
            "in": self.may_enter,
            "out": "." in self.number,
        }
        return [(verb, MOVES[verb]) for verb, can in possible.items() if can]

    @property
    def kept(self) -> list["Node"]:
        """The rows of its group that are not taken away."""
        return [part for part in self.parts if not part.form.is_removed]

    def walk(self) -> Iterator["Node"]:
        yield self
        for part in self.parts:
            yield from part.walk()

    def walk_kept(self) -> Iterator["Node"]:
        """Return the row and those below it, without what is taken away."""
        if not self.form.is_removed:
            yield self
            for part in self.parts:
                yield from part.walk_kept()

    def definition(self) -> Definition:
        """Return the criterion as the engine reads it; its rows are valid."""
        if not self.form.is_group:
            return self.form.definition()
        parts = [part.definition() for part in self.kept]
        if self.form.of_kind != "not":
            return {"kind": self.form.of_kind, "of": parts}
        return {"kind": "not", "of": parts[0] if len(parts) == 1 else {"kind": "any", "of": parts}}

    def row(self) -> CriterionRecord:
        """Return the criterion as a record holds it."""
        return criterion_record(canonical_criterion(self.definition()), self.form.annotations())

    def problems_of_group(self) -> list[str]:
        """Say what is wrong in a group as a whole; what is wrong in one of its rows is said there."""
        if not self.form.is_group:
            return []
        if not self.kept:
            return [EMPTY_GROUP]
        if self.is_complete:
            try:
                validate_criterion(self.definition())
            except ValidationError as error:
                return list(error.messages)
        return []

    @property
    def is_complete(self) -> bool:
        """Whether it and the rows of its group can be read."""
        return self.form.is_valid() and all(part.is_complete for part in self.kept)


def tree_of(forms: Sequence[CriterionForm]) -> list[Node]:
    """Return the rows as a tree; a row that says it is deeper than it can be is where it can be."""
    top: list[Node] = []
    above: list[Node] = []  # the groups that the next row may be in
    for index, (form, depth) in enumerate(zip(forms, depths(forms), strict=True)):
        del above[depth:]
        siblings = above[-1].parts if above else top
        number = f"{above[-1].number}.{len(siblings) + 1}" if above else str(len(siblings) + 1)
        node = Node(form, index, number, is_first=not siblings)
        if siblings:
            siblings[-1].is_last = False
            node.may_enter = siblings[-1].form.is_group
        siblings.append(node)
        above.append(node)
    return top


def depths(forms: Sequence[CriterionForm]) -> list[int]:
    """Return how deep each row stands: at most one deeper than the group before it."""
    found: list[int] = []
    for row, form in enumerate(forms):
        deepest = found[-1] + forms[row - 1].is_group if row else 0
        found.append(min(form.typed_depth, deepest))
    return found


# -- from a record to rows


def rows_of(criteria: Sequence[CriterionRecord]) -> list[Row]:
    """Return the criteria of a record as rows."""
    return [row for criterion in criteria for row in _rows(criterion, 0)]


def row_of(criteria: Sequence[CriterionRecord], definition: Definition) -> int | None:
    """Return the row on which a criterion stands, whatever is said about it; nothing where it is no more."""
    wanted, row = canonical_criterion(definition), 0
    for criterion in criteria:
        if canonical_criterion(definition_of(criterion)) == wanted:
            return row
        row += sum(1 for _ in _rows(criterion, 0))
    return None


def _rows(definition: Definition, depth: int) -> Iterator[Row]:
    about = {name: definition.get(name) for name in (*ANNOTATIONS, FROM_TEXT) if depth == 0}
    rest = {name: value for name, value in definition.items() if name not in (*ANNOTATIONS, FROM_TEXT)}
    if definition["kind"] not in GROUPS:
        yield {**rest, **about, "depth": depth}
        return
    yield {"kind": definition["kind"], **about, "depth": depth}
    for part in _parts(definition):
        yield from _rows(part, depth + 1)


def _parts(group: Definition) -> list[Definition]:
    """Return the criteria of a group; those of an alternative that is denied stand in the denial itself."""
    parts = group["of"]
    if isinstance(parts, list):
        return parts
    inside = parts["of"] if parts["kind"] == "any" else [parts]
    return inside if isinstance(inside, list) else [inside]


# -- what an editor does to the rows


def with_action(rows: list[Row], action: str, place: int | None, *, kind: str = "") -> list[Row]:
    """Return the rows after an action on one of them, by its place; as they were where the action makes no sense."""
    if action == "add" and kind in CRITERION_KINDS:
        return _added(rows, place, kind)
    if place is None or not 0 <= place < len(rows) or action not in _ACTIONS:
        return rows
    marked = [{**row, FOCUS: True} if index == place else row for index, row in enumerate(rows)]
    return _ACTIONS[action](marked, place)


def _added(rows: list[Row], group: int | None, kind: str) -> list[Row]:
    """Add a row at the end, or at the end of a group."""
    if group is None or not 0 <= group < len(rows) or rows[group]["kind"] not in GROUPS:
        return [*rows, {"kind": kind, "depth": 0, FOCUS: True}]
    end = _end(rows, group)
    return [*rows[:end], {"kind": kind, "depth": rows[group]["depth"] + 1, FOCUS: True}, *rows[end:]]


def _up(rows: list[Row], place: int) -> list[Row]:
    before = _sibling_before(rows, place)
    if before is None:
        return rows
    end = _end(rows, place)
    return [*rows[:before], *rows[place:end], *rows[before:place], *rows[end:]]


def _down(rows: list[Row], place: int) -> list[Row]:
    after = _end(rows, place)
    return _up(rows, after) if after < len(rows) and rows[after]["depth"] == rows[place]["depth"] else rows


def _enter(rows: list[Row], place: int) -> list[Row]:
    """Put a row at the end of the group before it."""
    before = _sibling_before(rows, place)
    if before is None or rows[before]["kind"] not in GROUPS:
        return rows
    return _deepened(rows, place, 1)


def _leave(rows: list[Row], place: int) -> list[Row]:
    """Take a row out of its group, to stand after it."""
    if rows[place]["depth"] == 0:
        return rows
    group = next(row for row in range(place - 1, -1, -1) if rows[row]["depth"] < rows[place]["depth"])
    end, end_of_group = _end(rows, place), _end(rows, group)
    moved = _deepened(rows, place, -1)[place:end]
    return [*rows[:place], *rows[end:end_of_group], *moved, *rows[end_of_group:]]


def _deepened(rows: list[Row], place: int, by: int) -> list[Row]:
    end = _end(rows, place)
    moved = [{**row, "depth": row["depth"] + by} for row in rows[place:end]]
    return [*rows[:place], *moved, *rows[end:]]


def _end(rows: list[Row], place: int) -> int:
    """Return the place after a row and all that is in it."""
    return next((row for row in range(place + 1, len(rows)) if rows[row]["depth"] <= rows[place]["depth"]), len(rows))


def _sibling_before(rows: list[Row], place: int) -> int | None:
    depth = rows[place]["depth"]
    before = next((row for row in range(place - 1, -1, -1) if rows[row]["depth"] <= depth), None)
    return before if before is not None and rows[before]["depth"] == depth else None


_ACTIONS = {"up": _up, "down": _down, "in": _enter, "out": _leave}
