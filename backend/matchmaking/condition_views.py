"""The conditions of a scheme for one firm, line by line; what is the same for every firm is made once a revision."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.fact_display import Known
from backend.schemes import typography
from backend.schemes.catalogue import criteria, wording
from backend.schemes.catalogue.evidence import Evidence, evidence_of
from backend.schemes.catalogue.revision_cache import KEPT, read_revisions
from backend.schemes.models import Criterion, Revision, Scheme
from backend.schemes.vocabulary import NATURE_TITLES

SYMBOLS = {"met": "✓", "not_met": "✗", "unknown": "?"}
# A number in the list of sources of the public sheet, which stands on no page of a firm.
_SOURCE_NUMBERS = re.compile(r"\s*\(sources? \d+(?:(?:, | et )\d+)*\)")
OUTCOME_NAMES = {"met": _("rempli"), "not_met": _("non rempli"), "unknown": _("à préciser")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is the same for every firm of a condition of a revision: the rule, and where it was read."""

    definition: Mapping[str, Any]
    kept_sentence: str  # empty where it names schemes, whose names change
    kept_brief: str  # the same in a few words
    note: str
    evidence: Evidence | None
    condition: str
    ask: str
    nature: str  # empty where no person has to answer
    criterion: int | None  # key of the condition; none for the window and for parts of a condition
    parts: tuple["Told", ...]


class LineView(NamedTuple):
    """One condition for one firm: the rule, its outcome, the firm's values and where they come from.

    What the operator weighs and what the firm will do have no outcome.
    """

    told: Told
    outcome: str | None
    values: tuple[tuple[str, str], ...]
    open_facts: tuple[str, ...]
    parts: tuple["LineView", ...]
    is_denied: bool  # what has no outcome, and of which somebody said that it is not so

    @property
    def definition(self) -> Mapping[str, Any]:
        return self.told.definition

    @property
    def sentence(self) -> str:
        """Say the rule; in a few words where it is met: who is told no, or is asked, reads all of a list."""
        if self.outcome == "met":
            return self.told.kept_brief or criteria.brief_sentence(self.told.definition)
        return self.told.kept_sentence or criteria.sentence(self.told.definition)

    @property
    def heading(self) -> str:
        """Say of its parts, which are read below it, how many have to hold; nothing where it has none."""
        return wording.LISTS.get(self.told.definition["kind"], "") if self.parts else ""

    @property
    def note(self) -> str:
        return self.told.note

    @property
    def evidence(self) -> Evidence | None:
        return self.told.evidence

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
    def nature(self) -> str:
        return self.told.nature

    @property
    def symbol(self) -> str:
        return SYMBOLS[self.outcome] if self.outcome else ""

    @property
    def outcome_name(self) -> str:
        return str(OUTCOME_NAMES[self.outcome] if self.outcome else NATURE_TITLES[self.nature])

    @property
    def is_manual(self) -> bool:
        return bool(self.told.condition)

    @property
    def is_asked(self) -> bool:
        """Whether a person may answer it: of what decides nothing, only to take back a no."""
        return self.is_manual and (self.outcome is not None or self.is_denied)

    def of_nature(self, nature: str) -> Iterator["LineView"]:
        """Return the sentences of one nature that it is made of, itself perhaps."""
        if self.nature == nature:
            yield self
        for part in self.parts:
            yield from part.of_nature(nature)


def open_conditions(lines: Iterable[LineView]) -> Iterator[LineView]:
    """Yield the conditions left to a person on which what holds them still depends."""
    for line in lines:
        if line.outcome == "unknown":
            if line.is_manual:
                yield line
            yield from open_conditions(line.parts)


def views_of(lines: Iterable[engine.Line], revision: Revision, known: Known) -> list[LineView]:
    """Return the conditions of a revision for one firm, the window first."""
    return [_view(line, told, known) for line, told in zip(lines, _told(revision), strict=True)]


def _view(line: engine.Line, told: Told, known: Known) -> LineView:
    is_told = told.nature in NATURE_TITLES
    return LineView(
        told,
        None if is_told else line.outcome,
        known.values_for(line.definition),
        line.open_facts,
        tuple(_view(part, of, known) for part, of in zip(line.parts, told.parts, strict=True)),
        is_told and known.facts.get(f"{Fact.ANSWER}{told.condition}") is False,
    )


@lru_cache(maxsize=KEPT)
def _told(revision: Revision) -> tuple[Told, ...]:
    """Return what all firms read of the conditions of a revision, the window first: it is never written again."""
    rows = sorted(revision.criteria.all(), key=lambda row: (row.from_text, row.position))
    window, *conditions = engine.conditions_of(revision)
    return (
        _tell_window(window, revision),
        *(_tell(condition, row) for condition, row in zip(conditions, rows, strict=True)),
    )


def _tell_window(window: engine.Condition, revision: Revision) -> Told:
    """Tell a window; where a page showed it open, that page is its source."""
    told = _tell(window, None, note=revision.window_note)
    if revision.seen_on is None:
        return told
    seen_on = typography.day(revision.seen_on)
    seen = Evidence(title=revision.seen_by, url=revision.seen_url, tier="", day=seen_on, place="", excerpt="")
    return replace(told, evidence=seen)


def _tell(condition: engine.Condition, row: Criterion | None, *, note: str = "") -> Told:
    definition = condition.definition
    manual = definition["kind"] == "manual"
    return Told(
        definition=definition,
        kept_sentence="" if _names_schemes(condition) else criteria.sentence(definition),
        kept_brief="" if _names_schemes(condition) else criteria.brief_sentence(definition),
        note=" ".join(
            filter(None, (_SOURCE_NUMBERS.sub("", row.note if row else note), wording.zone_lists(definition)))
        ),
        evidence=evidence_of(row.source, place=row.place, excerpt=row.excerpt) if row else None,
        condition=definition["fact"] if manual else "",
        ask=definition.get("ask", "operator") if manual else "",
        nature=wording.nature(definition),
        criterion=row.pk if row else None,
        parts=tuple(_tell(part, None) for part in condition.parts),
    )


def _names_schemes(condition: engine.Condition) -> bool:
    return condition.definition["kind"] == "holds_scheme" or any(map(_names_schemes, condition.parts))


def read_ahead() -> None:
    """Read each published sheet once, with what all firms read of it: a page of a file shows thirty of them."""
    published = Scheme.objects.of_source(Scheme.OWN).published().values_list("current", flat=True)
    for revision in read_revisions(list(published)).values():
        _told(revision)


def clear_cache() -> None:
    """Empty the cache of conditions: after the names of places or codes were loaded again in this process."""
    _told.cache_clear()
