"""What programs.json says, read a second time from the file alone: none of our code, plain dicts, dates and sets.

Only what the file states as data is read here: dates, staff, micro-entrepreneurs, regions and, apart, sections.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

NEVER = "31/12/2099"  # how the file writes that a programme does not end
YES, NO, PERHAPS = "yes", "no", "unknown"
VERDICTS = {YES: "eligible", NO: "ineligible", PERHAPS: "undecided"}

# INSEE codes of the regions and of what stands for one overseas, under the names of the file.
REGIONS = {
    "Auvergne-Rhône-Alpes": "84",
    "Bourgogne-Franche-Comté": "27",
    "Bretagne": "53",
    "Centre-Val de Loire": "24",
    "Corse": "94",
    "Grand Est": "44",
    "Guadeloupe": "01",
    "Guyane": "03",
    "Hauts-de-France": "32",
    "Île-de-France": "11",
    "La Réunion": "04",
    "Martinique": "02",
    "Mayotte": "06",
    "Normandie": "28",
    "Nouvelle-Aquitaine": "75",
    "Nouvelle-Calédonie": "988",
    "Occitanie": "76",
    "Pays de la Loire": "52",
    "Polynésie française": "987",
    "Provence-Alpes-Côte d'Azur": "93",
    "Saint-Barthélemy": "977",
    "Saint-Martin": "978",
    "Saint-Pierre-Et-Miquelon": "975",
    "Terres australes et antarctiques françaises": "984",
    "Wallis et Futuna": "986",
}
DEPARTMENTS = {"Bouches-du-Rhône": "13", "Landes": "40"}

# Last division of each section of the NAF.
SECTIONS = [
    "A03", "B09", "C33", "D35", "E39", "F43", "G47", "H53", "I56", "J63", "K66",
    "L68", "M75", "N82", "O84", "P85", "Q88", "R93", "S96", "T98", "U99",
]  # fmt: skip

type Programme = dict[str, Any]
type Place = dict[str, Any]


def programmes(path: Path) -> list[Programme]:
    found: list[Programme] = json.loads(path.read_text(encoding="utf-8"))
    return found


def verdicts(programme: Programme, line: dict[str, Any], *, on: date, place: Place) -> tuple[str, str]:
    """Return ``typed`` and ``targeted``; the place is what is known of where the establishment is."""
    company = programme["eligibilityData"].get("company", {})
    answers = [
        open_on(programme, day(line["on"]) if line.get("on") else on),
        staffed(company, line.get("headcount")),
        of_status(company, line.get("micro_entrepreneur")),
        placed(company.get("allowedRegion", []), place),
    ]
    typed = NO if NO in answers else PERHAPS if PERHAPS in answers else YES
    return VERDICTS[typed], aimed_at(company["allowedNafSections"], line.get("naf"))


def day(text: str) -> date:
    return date.fromisoformat(text)


def french_day(text: str) -> date:
    number, month, year = text.split("/")
    return date(int(year), int(month), int(number))


def open_on(programme: Programme, on: date) -> str:
    if programme.get("aide temporairement indisponible") == "oui":
        return NO
    validity = programme["eligibilityData"].get("validity", {})
    start, end = validity.get("start"), validity.get("end")
    if start and on < french_day(start):
        return NO
    if end == NEVER:
        return YES
    if end is None:
        return PERHAPS
    return YES if on <= french_day(end) else NO


def staffed(company: dict[str, Any], headcount: Any) -> str:
    minimum, maximum = company.get("minEmployees"), company.get("maxEmployees")
    if minimum is None and maximum is None:
        return YES
    fewest = 0 if minimum is None else int(minimum)
    most = float("inf") if maximum is None else int(maximum)
    low, high = headcount if isinstance(headcount, list) else (headcount, headcount)
    low, high = (float("-inf") if low is None else low), (float("inf") if high is None else high)
    # A minimum that is not written excludes nobody, even where no lower bound of the staff is known.
    if (minimum is None or low >= fewest) and high <= most:
        return YES
    return NO if (minimum is not None and high < fewest) or low > most else PERHAPS


def of_status(company: dict[str, Any], micro_entrepreneur: bool | None) -> str:
    if not company.get("excludeMicroentrepreneur"):
        return YES
    if micro_entrepreneur is None:
        return PERHAPS
    return NO if micro_entrepreneur else YES


def placed(names: list[str], place: Place) -> str:
    """The establishment is in a region or a department of the list; no list excludes nobody."""
    if not names:
        return YES
    codes = {f"DEP-{DEPARTMENTS[name]}" if name in DEPARTMENTS else f"REG-{REGIONS[name]}" for name in names}
    if codes & place["inside"]:
        return YES
    return PERHAPS if place["possible"] is None or codes & place["possible"] else NO


def aimed_at(sections: list[str], naf: str | None) -> str:
    if len(set(sections)) == len(SECTIONS):
        return YES
    return PERHAPS if not naf else YES if section_of(naf) in sections else NO


def section_of(naf: str) -> str:
    if naf[0].isalpha():
        return naf[0].upper()
    return next(section[0] for section in SECTIONS if int(naf[:2]) <= int(section[1:]))
