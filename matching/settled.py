"""What one class of profiles settles of the schemes of an index, as rows: whole numbers, one bit a scheme."""

from collections.abc import Collection
from dataclasses import dataclass, field

from matching.bits import row_of
from matching.criteria import Criterion, Manual, OpenFacts, leaves
from matching.outcomes import MET, NOT_MET
from matching.profiles import Profiles

type Row = int


@dataclass(slots=True)
class Settled:
    """What one class of profiles settles, as rows over the schemes.

    Parameters
    ----------
    closed, unsure : int
        Schemes with a condition that is not met; that is not met or unknown.
    typed_closed, typed_unsure : int
        The same on what the owner states, manual conditions given the benefit of the doubt.
    opens, typed_opens : dict of str to int
        By fact, schemes with a condition that it leaves unknown.
    """

    closed: Row = 0
    unsure: Row = 0
    typed_closed: Row = 0
    typed_unsure: Row = 0
    opens: dict[str, Row] = field(default_factory=dict)
    typed_opens: dict[str, Row] = field(default_factory=dict)

    def add(self, condition: Criterion, positions: Collection[int], columns: Profiles, *, is_stated: bool) -> None:
        """Add what a condition says of the schemes that set it: it is their owner's, or read in a text."""
        outcome = condition.evaluate(columns)[0]
        is_manual = any(isinstance(leaf, Manual) for leaf in leaves(condition))
        typed = condition.evaluate(columns, assume=MET)[0] if is_manual else outcome
        if outcome == typed == MET:
            return
        schemes = row_of(positions)
        if outcome != MET:
            self.unsure |= schemes
            if outcome == NOT_MET:
                self.closed |= schemes
            else:
                _open(self.opens, condition.open_facts(columns), schemes)
        if is_stated and typed != MET:
            self.typed_unsure |= schemes
            if typed == NOT_MET:
                self.typed_closed |= schemes
            else:
                _open(self.typed_opens, condition.open_facts(columns, assume=MET), schemes)

    def forget(self, scheme: Row) -> None:
        """Take a scheme out."""
        kept = ~scheme
        self.closed &= kept
        self.unsure &= kept
        self.typed_closed &= kept
        self.typed_unsure &= kept
        self.opens = {fact: row & kept for fact, row in self.opens.items()}
        self.typed_opens = {fact: row & kept for fact, row in self.typed_opens.items()}


def _open(found: dict[str, Row], facts: OpenFacts, schemes: Row) -> None:
    for fact, rows in facts.items():
        if rows[0]:
            found[fact] = found.get(fact, 0) | schemes
