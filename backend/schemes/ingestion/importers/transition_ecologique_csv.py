"""The export of "Transition écologique des entreprises" in the national schema, whose free texts have parts.

The export writes into two texts what the site holds apart: sectors, age, status and places into "eligibilite", and
amount, length, steps, contact and projects into "description". It says "Toutes tailles" of every programme, whatever
the site knows of its staff: that is told and decides nothing. It took the months of the site for days: those
that a month may also number are as it says and told as doubtful, the others are missing from it.
"""

import re
from datetime import date
from typing import Any

from backend.schemes.catalogue.record_types import WindowRecord
from backend.schemes.ingestion.importers.cleaning import clean_line, clean_text, same_text
from backend.schemes.ingestion.importers.conditions import OTHERS, SentenceReader
from backend.schemes.ingestion.importers.doubts import public_url
from backend.schemes.ingestion.importers.faults import get_text
from backend.schemes.ingestion.importers.fields import said
from backend.schemes.ingestion.importers.lists import between_bars
from backend.schemes.ingestion.importers.national_schema import Reader as NationalReader
from backend.schemes.ingestion.importers.national_schema import Said
from backend.schemes.ingestion.importers.sentences import SECTOR
from backend.schemes.models import activity_path

SOURCE = "transition-ecologique-csv"
AGE = "années d'existence"
ALL_SIZES = "Toutes tailles"
MONTHS = 12
MAX_DURATION = 200  # characters that the catalogue keeps
_SECTIONS = {
    "sector": r"Eligibilité Sectorielle\s*:",
    "targeted": r"Secteurs principalement concernés par le dispositif\s*:",
    "staff": r"Eligibilité en fonction du nombre de salariés\s*:",
    "age": r"Eligibilité lié à la durée d'existence de l'entreprise\s*:",
    "places": r"Aires géographiques éligibles\s*:",
    "details": r"Précisions sur l'éligibilité sectorielle\s*:",
    "no_micro": r"Non éligible aux micro entreprises",
    "others": r"Autres conditions d'éligibilité\s*:",
}
_PARTS = {
    "projects": r"Projets liés au dispositif d'aide\s*:",
    "amount": r"Montant de l'aide ou cout\s*:",
    "duration": r"Durée de l'aide\s*:",
    "contact": r"Contact public pour les questions sur le dispositif\s*:",
    "steps": r"Etapes pour activer le dispositif\s*:",
    "page": r"Lien externe de présentation de l'aide\s*:?",
}
_LINKS = re.compile(r"^Liens liés à l'étape\s*:.*$\n?", re.MULTILINE)


class Reader(NationalReader):
    """Reads programmes one at a time."""

    source = SOURCE
    prefix = "tecsv"

    def window(self, given: dict[str, Any], told: list[str]) -> WindowRecord:
        """Return the window, and tell which of its days may have their month in the place of their day."""
        found = super().window(given, told)
        for what, iso in (("ouverture", found["opens_on"]), ("clôture", found["closes_on"])):
            day = date.fromisoformat(iso) if iso else None
            if day and day.day != day.month and day.day <= MONTHS:
                other = day.replace(day=day.month, month=day.day)
                told.append(
                    f"L’export inverse des jours et des mois : {what} le {day:%d/%m/%Y}, ou le {other:%d/%m/%Y} ?"
                )
        return found

    def texts(self, given: dict[str, Any], told: list[str]) -> Said:
        """Return what the description says, part by part."""
        parts = _cut(get_text(given, "description"), _PARTS)
        text = {name: clean_text(part) for name, part in parts.items()}
        promise = clean_text(get_text(given, "promesse"))
        duration = clean_line(text.get("duration", ""))
        kept = duration if len(duration) <= MAX_DURATION else ""
        projects = [clean_line(name) for name in text.get("projects", "").split("\n")]
        return Said(
            summary="\n\n".join(filter(None, (promise, text[""]))),
            amount={"text": clean_line(text.get("amount", "")) or None, "duration": kept or None},
            next_step=clean_text(_LINKS.sub("", parts.get("steps", ""))),
            contact_url=public_url(parts.get("contact", "").strip(), []),
            page=public_url(parts.get("page", "").strip(), []),
            notes=[
                said("Projets cités par le site", projects),
                said("Durée", duration) if duration and not kept else "",
                said("Page de l’opérateur", public_url(parts.get("page", "").strip(), [])),
            ],
        )

    def read_conditions(self, given: dict[str, Any], sentences: SentenceReader, targeted: list[str]) -> None:
        """Read each part of the conditions under the heading that the site has for it."""
        found = sentences.found
        parts = _cut(get_text(given, "eligibilite"), _SECTIONS)
        for name, heading in (("", OTHERS), ("sector", SECTOR), ("details", SECTOR), ("age", AGE), ("others", OTHERS)):
            for text in self.passages(clean_text(parts.get(name, ""))):
                sentences.read(text, heading=heading)
        for step in clean_text(_cut(get_text(given, "description"), _PARTS).get("steps", "")).split("\n"):
            sentences.read_step(step)
        if "no_micro" in parts:
            found.add({"kind": "micro_entrepreneur", "expected": False}, "Non éligible aux micro entreprises")
        if places := clean_line(parts.get("places", "")):
            sentences.read_place(places)
        staff = clean_line(parts.get("staff", ""))
        if same_text(staff) == same_text(ALL_SIZES):
            found.nuances.append(f"« {ALL_SIZES} » : l’export le dit de toutes ses fiches, cela ne décide de rien")
        elif staff:
            sentences.read(staff, heading=OTHERS)
        for code in between_bars(clean_line(parts.get("targeted", ""))):
            if activity_path(code):
                targeted.append(code)
            else:
                found.contradictions.append(
                    f"« {code} », parmi les secteurs concernés, n’est pas une section de la NAF."
                )


def _cut(text: str, names: dict[str, str]) -> dict[str, str]:
    """Cut a text at the lines that start with a known label; what comes before the first is under ``""``."""
    pattern = "|".join(f"(?P<{name}>{label})" for name, label in names.items())
    found: dict[str, str] = {"": ""}
    last, start = "", 0
    text = text.replace("\r\n", "\n")
    for match in re.finditer(rf"^[ \t]*(?:{pattern})", text.replace("’", "'"), re.MULTILINE):
        found[last] = _joined(found.get(last, ""), text[start : match.start()])
        last, start = str(match.lastgroup), match.end()
    found[last] = _joined(found.get(last, ""), text[start:])
    return found


def _joined(before: str, after: str) -> str:
    return f"{before}\n{after}" if before.strip() else after
