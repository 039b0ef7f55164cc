"""What one class of profiles settles of the schemes of an index, as rows: whole numbers, one bit a scheme."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

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

    def add(self, conditions: Iterable[tuple[Criterion, Collection[int], bool]], columns: Profiles) -> None:
        """Add what conditions say, each with the schemes that set it, and whether it is their owner's or of a text.

        Positions are gathered first: a row is written once, however many conditions there are.
        """
        closed, unsure, typed_closed, typed_unsure = rows = [list[int]() for _ in range(4)]
        opens, typed_opens = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
        for condition, positions, is_stated in conditions:
            outcome = typed = int(condition.evaluate(columns)[0])
            if _is_manual(condition):
                typed = int(condition.evaluate(columns, assume=MET)[0])
            if outcome != MET:
                unsure += positions
                if outcome == NOT_MET:
                    closed += positions
                else:
                    _open(opens, condition.open_facts(columns), positions)
            if is_stated and typed != MET:
                typed_unsure += positions
                if typed == NOT_MET:
                    typed_closed += positions
                else:
                    _open(typed_opens, condition.open_facts(columns, assume=MET), positions)
        closed_row, unsure_row, typed_closed_row, typed_unsure_row = map(row_of, rows)
        self.closed |= closed_row
        self.unsure |= unsure_row
        self.typed_closed |= typed_closed_row
        self.typed_unsure |= typed_unsure_row
        for kept, found in ((self.opens, opens), (self.typed_opens, typed_opens)):
            for fact, positions in found.items():
                kept[fact] = kept.get(fact, 0) | row_of(positions)

    def forget(self, scheme: Row) -> None:
        """Take a scheme out."""
        kept = ~scheme
        self.closed &= kept
        self.unsure &= kept
        self.typed_closed &= kept
        self.typed_unsure &= kept
        self.opens = {fact: row & kept for fact, row in self.opens.items()}
        self.typed_opens = {fact: row & kept for fact, row in self.typed_opens.items()}


@lru_cache(maxsize=100_000)
def _is_manual(condition: Criterion) -> bool:
    """Tell whether a part of a condition is left to a person: what is assumed of it changes nothing elsewhere."""
    return any(isinstance(leaf, Manual) for leaf in leaves(condition))


def _open(found: dict[str, list[int]], facts: OpenFacts, positions: Collection[int]) -> None:
    for fact, rows in facts.items():
        if rows[0]:
            found[fact] += positions
