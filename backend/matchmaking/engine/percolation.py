"""One scheme against all firms: their facts are read into columns once, then anything is tried on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import matching
from backend.matchmaking.engine.compiled import compile_record
from backend.matchmaking.engine.firms import Facts, keep_communes, profile
from backend.matchmaking.engine.ranking import VERDICTS
from backend.schemes.models import why_refused
from backend.schemes.records import Record, RecordError, definitions_of

LATER = "later"  # nothing is against it but that it is not open yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Firms that a condition keeps, excludes, or leaves to be settled: what it reads is not known of them."""

    kept: int
    excluded: int
    undecided: int


class Firms:
    """Firms as columns, in the order they were given."""

    def __init__(self, facts: Sequence[Facts], *, on: date) -> None:
        communes = (known.get(name) for known in facts for name in ("commune", "project.commune"))
        keep_communes((commune, on) for commune in communes if commune)
        self._profiles = matching.Profiles([profile(known, on=on) for known in facts])

    def verdicts(self, record: Record) -> list[str]:
        """Return what a record says to each firm: one of ``VERDICTS`` or ``LATER``, as a result shows it.

        Conditions that only a person can check have the benefit of the doubt, unless the answer is already no.
        """
        scheme = compile_record(record)
        found = matching.evaluate(self._profiles, scheme)
        later = matching.opens_later(self._profiles, scheme)
        shown = [
            matching.NOT_MET if whole == matching.NOT_MET else matching.Outcome(int(typed))
            for whole, typed in zip(found.eligibility, found.typed, strict=True)
        ]
        return [LATER if late else VERDICTS[outcome] for late, outcome in zip(later, shown, strict=True)]

    def counts(self, row: Record) -> Counts:
        """Count the firms that one condition of a record keeps and excludes; raises ``RecordError``."""
        ((_, definition),) = definitions_of({"criteria": [row]})
        try:
            criterion = matching.parse_criterion(definition)
        except matching.CriterionError as error:
            raise RecordError(why_refused(error)) from error
        outcomes = criterion.evaluate(self._profiles)
        return Counts(
            kept=int((outcomes == matching.MET).sum()),
            excluded=int((outcomes == matching.NOT_MET).sum()),
            undecided=int((outcomes == matching.UNKNOWN).sum()),
        )
