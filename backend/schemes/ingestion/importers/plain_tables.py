"""A table that people write in a spreadsheet: columns in French, read as the national schema's and some of ours."""

import csv
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from io import StringIO
from typing import Any, cast

from backend.schemes.catalogue.record_types import AmountRecord, CriterionRecord
from backend.schemes.ingestion.importers import national_schema
from backend.schemes.ingestion.importers.cleaning import clean_line, clean_text
from backend.schemes.ingestion.importers.faults import RowError, get_number, get_text, refuse, show
from backend.schemes.ingestion.importers.fields import for_firms
from backend.schemes.ingestion.importers.lists import between_bars
from backend.schemes.ingestion.importers.locating import Where
from backend.schemes.ingestion.importers.national_fields import PLACES, PLACES_BUT, STAFF, YEARS
from backend.schemes.ingestion.importers.national_schema import Reader as NationalReader
from backend.schemes.ingestion.importers.national_schema import Said
from backend.schemes.ingestion.importers.people import condition
from backend.schemes.ingestion.importers.places import spelling
from backend.schemes.ingestion.importers.reading import Read
from backend.schemes.ingestion.importers.tables import Expected
from backend.schemes.ingestion.importers.words import load_words

WORDS = "tableau"
AMOUNTS = ("rate_max_pct", "floor_eur", "ceiling_eur", "spend_min_eur", "spend_max_eur")
NUMBERS = (*STAFF, YEARS, "preparation_days")
DAYS = ("date_ouverture", "date_cloture", "date_mise_a_jour")
LISTS = (
    "types_aides", "cibles", PLACES, PLACES_BUT, "eligibilite_categorie_taille_entreprise",
    "eligibilite_forme_juridique", "eligibilite_forme_juridique_exclusions", "ciblage_naf", "ciblage_naf_exclusions",
    "porteurs", "documents",
)  # fmt: skip
MAX_DURATION = 200  # characters that the catalogue keeps
_BETWEEN = re.compile(r"\s*[|;\n]\s*")
_SERIAL = re.compile(r"[2-6]\d{4}", re.ASCII)  # a day as a spreadsheet counts it, from 1954 to 2091
_FIRST_DAY = date(1899, 12, 30)
_SPACED = re.compile(r"(?<=\d)[\s\u00a0\u202f](?=\d)")
_EUROS = re.compile(r"\s*(?:€|euros?)\s*$", re.IGNORECASE)
_PERCENT = re.compile(r"\s*%\s*$")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table are, whichever of their names they have."""

    into: Mapping[str, str]  # field by spelt name
    needed: Collection[str]  # fields
    titles: Mapping[str, str]  # of fields
    examples: tuple[str, ...]

    def is_header(self, names: Collection[str]) -> bool:
        is_national = national_schema.TABLE.is_header(names)  # another source, whose cells say more than a name
        return not is_national and set(self.needed) <= {self.into.get(spelling(name), "") for name in names}

    def by_field(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return a row by fields. Raises ``RowError`` where two columns fill one field differently."""
        found: dict[str, str] = {}
        for name, value in given.items():
            field = self.into.get(spelling(name))
            if field and value and found.get(field, value) != value:
                raise RowError(
                    f"Deux colonnes disent « {self.titles[field]} » : {show(found[field])} et {show(value)}."
                )
            if field:
                found[field] = found.get(field) or value
        return found


@lru_cache(maxsize=1)
def columns() -> Columns:
    """Read what the columns are; it changes with a release only."""
    rows = load_words(WORDS)["columns"]
    return Columns(
        {spelling(name): row["into"] for row in rows for name in (row["name"], *row["also"])},
        {row["into"] for row in rows if row.get("needed")},
        {row["into"]: row["name"] for row in rows},
        tuple(row["example"] for row in rows),
    )


def table() -> Expected:
    """Return how the table is recognised."""
    found = columns()
    needed = [title for field, title in found.titles.items() if field in found.needed]
    return Expected(
        is_header=found.is_header,
        told=f"au moins {', '.join(needed)} (« import_schemes csv --template » écrit un modèle ; un fichier du schéma "
        "national va avec « schema-national »)",
        known=lambda name: spelling(name) in found.into,
    )


def template() -> str:
    """Return a table to fill in, with an example, as a spreadsheet in French opens it."""
    text = StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    rows.writerow(columns().titles.values())
    rows.writerow(columns().examples)
    return text.getvalue()


