"""Where a record of another site holds, from names without codes: a perimeter of ours, everywhere, or not known.

Nothing is guessed: a name that is no perimeter of ours, or may be several, becomes a condition that quotes it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from backend.schemes.catalogue.record_types import CriterionRecord
from backend.schemes.ingestion.importers.cleaning import clean_line
from backend.schemes.ingestion.importers.people import condition, read_in
from backend.schemes.ingestion.importers.places import spelling
from backend.schemes.models import Definition, Revision
from backend.territories.models import Containment, Perimeter

Kind, Level = Perimeter.Kind, Revision.Level

_POSTCODE = re.compile(r"\s*\((\d{2,5}|2[AB])\)$")
_NATURES = {"communaute de communes": "cc", "communaute d agglomeration": "ca", "communaute urbaine": "cu"}
_COUNCIL = re.compile(r"^conseil (?P<level>regional|departemental) (?:de la |de l |du |des |de |d |)(?P<name>.+)$")
_BETWEEN = re.compile(r"\s*,\s*")


@dataclass(slots=True)
class Where:
    """Perimeters of ours where a record holds: some, the whole country (``everywhere``), or none where not known."""

    codes: list[str] = field(default_factory=list)
    but: list[str] = field(default_factory=list)  # where it does not hold, even inside the others
    everywhere: bool = False
    of_project: bool = False  # where the project is decides, which is the establishment where nobody says otherwise
    level: str = ""
    conditions: list[CriterionRecord] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def criteria(self, label: str) -> list[CriterionRecord]:
        """Return its conditions, with the words of the site."""
        if not (self.codes or self.but):
            return self.conditions
        definition: Definition = {"kind": "in_territory"}
        if self.codes:
            definition["any_of"] = self.codes
        if self.but:
            definition["none_of"] = self.but
        if self.of_project or any(code.startswith("ZONE-") for code in self.codes):
            definition["level"] = "project"
        return [read_in(definition, label), *self.conditions]


class Locator:
    """Finds perimeters by name and scale, and confronts them with whose aid it is."""

    def __init__(self, words: Mapping[str, Any], *, prefix: str) -> None:
        self.prefix = prefix  # of the names of conditions
        self.everywhere: dict[str, str] = _spelt(words["everywhere"])
        self.sets: dict[str, list[str]] = _spelt(words["sets"])
        self.scales: dict[str, str] = _spelt(words["scales"])
        self.basins: dict[str, str | None] = _spelt(words["basins"])
        self.aliases: dict[str, str] = _spelt(words["places"])
        self.levels = [(level, re.compile(pattern)) for level, pattern in words["levels"].items()]

    def locate(self, label: str, scale: str = "", *, operators: Sequence[str], key: str) -> Where:
        """Say where a record of this label and scale holds; ``operators`` are whose aid it is."""
        label = clean_line(label)
        where = Where()
        if spelling(label) in self.everywhere and spelling(scale) not in self.scales:
            where.everywhere, where.level = True, self.everywhere[spelling(label)]
        elif label:
            where.codes = self.find_all(label, scale) or []
        return self.confront(where, label, operators=operators, key=key)

    def confront(self, where: Where, label: str, *, operators: Sequence[str], key: str) -> Where:
        """Leave to a person what is not known, or what the territory of an operator contradicts."""
        fact = f"{self.prefix}.{key}.place"
        basin = self._basin(where, label, operators)
        if basin is None and (where.everywhere or where.codes):
            self._confront(where, label, operators, fact)
        elif basin is not None:
            where.codes, where.everywhere = [basin] if basin else [], False
            label = f"bassin de {clean_line(operators[0])}"
        if not (where.everywhere or where.codes or where.conditions):
            where.conditions.append(_unknown(fact, label))
        where.level = where.level or self._level(where.codes, operators)
        return where

    # -- a name

    def find_all(self, label: str, scale: str = "") -> list[str] | None:
        """Return the codes of a name, or of names between commas; ``None`` where one of them is not known."""
        whole = self.find(label, scale)
        if whole is not None or "," not in label:
            return whole
        found: list[str] = []
        for name in _BETWEEN.split(label):
            codes = self.find(name)
            if codes is None:
                return None
            found.extend(code for code in codes if code not in found)
        return found

    def find(self, name: str, scale: str = "") -> list[str] | None:
        """Return the codes of one name; ``None`` where it is no perimeter of ours, or may be several.

        Without a scale, only regions and departments are looked for: a name may be that of several smaller places.
        """
        spelt = spelling(name)
        if spelt in self.sets:
            return list(self.sets[spelt])
        kind = self.scales.get(spelling(scale)) if scale else None
        if scale and kind is None:
            return None
        if kind == Kind.COMMUNE:
            return self._commune(name)
        looked_for = {
            Kind.EPCI: (self._epcis,),
            Kind.ZONE: (self._zones,),
            Kind.DEPARTMENT: (self._departments,),
            Kind.REGION: (self._regions, self.aliases),
        }.get(Kind(kind) if kind else Kind.COMMUNE, (self._regions, self.aliases, self._departments))
        code = next((names[_nature(spelt)] for names in looked_for if _nature(spelt) in names), None)
        return [code] if code else None

    def _commune(self, name: str) -> list[str] | None:
        where = _POSTCODE.search(name)
        found = self._communes.get(spelling(_POSTCODE.sub("", name)), [])
        if where:
            found = [row for row in found if where[1] in row[1] or row[0].startswith(f"COM-{where[1]}")]
        return [found[0][0]] if len(found) == 1 else None

    def whole_regions(self, departments: Iterable[str]) -> list[str]:
        """Write the departments of a whole region as that region."""
        left = list(dict.fromkeys(departments))
        found: list[str] = []
        for region, inside in self.departments_of.items():
            if inside <= set(left):
                found.append(region)
                left = [code for code in left if code not in inside]
        return [*found, *left]

    # -- whose aid it is

    def _basin(self, where: Where, label: str, operators: Sequence[str]) -> str | None:
        """Return the basin that decides, empty where we hold no such zone; ``None`` where no water agency is alone.

        Files cut a basin into regions, and forget some: that of Seine-Normandie without the Oise.
        """
        agencies = {spelling(name) for name in operators}
        if len(agencies) != 1 or not agencies <= self.basins.keys() or where.everywhere:
            return None
        if any(not code.startswith("REG-") for code in where.codes) or (label and not where.codes):
            return None
        where.told.append(
            f"Le périmètre est {f'« {label} »' if label else 'absent'}, et l’aide celle d’une agence de l’eau : "
            "c’est son bassin qui décide."
        )
        where.level = Level.NATIONAL.value
        return self.basins[agencies.pop()] or ""

    def _confront(self, where: Where, label: str, operators: Sequence[str], fact: str) -> None:
        homes = {name: self.home(name) for name in operators}
        regions = {home for home in homes.values() if home.startswith("REG-")}
        where_was = set(where.codes)
        is_fine = all(code.startswith(("EPCI-", "COM-", "ZONE-")) for code in where.codes) and not where.everywhere
        if where.conditions:
            return
        if regions and set(where.codes) != regions and not is_fine:
            operator = next(name for name, home in homes.items() if home in regions)
            inside = {code for region in regions for code in self.departments_of[region]}
            self._give_up(where, label, operator, fact)
            if where_was and where_was <= inside:  # a part of the region of whose aid it is: rather all of it
                where.codes, where.of_project = sorted(regions), True
            return
        for operator, home in homes.items():
            if home.startswith("REG-") or not (home or self._is_local(operator)):
                continue
            around = {home} | self._around(home) if home else set()
            if where.everywhere or around & (set(where.codes) - {home}) or (not home and not is_fine):
                where.conditions.append(_narrower(fact, label, operator))
                return
            if home and home not in where.codes and not all(home in self._around(code) for code in where.codes):
                self._give_up(where, label, operator, fact)
                return

    def _give_up(self, where: Where, label: str, operator: str, fact: str) -> None:
        where.told.append(f"Le périmètre « {label} » n’est pas celui du porteur, « {clean_line(operator)} ».")
        where.conditions.append(_mismatch(fact, label, operator))
        where.codes, where.everywhere, where.level = [], False, ""

    def home(self, operator: str) -> str:
        """Return the perimeter that an operator is the council of; empty where it is none, or not one we know."""
        spelt = spelling(operator)
        council = _COUNCIL.match(spelt)
        if council:
            names = self._regions if council["level"] == "regional" else self._departments
            return names.get(council["name"], "")
        return self._regions.get(spelt) or self._epcis.get(_nature(spelt)) or ""

    def _is_local(self, operator: str) -> bool:
        return self._level([], [operator]) in (Level.LOCAL, Level.DEPARTMENTAL)

    def _level(self, codes: Sequence[str], operators: Sequence[str]) -> str:
        """Return who decides: a local operator, else the place where it is one, else what operators agree on."""
        found = {self._level_of(name) for name in operators}
        if found and found <= {Level.LOCAL, Level.DEPARTMENTAL}:
            return Level.LOCAL.value if Level.LOCAL in found else Level.DEPARTMENTAL.value
        if codes and all(code.startswith(("COM-", "EPCI-")) for code in codes):
            return Level.LOCAL.value
        if len(codes) == 1 and codes[0].startswith(("DEP-", "REG-")):
            return (Level.DEPARTMENTAL if codes[0].startswith("DEP-") else Level.REGIONAL).value
        return found.pop() if len(found) == 1 else ""

    def _level_of(self, operator: str) -> str:
        spelt = spelling(operator)
        return next((level for level, words in self.levels if words.search(spelt)), "")

    # -- our perimeters, read once

    @cached_property
    def _regions(self) -> dict[str, str]:
        return _named(Kind.REGION)

    @cached_property
    def _departments(self) -> dict[str, str]:
        return _named(Kind.DEPARTMENT)

    @cached_property
    def _epcis(self) -> dict[str, str]:
        return _named(Kind.EPCI)

    @cached_property
    def _zones(self) -> dict[str, str]:
        named = _named(Kind.ZONE)
        return named | {name.removeprefix("bassin "): code for name, code in named.items()}

    @cached_property
    def _communes(self) -> dict[str, list[tuple[str, list[str]]]]:
        found: dict[str, list[tuple[str, list[str]]]] = {}
        for name, code, postcodes in Perimeter.objects.communes().values_list("name", "code", "postcodes"):
            found.setdefault(spelling(name), []).append((code, postcodes))
        return found

    @cached_property
    def departments_of(self) -> dict[str, set[str]]:
        """Give the departments of each region."""
        rows = _held().filter(inner__kind=Kind.DEPARTMENT, outer__kind=Kind.REGION)
        found: dict[str, set[str]] = {}
        for inner, outer in rows.order_by("outer__code").values_list("inner__code", "outer__code"):
            found.setdefault(outer, set()).add(inner)
        return found

    def _around(self, code: str) -> set[str]:
        """Return the perimeters around one; those of an intercommunality are around its communes."""
        if code.startswith("EPCI-"):
            rows = _held().filter(inner__in=_held().filter(outer__code=code).values("inner"))
        else:
            rows = _held().filter(inner__code=code)
        return set(rows.values_list("outer__code", flat=True)) - {code}


def _held() -> Any:
    return Containment.objects.filter(holds=True, until=None)


def _named(kind: Perimeter.Kind) -> dict[str, str]:
    """Return codes by name; a name that two perimeters of one kind share is neither's."""
    found: dict[str, list[str]] = {}
    for name, code in Perimeter.objects.filter(kind=kind).values_list("name", "code"):
        found.setdefault(spelling(name), []).append(code)
    return {name: codes[0] for name, codes in found.items() if len(codes) == 1}


