"""What a programme of the State's site states as data: dates, staff, micro-entrepreneurs, regions. Nothing else.

The same is written in up to three places. Where they agree nothing is said; where they do not, ``eligibilityData``
decides, then the field of the sheet, then the rule, and the difference is told.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

from backend.schemes.catalogue.record_types import WindowRecord
from backend.schemes.ingestion.importers.faults import RowError, get_flag, get_object, get_texts, refuse, show
from backend.schemes.ingestion.importers.places import Places
from backend.schemes.ingestion.importers.rules import Rules, read_rules
from backend.schemes.ingestion.importers.windows import window_of
from backend.schemes.models import Definition

SUSPENDED = "aide temporairement indisponible"
DATES = {"start": "début de validité", "end": "fin de validité"}
_DAY = re.compile(r"(\d{2})/(\d{2})/(\d{4})", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}(?:[.,]\d{1,6})?", re.ASCII)


@dataclass(slots=True)
class Stated:
    """What the data of a programme state, and where they contradict themselves."""

    window: WindowRecord = field(default_factory=lambda: window_of("unknown", None, None))
    staff: dict[str, float] = field(default_factory=dict)
    micro_entrepreneur: bool | None = None  # expected value; None where nothing is asked
    territories: list[str] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)

    def criteria(self) -> list[Definition]:
        """Return its legal criteria but the window, as the catalogue writes them."""
        found: list[Definition] = []
        if self.staff:
            found.append(headcount(self.staff))
        if self.micro_entrepreneur is not None:
            found.append({"kind": "micro_entrepreneur", "expected": self.micro_entrepreneur})
        if self.territories:
            found.append({"kind": "in_territory", "any_of": self.territories})
        return found


def headcount(bounds: Mapping[str, float]) -> Definition:
    """Return a criterion of staff with its bounds, by name."""
    return cast("Definition", {"kind": "headcount", **bounds})


def read_stated(programme: dict[str, Any], places: Places, *, never: date) -> Stated:
    """Read what a programme states as data. Raises ``RowError`` where a value cannot be read."""
    given = get_object(programme, "eligibilityData", needed=True)
    company = get_object(given, "company", place="eligibilityData.company")
    validity = get_object(given, "validity", place="eligibilityData.validity")
    publicodes = get_object(programme, "publicodes")
    rules = read_rules(publicodes)
    stated = Stated()
    settle = _Settling(stated.contradictions, has_rules=bool(publicodes))
    _read_window(programme, validity, rules, stated, settle, never=never)
    _read_staff(company, rules, stated, settle)
    _read_status(company, rules, stated, settle)
    names = get_texts(company, "allowedRegion", place="eligibilityData.company.allowedRegion")
    if company.get("allowedRegion") == []:
        raise refuse("eligibilityData.company.allowedRegion", [], "une liste de noms, ou rien pour toute la France")
    by_rule = places.read(rules.regions, place="publicodes")
    codes = places.read(names, place="eligibilityData.company.allowedRegion")
    stated.territories = settle("Les régions", codes, by_rule, same=_same_set)
    stated.sections = _read_sections(company, rules, settle)
    return stated


def _same_set(one: list[str], other: list[str]) -> bool:
    return set(one) == set(other)


@dataclass(slots=True)
class _Settling:
    """Chooses between two places of a record, and keeps what to tell where they differ."""

    contradictions: list[str]
    has_rules: bool

    def __call__(
        self, what: str, data: Any, rule: Any, *, same: Callable[[Any, Any], bool] = lambda one, other: one == other
    ) -> Any:
        if not self.has_rules or same(data or [], rule or []):
            return data
        if not data:
            self.contradictions.append(
                f"{what} : rien dans eligibilityData, {show(rule)} dans les règles ; les règles sont suivies."
            )
            return rule
        told = show(rule) if rule else "rien"
        self.contradictions.append(
            f"{what} : {show(data)} dans eligibilityData, {told} dans les règles ; eligibilityData est suivi."
        )
        return data


def _read_window(
    programme: dict[str, Any],
    validity: dict[str, Any],
    rules: Rules,
    stated: Stated,
    settle: _Settling,
    *,
    never: date,
) -> None:
    days: dict[str, date | None] = {}
    for name, shown in DATES.items():
        data = _read_day(validity, name, place=f"eligibilityData.validity.{name}")
        sheet = _read_day(programme, shown, place=shown)
        days[name] = data or sheet
        if data != sheet:
            stated.contradictions.append(
                f"« {shown} » vaut {_day(sheet)}, eligibilityData.validity.{name} {_day(data)} ; "
                f"{_day(days[name])} est retenu."
            )
        tested = rules.starts if name == "start" else rules.ends
        if settle.has_rules and tested != (days[name] is not None):
            told = "testent" if tested else "ne testent pas"
            stated.contradictions.append(
                f"Les règles {told} « {shown} », qui vaut {_day(days[name])} ; la date du fichier est suivie."
            )
    opens, closes = days["start"], days["end"]
    if opens and closes and opens > closes:
        raise RowError(
            f"Dates inversées : début de validité le {_day(opens)}, fin le {_day(closes)} ; attendu : le début "
            "d’abord."
        )
    state = "unknown" if closes is None else "permanent" if closes == never else "dated"
    if get_flag(programme, SUSPENDED):
        state = "suspended"
    stated.window = window_of(state, opens, None if closes == never else closes)


def _read_day(record: dict[str, Any], name: str, *, place: str) -> date | None:
    value = record.get(name)
    if value is None:
        return None
    found = _DAY.fullmatch(value.strip()) if isinstance(value, str) else None
    with suppress(ValueError):  # a day that its month lacks
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
    raise refuse(place, value, "une date qui existe, comme 31/12/2026")


def _day(value: date | None) -> str:
    return f"{value:%d/%m/%Y}" if value else "rien"


def _read_staff(company: dict[str, Any], rules: Rules, stated: Stated, settle: _Settling) -> None:
    low, high = (_read_number(company, name) for name in ("minEmployees", "maxEmployees"))
    if low is not None and high is not None and low > high:
        raise RowError(
            f"Effectifs inversés : minEmployees vaut {low:g}, maxEmployees {high:g} ; attendu : le plus petit d’abord."
        )
    for what, bound, names in (
        ("L’effectif minimal", low, ("at_least", "above")),
        ("L’effectif maximal", high, ("at_most", "below")),
    ):
        data = {} if bound is None else {names[0]: bound}
        stated.staff |= settle(what, data, {name: rules.staff[name] for name in names if name in rules.staff})


def _read_number(company: dict[str, Any], name: str) -> float | None:
    """Read a number, which the file writes between quotes."""
    value = company.get(name)
    if value is None:
        return None
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if not _NUMBER.fullmatch(text):
        raise refuse(f"eligibilityData.company.{name}", value, 'un nombre positif ou nul, comme "249"')
    return float(text.replace(",", "."))


def _read_status(company: dict[str, Any], rules: Rules, stated: Stated, settle: _Settling) -> None:
    excluded = get_flag(company, "excludeMicroentrepreneur", place="eligibilityData.company.excludeMicroentrepreneur")
    data = False if excluded else None
    stated.micro_entrepreneur = data
    if settle.has_rules and rules.micro_entrepreneur is not data:
        names = {None: "ne disent rien", True: "demandent de l’être", False: "les excluent"}
        told = f"Micro-entrepreneurs : les règles {names[rules.micro_entrepreneur]}, eligibilityData "
        told += {None: "ne dit rien", True: "les exclut", False: "les admet"}[excluded]
        if excluded is None:
            stated.micro_entrepreneur = rules.micro_entrepreneur
        chosen = "les règles sont suivies" if excluded is None else "eligibilityData est suivi"
        stated.contradictions.append(f"{told} ; {chosen}.")


def _read_sections(company: dict[str, Any], rules: Rules, settle: _Settling) -> list[str]:
    """Return the sections of the NAF that the programme aims at; none is no targeting."""
    place = "eligibilityData.company.allowedNafSections"
    sections = get_texts(company, "allowedNafSections", place=place)
    for section in sections:
        if not re.fullmatch("[A-U]", section):
            raise refuse(place, section, "une lettre de section de la NAF, de A à U")
    found = settle("Les sections de la NAF", sections, rules.sections, same=_same_set)
    return list(dict.fromkeys(found))
