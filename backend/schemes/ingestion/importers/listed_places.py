"""Where an aid of Aides-entreprises holds: names or departments that its file lists, some of regions long gone."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.common.text import fold
from backend.schemes.catalogue.wording import perimeter_name
from backend.schemes.ingestion.importers.faults import refuse
from backend.schemes.ingestion.importers.locating import Locator, Where
from backend.schemes.ingestion.importers.people import condition
from backend.schemes.ingestion.importers.places import spelling
from backend.schemes.ingestion.importers.words import SHARED, load_words

EVERYWHERE = "ALL"
WHOLE_COUNTRY = "1"  # "id_ter"


class ListedPlaces:
    """Reads the list of places of an aid, and doubts it where a region of today is cut as one of 2015 was."""

    def __init__(self, words: Mapping[str, Any], *, prefix: str) -> None:
        shared = load_words(SHARED)
        self.prefix = prefix
        self.locator = Locator({**shared, "places": {**shared["places"], **words["places"]}}, prefix=prefix)
        self.former: dict[str, tuple[str, list[str]]] = {
            spelling(name): (name, codes) for name, codes in words["former_regions"].items()
        }

    def locate(
        self,
        given: dict[str, Any],
        index: dict[str, Any],
        *,
        coverage: str,
        operators: Sequence[str],
        words: str,
        key: str,
    ) -> tuple[str, Where]:
        """Return the words of the file and where the aid holds; an empty list is not known, never nowhere."""
        label, codes, everywhere = self._listed(given, index)
        where = Where(codes=codes or [], everywhere=everywhere)
        if everywhere:
            where.level = "eu" if coverage == "european" else "national"
        if (everywhere and coverage == "territorial") or (codes and coverage in ("national", "european")):
            said = "territoriale" if everywhere else "nationale"
            where.told.append(f"L’aide est dite {said}, et ses lieux sont « {label} » : ils sont à confirmer.")
            where.codes, where.everywhere, where.level = [], False, ""
        else:
            self._doubt(where, label, operators, words, key)
        return label, self.locator.confront(where, label, operators=operators, key=key)

    def _listed(self, given: dict[str, Any], index: dict[str, Any]) -> tuple[str, list[str] | None, bool]:
        """Return the words of the file, their codes (none where one is not known), and whether it is everywhere."""
        if "deps" in given:
            listed = given["deps"] or []
            if not isinstance(listed, list) or not all(isinstance(code, str) for code in listed):
                raise refuse("deps", listed, "une liste de numéros de départements, ou « ALL »")
            if listed == [EVERYWHERE]:
                return "France", None, True
            codes = [f"DEP-{code}" for code in listed]
            known = {code for inside in self.locator.departments_of.values() for code in inside}
            label = ", ".join(perimeter_name(code) if code in known else code for code in codes)
            return label, self.locator.whole_regions(codes) if set(codes) <= known else None, False
        rows = index.get("territoires") or []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise refuse("cache_indexation.territoires", rows, "une liste d’objets JSON")
        if any(str(row.get("id_ter", "")) == WHOLE_COUNTRY for row in rows):
            return "France", None, True
        names = [str(row.get("ter_libelle") or f"territoire {row.get('id_ter')}") for row in rows]
        found: list[str] | None = []
        for name in names:
            former = self.former.get(spelling(name))
            codes_of = former[1] if former else self.locator.find(name)
            found = None if found is None or codes_of is None else [*found, *codes_of]
        return ", ".join(names), self.locator.whole_regions(found) if found is not None else None, False

    def _doubt(self, where: Where, label: str, operators: Sequence[str], words: str, key: str) -> None:
        """Widen to its region a part of it that is a region of 2015, or whose text names the region of today."""
        departments = {code for code in where.codes if code.startswith("DEP-")}
        if not departments or len(departments) < len(where.codes):
            return
        regions = [region for region, inside in self.locator.departments_of.items() if inside & departments]
        if len(regions) != 1:
            return
        region = perimeter_name(regions[0])
        former = next((name for name, codes in self.former.values() if set(codes) == departments), "")
        is_named = spelling(region) in spelling(fold(" ".join((*operators, words))))
        if not former and not is_named:
            return
        was = f", soit l’ancienne région {former}" if former else ""
        now = f"le fichier cite {label}{was}, et la région est aujourd’hui {region}"
        where.told.append(f"Lieu à confirmer : {now}.")
        where.codes, where.of_project = regions, True
        where.conditions.append(
            condition(
                f"{self.prefix}.{key}.place",
                f"L’entreprise ou son projet est là où l’aide s’applique : {now}.",
                excerpt=label,
                from_text=False,
            )
        )
