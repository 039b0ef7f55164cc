"""The machine-readable columns of the national schema, as conditions of the engine: nothing is read into a name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from backend.schemes.catalogue.codes import Memory, unknown_places
from backend.schemes.catalogue.record_types import CriterionRecord
from backend.schemes.ingestion.importers.faults import RowError, get_number, get_text, refuse, show
from backend.schemes.ingestion.importers.legal import headcount
from backend.schemes.ingestion.importers.lists import between_bars
from backend.schemes.ingestion.importers.locating import Where
from backend.schemes.ingestion.importers.people import condition, read_in
from backend.schemes.ingestion.importers.places import spelling
from backend.schemes.models import Definition, Revision, activity_path
from backend.territories.models import Nomenclature

PLACES, PLACES_BUT = "eligibilite_geographique", "eligibilite_geographique_exclusions"
STAFF = ("eligibilite_effectif_minimal", "eligibilite_effectif_maximal")
SIZES = "eligibilite_categorie_taille_entreprise"
YEARS = "eligibilite_annees_existence_minimal"
FORMS, FORMS_BUT = "eligibilite_forme_juridique", "eligibilite_forme_juridique_exclusions"
NAF, NAF_BUT = "ciblage_naf", "ciblage_naf_exclusions"
INSEE_SIZES = {"MIC": ("micro",), "PME": ("small", "medium"), "ETI": ("intermediate",), "GE": ("large",)}
IN_ORDER = ("micro", "small", "medium", "intermediate", "large")
MAX_YEARS = 150
_PLACE = re.compile(r"(PAYS|REG|DEP|EPCI|COM)-([0-9][0-9AB][0-9]*)", re.ASCII)
_OVERSEAS = re.compile(r"COM-(9[78]\d)", re.ASCII)  # a collectivity, which we hold as a region
_EXPECTED_PLACE = "des codes du COG comme REG-32, DEP-2A, EPCI-200067965 ou COM-60159"
Level = Revision.Level


@dataclass
class NationalFields:
    """Reads the columns of one row at a time; our perimeters and the NAF are read once."""

    words: Mapping[str, Any]
    prefix: str  # of the names of conditions that are left to people
    memory: Memory = field(default_factory=dict)

    # -- where

    def where(self, given: dict[str, Any]) -> Where:
        """Return where a scheme holds; exclusions win. Raises ``RowError`` at a place that we do not know."""
        codes, but = (self._places(get_text(given, name), name) for name in (PLACES, PLACES_BUT))
        everywhere = self.words["everywhere"]
        if not codes:
            raise refuse(PLACES, get_text(given, PLACES), f"{everywhere} pour toute la France, ou {_EXPECTED_PLACE}")
        if everywhere in but:
            raise RowError(f"« {PLACES_BUT} » contient {everywhere} : le dispositif n’est ouvert nulle part.")
        if everywhere in codes:
            return Where(everywhere=True, but=but, level=Level.NATIONAL.value)
        return Where(codes=codes, but=but, level=_level(codes))

    def _places(self, text: str, name: str) -> list[str]:
        found = []
        for raw in between_bars(text):
            code = _OVERSEAS.sub(r"REG-\1", raw.upper()) if _OVERSEAS.fullmatch(raw.upper()) else raw.upper()
            is_ours = code == self.words["everywhere"] or not unknown_places([code], memory=self.memory)
            if not (_PLACE.fullmatch(code) and is_ours):
                raise RowError(f"« {name} » contient {show(raw)}, un lieu inconnu ; attendu : {_EXPECTED_PLACE}.")
            found.append(code)
        return list(dict.fromkeys(found))

    # -- who

    def conditions(self, given: dict[str, Any], key: str) -> list[CriterionRecord]:
        """Return staff, size, age and legal form as conditions. Raises ``RowError`` where one cannot be read."""
        found = [read_in(row) for row in (self.staff(given), *self._sizes(given), self._age(given)) if row]
        return [*found, *self._forms(given, key), *self._forms_but(given, key)]

    def staff(self, given: dict[str, Any]) -> Definition | None:
        """Return bounds of the staff, both inclusive; nothing where there are none."""
        low, high = (_whole(given, name) for name in STAFF)
        if low is not None and high is not None and low > high:
            raise RowError(f"Effectifs inversés : de {low} à {high} ; attendu : le plus petit d’abord.")
        bounds = {"at_least": low or None, "at_most": high}
        kept = {name: bound for name, bound in bounds.items() if bound is not None}
        return headcount(kept) if kept else None

    def _sizes(self, given: dict[str, Any]) -> list[Definition]:
        names = [name.upper() for name in between_bars(get_text(given, SIZES))]
        unknown = [name for name in names if name not in INSEE_SIZES]
        if unknown:
            raise refuse(SIZES, unknown[0], ", ".join(INSEE_SIZES))
        admitted = [size for size in IN_ORDER if any(size in INSEE_SIZES[name] for name in names)]
        if len(admitted) in (0, len(IN_ORDER)):
            return []
        runs: list[list[str]] = []
        for size in admitted:
            if runs and IN_ORDER.index(runs[-1][-1]) + 1 == IN_ORDER.index(size):
                runs[-1].append(size)
            else:
                runs.append([size])
        parts: list[Definition] = [{"kind": "size_category", "from": run[0], "to": run[-1]} for run in runs]
        return parts if len(parts) == 1 else [{"kind": "any", "of": parts}]

    def _age(self, given: dict[str, Any]) -> Definition | None:
        years = get_number(given, YEARS)
        if years is not None and (years > MAX_YEARS or years * 12 != int(years * 12)):
            raise refuse(YEARS, given[YEARS], f"un nombre d’années jusqu’à {MAX_YEARS}")
        return {"kind": "age_months", "at_least": int(years * 12)} if years else None

    # -- legal forms

    def _forms(self, given: dict[str, Any], key: str) -> list[CriterionRecord]:
        names = between_bars(get_text(given, FORMS))
        codes, micro, others = self._read_forms(names)
        # What is a kind of a form that is in the list is in it too.
        listed = {spelling(name) for name in names}
        others = [name for name in others if self._within.get(spelling(name), "") not in listed]
        parts: list[Definition] = [{"kind": "legal_form", "any_of": codes}] if codes else []
        if micro and not {"1"} & set(codes):
            parts.append({"kind": "micro_entrepreneur", "expected": True})
        if others:
            sentence = f"L’entreprise a l’une de ces formes juridiques : {', '.join(others)}."
            parts.append({"kind": "manual", "fact": f"{self.prefix}.{key}.forme", "sentence": sentence, "ask": "firm"})
        if not parts:
            return []
        return [read_in(parts[0] if len(parts) == 1 else {"kind": "any", "of": parts})]

    def _forms_but(self, given: dict[str, Any], key: str) -> list[CriterionRecord]:
        codes, micro, others = self._read_forms(between_bars(get_text(given, FORMS_BUT)))
        found = [read_in({"kind": "legal_form", "none_of": codes})] if codes else []
        if micro:
            found.append(read_in({"kind": "micro_entrepreneur", "expected": False}))
        if others:
            sentence = f"L’entreprise n’a aucune de ces formes juridiques : {', '.join(others)}."
            fact = f"{self.prefix}.{key}.forme_exclue"
            found.append(condition(fact, sentence, excerpt="", ask="firm", from_text=False))
        return found

    def _read_forms(self, names: Iterable[str]) -> tuple[list[str], bool, list[str]]:
        """Return INSEE categories, whether micro-entrepreneurs are named, and the forms that we cannot test."""
        codes: list[str] = []
        micro, others = False, []
        for name in names:
            if spelling(name) in self._micro:
                micro = True
            elif spelling(name) in self._categories:
                codes += [code for code in self._categories[spelling(name)] if code not in codes]
            else:
                others.append(name)
        return codes, micro, others

    @cached_property
    def _categories(self) -> dict[str, list[str]]:
        return {spelling(name): codes for name, codes in self.words["legal_forms"].items()}

    @cached_property
    def _within(self) -> dict[str, str]:
        return {spelling(name): spelling(form) for name, form in self.words["legal_forms_within"].items()}

    @cached_property
    def _micro(self) -> frozenset[str]:
        return frozenset(map(spelling, self.words["micro_entrepreneurs"]))

    # -- activities: whom the owner aims at, which excludes nobody

    def targeted(self, given: dict[str, Any], told: list[str]) -> list[str]:
        """Return the activities that a scheme aims at, less those that it says it does not."""
        wanted, but = (self._activities(get_text(given, name), name, told) for name in (NAF, NAF_BUT))
        found: dict[str, str] = {}
        for path in wanted:
            found |= self._without(path, but)
        return list(found.values())

    def _activities(self, text: str, name: str, told: list[str]) -> list[str]:
        paths = {code: activity_path(code) for code in between_bars(text)}
        unknown = [code for code, path in paths.items() if path not in self._naf]
        if unknown:
            told.append(f"« {name} » cite des codes qui ne sont pas de la NAF rév. 2 : {', '.join(unknown)}.")
        return [path for path in paths.values() if path in self._naf]

    def _without(self, path: str, but: list[str]) -> dict[str, str]:
        """Return an activity, or what is left of it at the levels below, by path."""
        if any(path.startswith(excluded) for excluded in but):
            return {}
        if not any(excluded.startswith(path) for excluded in but):
            return {path: self._naf[path]}
        found: dict[str, str] = {}
        for below in self._below.get(path, ()):
            found |= self._without(below, but)
        return found

    @cached_property
    def _naf(self) -> dict[str, str]:
        rows = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2).values_list("code", flat=True)
        return {activity_path(code): code for code in sorted(rows)}

    @cached_property
    def _below(self) -> dict[str, list[str]]:
        """Return the activities one level below each."""
        found: dict[str, list[str]] = {}
        for path in sorted(self._naf):
            above = next((path[:end] for end in range(len(path) - 1, 0, -1) if path[:end] in self._naf), "")
            found.setdefault(above, []).append(path)
        return found


def _level(codes: Iterable[str]) -> str:
    scales = {code.partition("-")[0] for code in codes}
    if scales <= {"COM", "EPCI"}:
        return Level.LOCAL.value
    if scales == {"DEP"}:
        return Level.DEPARTMENTAL.value
    return Level.REGIONAL.value if scales == {"REG"} and len(list(codes)) == 1 else Level.NATIONAL.value


def _whole(given: dict[str, Any], name: str) -> int | None:
    value = get_number(given, name)
    if value is not None and value != int(value):
        raise refuse(name, given[name], "un nombre entier, comme 249")
    return None if value is None else int(value)