def _spelt[Value](words: Mapping[str, Value]) -> dict[str, Value]:
    return {spelling(name): value for name, value in words.items()}


def _nature(spelt: str) -> str:
    """Write the nature of an intercommunality as our list does."""
    return next((f"{short}{spelt[len(long) :]}" for long, short in _NATURES.items() if spelt.startswith(long)), spelt)


def _unknown(fact: str, label: str) -> CriterionRecord:
    said = f"dans ce périmètre, que le catalogue ne sait pas situer : « {label} »" if label else (
        "là où l’aide s’applique, ce que le fichier ne dit pas"
    )  # fmt: skip
    return condition(fact, f"L’entreprise ou son projet est {said}.", excerpt=label, from_text=False)


def _narrower(fact: str, label: str, operator: str) -> CriterionRecord:
    return condition(
        fact,
        f"L’entreprise ou son projet est dans le territoire du porteur, « {clean_line(operator)} » : le fichier "
        f"ne dit que « {label} ».",
        excerpt=label,
        from_text=False,
    )


def _mismatch(fact: str, label: str, operator: str) -> CriterionRecord:
    return condition(
        fact,
        f"L’entreprise ou son projet est là où l’aide s’applique : le fichier dit « {label} », qui n’est pas le "
        f"territoire du porteur, « {clean_line(operator)} ».",
        excerpt=label,
        from_text=False,
    )
