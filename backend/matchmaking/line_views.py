"""The conditions of a scheme for one firm, line by line; what is told of them whoever asks is made once a revision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from backend.matchmaking import engine
from backend.matchmaking.known import Known
from backend.schemes import wording
from backend.schemes.kept import KEPT
from backend.schemes.models import Criterion, Revision

SYMBOLS = {"met": "✓", "not_met": "✗", "unknown": "?"}
OUTCOME_NAMES = {"met": _("rempli"), "not_met": _("non rempli"), "unknown": _("à préciser")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of one condition of a revision, whoever asks: the rule, the source and its date."""

    definition: Mapping[str, Any]
    kept_sentence: str  # empty where it names schemes, whose names change
    note: str
    source: str
    source_url: str
    source_date: str
    excerpt: str
    condition: str
    ask: str
    criterion: int | None  # key of the condition; none for the window and for parts of a condition
    parts: tuple["Told", ...]


class LineView(NamedTuple):
    """One condition for one firm: what is told of it, its outcome, the firm's values and where they come from."""

    told: Told
    outcome: str
    values: tuple[tuple[str, str], ...]
    open_facts: tuple[str, ...]
    parts: tuple["LineView", ...]

    @property
    def definition(self) -> Mapping[str, Any]:
        return self.told.definition

    @property
    def sentence(self) -> str:
        return self.told.kept_sentence or wording.sentence(self.told.definition)

    @property
    def note(self) -> str:
        return self.told.note

    @property
    def source(self) -> str:
        return self.told.source

    @property
    def source_url(self) -> str:
        return self.told.source_url

    @property
    def source_date(self) -> str:
        return self.told.source_date

    @property
    def excerpt(self) -> str:
        return self.told.excerpt

    @property
    def condition(self) -> str:
        return self.told.condition

    @property
    def ask(self) -> str:
        return self.told.ask

    @property
    def criterion(self) -> int | None:
        return self.told.criterion

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.outcome]

    @property
    def outcome_name(self) -> str:
        return str(OUTCOME_NAMES[self.outcome])

    @property
    def is_manual(self) -> bool:
        return bool(self.told.condition)


def views_of(lines: Iterable[engine.Line], revision: Revision, known: Known) -> list[LineView]:
    """Return the conditions of a revision for one firm, the window first."""
    return [_view(line, told, known) for line, told in zip(lines, _told(revision), strict=True)]


def _view(line: engine.Line, told: Told, known: Known) -> LineView:
    return LineView(
        told,
        line.outcome,
        known.values_for(line.definition),
        line.open_facts,
        tuple(_view(part, of, known) for part, of in zip(line.parts, told.parts, strict=True)),
    )


@lru_cache(maxsize=KEPT)
def _told(revision: Revision) -> tuple[Told, ...]:
    """Return what is told of the conditions of a revision, the window first: it is never written again."""
    rows = sorted(revision.criteria.all(), key=lambda row: (row.from_text, row.position))
    window, *conditions = engine.conditions_of(revision)
    return (
        _tell(window, None, note=revision.window_note),
        *(_tell(condition, row) for condition, row in zip(conditions, rows, strict=True)),
    )


def _tell(condition: engine.Condition, row: Criterion | None, *, note: str = "") -> Told:
    definition, source = condition.definition, row.source if row else None
    manual = definition["kind"] == "manual"
    return Told(
        definition=definition,
        kept_sentence="" if _names_schemes(condition) else wording.sentence(definition),
        note=row.note if row else note,
        source=source.title if source else "",
        source_url=source.url if source else "",
        source_date=wording.partial_day(source.dated) if source else "",
        excerpt=row.excerpt if row else "",
        condition=definition["fact"] if manual else "",
        ask=definition.get("ask", "operator") if manual else "",
        criterion=row.pk if row else None,
        parts=tuple(_tell(part, None) for part in condition.parts),
    )


def _names_schemes(condition: engine.Condition) -> bool:
    return condition.definition["kind"] == "holds_scheme" or any(map(_names_schemes, condition.parts))


def clear_cache() -> None:
    """Forget what is told of conditions: after the names of places or codes were loaded again in this process."""
    _told.cache_clear()
