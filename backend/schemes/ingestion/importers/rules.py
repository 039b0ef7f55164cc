"""The rules that the State's site evaluates, as far as they say who is eligible: an "and" of plain tests."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from backend.schemes.ingestion.importers.faults import RowError, show

HEAD = "entreprise . est éligible"
SECTORS = "entreprise . est dans un secteur d'activité ciblé"
_STAFF = re.compile(r"(?:entreprise \. )?effectif (>=|<=|>|<) (\d+(?:\.\d+)?)")
_MICRO = re.compile(r"(?:entreprise \. )?microentrepreneur = (oui|non)")
_REGION = re.compile(r"région = (.+)")
_SECTION = re.compile(r"(?:entreprise \. )?code NAF niveau 1 \. est ([A-U])")
_DATES = {
    "dispositif . début de validité <= date du jour": "starts",
    "date du jour <= dispositif . fin de validité": "ends",
}
_BOUNDS = {">=": "at_least", "<=": "at_most", ">": "above", "<": "below"}
_EVERY, _ONE = "toutes ces conditions", "une de ces conditions"
MAX_DEPTH = 10


@dataclass(slots=True)
class Rules:
    """What the rules of one record test; nothing where they test nothing."""

    staff: dict[str, float] = field(default_factory=dict)
    micro_entrepreneur: bool | None = None
    regions: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    starts: bool = False
    ends: bool = False


def read_rules(publicodes: dict[str, Any]) -> Rules:
    """Read the rules of a record. Raises ``RowError`` at a test that we do not know: guessing would be worse."""
    rules = Rules()
    for test in _tests(publicodes.get(HEAD), publicodes, depth=0):
        _read_test(test, rules)
    rules.sections = [_section(test) for test in _members(publicodes.get(SECTORS), _ONE)]
    return rules


def read_when(conditional: dict[str, Any]) -> Rules:
    """Read when a conditional field of a sheet holds."""
    rules = Rules()
    for test in _tests({name: conditional[name] for name in (_EVERY, _ONE) if name in conditional}, {}, depth=0):
        _read_test(test, rules)
    return rules


def _tests(rule: Any, publicodes: dict[str, Any], *, depth: int) -> Iterator[str | list[str]]:
    """Give every test that must hold; the members of a "one of" come together, as a list."""
    if depth > MAX_DEPTH:
        raise RowError("Les règles (« publicodes ») se citent sans fin.")
    if rule is None or rule == "oui":
        return
    if isinstance(rule, str):
        named = _named(rule, publicodes)
        if named is None:
            yield rule
        else:
            yield from _tests(named, publicodes, depth=depth + 1)
        return
    if not isinstance(rule, dict) or rule.keys() - {"applicable si", "valeur", _EVERY, _ONE}:
        raise _unknown(rule)
    for part in (rule.get("applicable si"), rule.get("valeur"), *_members(rule, _EVERY)):
        yield from _tests(part, publicodes, depth=depth + 1)
    if _ONE in rule:
        yield _members(rule, _ONE)


def _named(name: str, publicodes: dict[str, Any]) -> Any:
    """Return the rule that a test names, by its full name or by the end of it."""
    return publicodes.get(name) or publicodes.get(f"entreprise . {name}")


def _members(rule: Any, name: str) -> list[Any]:
    if rule is None:
        return []
    members = rule.get(name, []) if isinstance(rule, dict) else None
    if not isinstance(members, list):
        raise _unknown(rule)
    return members


def _read_test(test: str | list[str], rules: Rules) -> None:
    if isinstance(test, list):
        regions = [_REGION.fullmatch(one) if isinstance(one, str) else None for one in test]
        if rules.regions or not test or not all(regions):
            raise _unknown(test)
        rules.regions = [found[1] for found in regions if found]
    elif staff := _STAFF.fullmatch(test):
        rules.staff[_BOUNDS[staff[1]]] = float(staff[2])
    elif micro := _MICRO.fullmatch(test):
        rules.micro_entrepreneur = micro[1] == "oui"
    elif region := _REGION.fullmatch(test):
        rules.regions = [region[1]]
    elif test in _DATES:
        setattr(rules, _DATES[test], True)
    else:
        raise _unknown(test)


def _section(test: Any) -> str:
    found = _SECTION.fullmatch(test) if isinstance(test, str) else None
    if found is None:
        raise _unknown(test)
    return found[1]


def _unknown(rule: Any) -> RowError:
    return RowError(
        f"Règle non comprise dans « publicodes » : {show(rule)} ; attendu : des tests de date, d’effectif, de "
        "micro-entrepreneur, de région ou de section NAF."
    )
