"""How long what is kept: the rules of ``fixtures/service.yaml``, checked."""

from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any

from backend.common.files import read_yaml
from backend.common.territory_files import territory_file
from backend.privacy.predicates import PREDICATES

LONGEST_DAYS = 3660


class RuleError(ValueError):
    """A rule that cannot be applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rows of a predicate are erased once they are older than a number of days: kept for all of the last one."""

    name: str
    what: str
    rows: str
    days: int
    decided: date | str

    @property
    def is_decided(self) -> bool:
        return isinstance(self.decided, date)

    @property
    def kept_for(self) -> str:
        """The duration as people say it."""
        for length, one, many in ((365, "un an", "ans"), (30, "un mois", "mois")):
            n, left = divmod(self.days, length)
            if n and not left:
                return one if n == 1 else f"{n} {many}"
        return "un jour" if self.days == 1 else f"{self.days} jours"


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """Return the rules in force, by name."""
    return read_rules(read_yaml(territory_file("service.yaml")).get("retention"))


def read_rules(content: Any) -> dict[str, Rule]:
    """Check rules as a file gives them; raise ``RuleError`` for one that cannot be applied."""
    if not isinstance(content, list):
        raise RuleError(f"retention: expected a list of rules, got {content!r}.")
    found: dict[str, Rule] = {}
    for given in content:
        rule = _read(given)
        if rule.name in found:
            raise RuleError(f"retention: two rules are called {rule.name!r}.")
        found[rule.name] = rule
    return found


def _read(given: Any) -> Rule:
    expected = {field.name for field in fields(Rule)}
    if not isinstance(given, dict) or given.keys() != expected:
        raise RuleError(f"retention: expected {', '.join(sorted(expected))}; got {given!r}.")
    rule = Rule(**given)
    if not (isinstance(rule.days, int) and not isinstance(rule.days, bool) and 1 <= rule.days <= LONGEST_DAYS):
        raise RuleError(f"retention, {rule.name}: days is a number from 1 to {LONGEST_DAYS}, got {rule.days!r}.")
    if rule.rows not in PREDICATES:
        raise RuleError(f"retention, {rule.name}: no predicate {rule.rows!r}. Known ones: {', '.join(PREDICATES)}.")
    if not rule.what or not isinstance(rule.what, str):
        raise RuleError(f"retention, {rule.name}: what says in words what is kept, got {rule.what!r}.")
    return rule
