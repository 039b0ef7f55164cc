"""Another request of a contact for the same firm: what it begins with, and what it leaves where it stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.companies.levels import is_shared
from backend.companies.models import Fact, FactSheet
from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import facts_beside, facts_of_address

OTHERS = (Fact.Origin.REGISTER, Fact.Origin.OFFICER)  # than the firm


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFirm:
    """What a contact knows of its firm and its site, and nothing of a project."""

    facts: dict[str, Any]
    said_by_others: dict[str, str]  # of these facts, those that the register or an officer said: who


def known_firm(submission: Submission) -> KnownFirm:
    """Return the facts in force of the firm and of the site of a request, to begin another one with.

    That no other de minimis aid was received holds as of the day it was said: it is left out. So is what others than
    the firm said where its number is not known: the next request could not read it in this one, nor say it itself.
    """
    rows = {
        name: row
        for name, row in facts_of_address(submission).items()
        if is_shared(name, same_site=True) and name != Fact.AIDS_COMPLETE
    }
    if submission.sheet.company is None:
        rows = {name: row for name, row in rows.items() if row.origin not in OTHERS}
    return KnownFirm(
        facts={name: row.value for name, row in rows.items()},
        said_by_others={name: row.origin for name, row in rows.items() if row.origin in OTHERS},
    )


def left_standing(
    facts: Mapping[str, Any],
    *,
    unchanged: Iterable[str],
    said_by_others: Iterable[str],
    official: Mapping[str, Any],
    sheet: FactSheet,
    email: str,
) -> frozenset[str]:
    """Return the facts that a request does not say itself: it reads them in the others of its address and SIREN.

    What it shows ``unchanged`` it says again only where the last word there is the firm's own and the same, or the
    register's, which is read again: else it would take the place of a newer word. What others said it never says. Call
    it in the transaction that files: the sheets that it compares with are held until the end.
    """
    unchanged = frozenset(unchanged)
    if not unchanged:
        return frozenset()
    beside = facts_beside(sheet=sheet, email=email)

    def may_say(name: str) -> bool:
        row, value = beside.get(name), facts.get(name)
        if row is None:
            return True
        if row.origin == Fact.Origin.REGISTER:
            return name in official and value == official[name]
        return row.origin != Fact.Origin.OFFICER and value == row.value

    return frozenset(said_by_others) | {name for name in unchanged if not may_say(name)}
