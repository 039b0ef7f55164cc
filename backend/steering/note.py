"""The note to the project committee: what stood out at the end of the month, the published tables, what was decided.

It is handed on, so it tells no small number; figures of an action stay on the pages of those who lead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from backend.steering.actions import actions_of
from backend.steering.disclosure import Cell
from backend.steering.models import Action
from backend.steering.published import Published, published
from backend.steering.scopes import Scope

LATELY = timedelta(days=92)  # of actions that are over, those of the last three months
type Row = tuple[str, list[tuple[str, Cell]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a committee reads, on a day: figures of the last month that is over, and its actions as they stand."""

    on: date
    signals: tuple[str, ...]
    published: Published | None
    to_do: tuple[Action, ...]
    done: tuple[Action, ...]

    def turned(self) -> Iterator[tuple[str, list[str], list[Row]]]:
        """Yield each published table with a column an intercommunality: its name, those columns, and its rows."""
        for table in self.published.tables if self.published else ():
            epcis = [epci for epci, _cells in table.rows]
            cells = zip(*(row for _epci, row in table.rows), strict=True)
            yield (
                table.name,
                epcis,
                [(label, list(zip(epcis, row, strict=True))) for label, row in zip(table.columns, cells, strict=True)],
            )


def note_of(scope: Scope, *, on: date) -> Note:
    """Return the note of a day, with the actions that a scope reads."""
    actions, found = actions_of(scope), published()
    late = sum(action.due_on < on for action in actions.to_do())
    said = list(found.signals) if found else []
    if late:
        said.append("1 action est en retard." if late == 1 else f"{late} actions sont en retard.")
    return Note(
        on=on,
        signals=tuple(said),
        published=found,
        to_do=tuple(actions.to_do()),
        done=tuple(actions.filter(done_on__gte=on - LATELY)),
    )