class Reader(NationalReader):
    """Reads rows one at a time."""

    prefix = "tableau"

    def __init__(self) -> None:
        super().__init__()
        self.plain = load_words(WORDS)
        self.columns = columns()
        self.firms = frozenset(map(spelling, self.plain["firms"]))
        self.everywhere = frozenset(map(spelling, self.plain["everywhere"]))

    def key(self, given: dict[str, Any]) -> str:
        return super().key(self.columns.by_field(given))

    def read(self, given: dict[str, Any], *, on: date) -> Read:
        """Return a row as a record. Raises ``RowError`` where a part cannot be read."""
        row = self._national(self.columns.by_field(given))
        try:
            read = super().read(row, on=on)
        except RowError as error:
            raise self._in_their_words(error) from None
        record = read.record
        record["sources"][0]["title"] = f"Tableau, ligne « {row['id'].strip()} »"
        record["state_aid_regime"] = clean_text(get_text(row, "state_aid_regime")) or record["state_aid_regime"]
        record["legal_basis"] = clean_text(get_text(row, "legal_basis")) or record["legal_basis"]
        record["documents"] = list(map(clean_line, between_bars(get_text(row, "documents"))))
        record["preparation_days"] = _whole(row, "preparation_days")
        return read

    def _in_their_words(self, error: RowError) -> RowError:
        """Name columns as the table does."""
        text = str(error)
        for field, title in self.columns.titles.items():
            text = text.replace(f"« {field} »", f"« {title} »")
        return RowError(text)

    def _national(self, row: dict[str, str]) -> dict[str, Any]:
        """Write a row as the national schema does."""
        found: dict[str, Any] = dict(row)
        for field in LISTS:
            if row.get(field):
                found[field] = "|".join(_BETWEEN.split(row[field].strip()))
        for field in DAYS:
            if _SERIAL.fullmatch(row.get(field, "").strip()):
                found[field] = (_FIRST_DAY + timedelta(days=int(row[field]))).isoformat()
        for field in NUMBERS:
            found[field] = _SPACED.sub("", get_text(row, field).strip())
        for field in (PLACES, PLACES_BUT):
            found[field] = "|".join(self._codes(get_text(found, field), field))
        found["cibles"] = "|".join(self._audiences(get_text(found, "cibles")))
        found["porteurs"] = self._porteurs(found)
        return found

    def _codes(self, text: str, field: str) -> list[str]:
        """Return codes as they are, and those of the names of regions and departments."""
        found = []
        for name in between_bars(text):
            if spelling(name) in self.everywhere:
                found.append(str(self.words["everywhere"]))
            elif re.match(r"[A-Z]+-\d", name):
                found.append(name)
            else:
                found += self.places.read([name], place=self.columns.titles[field])
        return found

    def check_audience(self, given: dict[str, Any]) -> list[str]:
        """Return whom else a scheme is for; a table that does not say for whom leaves that to a person."""
        return super().check_audience(given) if get_text(given, "cibles") else []

    def where(self, given: dict[str, Any], key: str) -> Where:
        """Return where a scheme holds; a table that does not say where leaves that to a person."""
        if get_text(given, PLACES):
            return super().where(given, key)
        sentence = "Le dispositif vaut là où se trouve l’établissement : le tableau ne dit pas où il vaut."
        asked = condition(f"{self.prefix}.{key}.lieu", sentence, excerpt="", from_text=False)
        return Where(conditions=[asked])

    def conditions(self, given: dict[str, Any], key: str) -> list[CriterionRecord]:
        rows = super().conditions(given, key)
        return rows if get_text(given, "cibles") else [for_firms(self.prefix, key), *rows]

    def _audiences(self, text: str) -> list[str]:
        names = between_bars(text)
        others = [name for name in names if spelling(name) not in self.firms]
        return [*others, self.words["audience"]] if len(others) < len(names) else others

    def _porteurs(self, row: dict[str, Any]) -> str:
        names = between_bars(get_text(row, "porteurs"))
        if not names:
            raise refuse("Porteurs", get_text(row, "porteurs"), "un nom au moins")
        siren = get_text(row, "siren")
        if siren and len(names) > 1:
            raise refuse("SIREN du porteur", siren, "une case vide, où plusieurs porteurs sont nommés")
        return json.dumps([{"nom": name, "siren": siren} for name in names], ensure_ascii=False)

    def texts(self, given: dict[str, Any], told: list[str]) -> Said:
        said = super().texts(given, told)
        duration = clean_line(get_text(given, "amount.duration"))
        if len(duration) > MAX_DURATION:
            raise refuse("Durée", duration, f"un texte de {MAX_DURATION} caractères au plus")
        numbers = {name: _number(given, f"amount.{name}", self.columns.titles) for name in AMOUNTS}
        known = {name: float(value) for name, value in numbers.items() if value is not None}
        said.amount = {
            **cast("AmountRecord", known),
            "text": clean_text(get_text(given, "amount.text")) or None,
            "duration": duration or None,
        }
        said.next_step = clean_text(get_text(given, "next_step"))
        said.notes = [clean_text(get_text(given, "notes"))]
        return said


def _number(row: dict[str, Any], field: str, titles: Mapping[str, str]) -> Decimal | None:
    """Return a number as a spreadsheet in French writes it: ``12 500,50 €``."""
    unit = _PERCENT if field.endswith("_pct") else _EUROS
    text = _SPACED.sub("", unit.sub("", get_text(row, field).strip()))
    try:
        return get_number({titles[field]: text}, titles[field])
    except RowError:
        raise refuse(titles[field], get_text(row, field), "un nombre, comme 12500,50") from None


def _whole(row: dict[str, Any], field: str) -> int | None:
    value = get_number(row, field)
    if value is not None and (value != int(value) or value > 1000):
        raise refuse("Délai de préparation (jours)", row[field], "un nombre entier de jours, comme 15")
    return None if value is None else int(value)
