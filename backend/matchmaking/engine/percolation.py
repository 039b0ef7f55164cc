"""One scheme against all firms: anything is tried on them, by the classes that their facts make."""

from dataclasses import dataclass
from datetime import date

import numpy as np

import matching
from backend.matchmaking.engine.compiled import catalogue, compile_record, compile_revision
from backend.matchmaking.engine.packed import PackedFacts, packed_classes
from backend.matchmaking.engine.ranking import VERDICTS
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import RecordError, definition_of
from backend.schemes.models import Definition, Revision, why_refused

LATER = "later"  # nothing is against it but that it is not open yet
_SHOWN = np.array([*(VERDICTS[outcome] for outcome in sorted(VERDICTS)), LATER], dtype=object)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Firms that a condition keeps, excludes, or leaves to be settled: what it reads is not known of them."""

    kept: int
    excluded: int
    undecided: int


class Firms:
    """Firms by class, in the order they were given."""

    def __init__(self, facts: PackedFacts, *, on: date) -> None:
        self._classes = packed_classes(facts, catalogue().correspondence, on=on)

    def verdicts(self, record: SchemeRecord) -> list[str]:
        """Return what a record says to each firm: one of ``VERDICTS`` or ``LATER``, as a result shows it.

        Conditions that only a person can check have the benefit of the doubt, unless the answer is already no.
        """
        found = matching.evaluate(self._classes, compile_record(record))
        shown = np.where(found.eligibility == matching.NOT_MET, matching.NOT_MET, found.typed) - matching.NOT_MET
        shown[found.opens_later] = len(VERDICTS)
        told: list[str] = _SHOWN[shown].tolist()
        return told

    def alone_against(self, revision: Revision) -> list[int | None]:
        """Return, for each firm, the place of the only condition of a revision that is not met, the window first.

        ``None`` where none is, or several are; places are those of ``explain``.
        """
        conditions = compile_revision(revision).conditions
        against = np.array([matching.outcomes(self._classes, condition) for condition in conditions])
        against = against == matching.NOT_MET
        places: list[int] = np.where(against.sum(axis=0) == 1, against.argmax(axis=0), -1).tolist()
        return [place if place >= 0 else None for place in places]

    def counts(self, row: Definition) -> Counts:
        """Count the firms that one condition of a record keeps and excludes; raises ``RecordError``."""
        try:
            criterion = matching.parse_criterion(definition_of(row))
        except matching.CriterionError as error:
            raise RecordError(why_refused(error)) from error
        outcomes = matching.outcomes(self._classes, criterion)
        return Counts(
            kept=int((outcomes == matching.MET).sum()),
            excluded=int((outcomes == matching.NOT_MET).sum()),
            undecided=int((outcomes == matching.UNKNOWN).sum()),
        )
