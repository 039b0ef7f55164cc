"""Write fixtures/naf_rev2.csv, all five levels of the NAF rév. 2, from @socialgouv/codes-naf 1.1.1.

Run by hand: ``.venv/bin/python scripts/naf.py``; it needs npm and its registry.

Sources: INSEE, nomenclature d'activités française, NAF rév. 2, in force since 1 January 2008 (décret 2007-1888);
divisions and below through the package (Apache-2.0); sections, which it lacks, typed by hand below from
https://www.insee.fr/fr/metadonnees/nafr2. No units: a nomenclature.
"""

import re
import sys
from collections import Counter

from territories import FIXTURES, RefusedError, Row, check_counts, read_package, run, write_csv

PACKAGE = "@socialgouv/codes-naf@1.1.1"
INTEGRITY = "sha512-FeJuR5rKP3hmGfXA53ZST8dW90Op/XY7Ujna8yUwLK0vVa5zo1WolP8ntUqQACYiUq+Ni04fF4or6768YjwAYw=="

EXPECTED = {"section": 21, "division": 88, "group": 272, "class": 615, "subclass": 732}

# Letter, first division, last division, title. INSEE, NAF rév. 2, 2008.
SECTIONS = (
    ("A", 1, 3, "Agriculture, sylviculture et pêche"),
    ("B", 5, 9, "Industries extractives"),
    ("C", 10, 33, "Industrie manufacturière"),
    ("D", 35, 35, "Production et distribution d'électricité, de gaz, de vapeur et d'air conditionné"),
    ("E", 36, 39, "Production et distribution d'eau ; assainissement, gestion des déchets et dépollution"),
    ("F", 41, 43, "Construction"),
    ("G", 45, 47, "Commerce ; réparation d'automobiles et de motocycles"),
    ("H", 49, 53, "Transports et entreposage"),
    ("I", 55, 56, "Hébergement et restauration"),
    ("J", 58, 63, "Information et communication"),
    ("K", 64, 66, "Activités financières et d'assurance"),
    ("L", 68, 68, "Activités immobilières"),
    ("M", 69, 75, "Activités spécialisées, scientifiques et techniques"),
    ("N", 77, 82, "Activités de services administratifs et de soutien"),
    ("O", 84, 84, "Administration publique"),
    ("P", 85, 85, "Enseignement"),
    ("Q", 86, 88, "Santé humaine et action sociale"),
    ("R", 90, 93, "Arts, spectacles et activités récréatives"),
    ("S", 94, 96, "Autres activités de services"),
    (
        "T",
        97,
        98,
        "Activités des ménages en tant qu'employeurs ; activités indifférenciées des ménages en tant que producteurs "
        "de biens et services pour usage propre",
    ),
    ("U", 99, 99, "Activités extra-territoriales"),
)

# Misprint of the package -> title of INSEE.
CORRECTIONS = {
    "Commerce de détail de quincaillerie, peintures et verres en grandes surfaces (400 m2et plus)": (
        "Commerce de détail de quincaillerie, peintures et verres en grandes surfaces (400 m2 et plus)"
    ),
}

# Each level: how its codes are written, and how many characters its parent's code keeps.
LEVELS = {
    "division": (re.compile(r"\d\d"), 0),
    "group": (re.compile(r"\d\d\.\d"), 2),
    "class": (re.compile(r"\d\d\.\d\d"), 4),
    "subclass": (re.compile(r"\d\d\.\d\d[A-Z]"), 5),
}


def section_of(division: str) -> str:
    """Letter of the section that holds a division such as "25"."""
    for letter, first, last, _ in SECTIONS:
        if first <= int(division) <= last:
            return letter
    raise RefusedError(f"Division {division} is in no section.")


def to_row(code: str, label: str) -> Row:
    """One row below the sections."""
    for level, (pattern, kept) in LEVELS.items():
        if pattern.fullmatch(code):
            # The package mixes two apostrophes and has double or no-break spaces in five labels: searches would miss.
            name = " ".join(CORRECTIONS.get(label, label).replace("’", "'").split())
            return {"code": code, "level": level, "name": name, "parent": code[:kept] or section_of(code)}
    raise RefusedError(f"{code!r} is a code of no known level.")


def check(rows: list[Row]) -> None:
    """Refuse another number of codes at any level, a code twice, or a parent that is not there."""
    check_counts(Counter(row["level"] for row in rows), EXPECTED)
    codes = {row["code"] for row in rows}
    if len(codes) != len(rows):
        raise RefusedError("A code appears twice.")
    if orphans := [row["code"] for row in rows if row["parent"] and row["parent"] not in codes]:
        raise RefusedError(f"Codes whose parent is missing: {orphans}.")
    parents = {row["parent"] for row in rows}
    if childless := [row["code"] for row in rows if row["level"] != "subclass" and row["code"] not in parents]:
        raise RefusedError(f"Codes without any sub-class: {childless}.")


def main() -> None:
    """Download, check, then write."""
    index = read_package(PACKAGE, INTEGRITY, ["index.json"])["index.json"]
    rows = [{"code": letter, "level": "section", "name": name, "parent": ""} for letter, _, _, name in SECTIONS]
    rows += [to_row(entry["id"], entry["label"]) for entry in index]
    check(rows)
    write_csv(FIXTURES / "naf_rev2.csv", sorted(rows, key=lambda row: row["code"]))


if __name__ == "__main__":
    sys.exit(run(main))
