"""Write fixtures/territories/*.csv from @etalab/decoupage-administratif 6.0.0 (millésime 2026).

Run by hand, once per millésime: ``.venv/bin/python scripts/territories.py``; it needs npm and its registry.

Sources, as named by the package: code officiel géographique (INSEE), composition of EPCIs at 1 January 2026
(DGCL), populations de référence (INSEE), postcodes (La Poste). Data: Licence Ouverte 2.0; code: MIT.
Units: ``municipal_population`` counts inhabitants, without double counting (PMUN); an empty cell is not known.
"""

import base64
import csv
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"

PACKAGE = "@etalab/decoupage-administratif@6.0.0"
INTEGRITY = "sha512-XavYsFlbcM/prKr8hNHPKER94IHw/dsxNM4nxjWMYk6PLFACpEedvn/7wK8Baozm0dCYhWWcf+7bcWpA5pmCaQ=="

# Rows of the millésime 2026, overseas collectivities included: a new one must be read by a person first.
EXPECTED = {"regions": 26, "departments": 109, "epcis": 1_255, "communes": 34_969}

# Four islands exempted by law (CGCT, L5210-1-1), and the 94 communes or districts of overseas collectivities.
COMMUNES_WITHOUT_EPCI = 98

type Record = dict[str, Any]
type Row = dict[str, str]
type Tables = dict[str, list[Row]]


class RefusedError(Exception):
    """The package is not the one that was reviewed; nothing is written."""


def read_package(spec: str, integrity: str, members: Iterable[str]) -> dict[str, Any]:
    """JSON content of ``members`` of an npm package, once its sha512 is the ``integrity`` we pinned.

    The archive is read in memory: nothing of it is installed or run.
    """
    with tempfile.TemporaryDirectory() as folder:
        # Run there, so that no .npmrc of this repository or of a parent applies; npm knows the registry, we do not.
        subprocess.run(  # noqa: S603 - constant arguments, no shell
            ["npm", "pack", spec, "--ignore-scripts", "--silent"],  # noqa: S607 - the npm of the person who runs this
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (archive,) = Path(folder).glob("*.tgz")
        digest = hashlib.sha512(archive.read_bytes()).digest()
        found = f"sha512-{base64.b64encode(digest).decode()}"
        if found != integrity:
            raise RefusedError(f"{spec}: integrity {found}, expected {integrity}.")
        with tarfile.open(archive) as tar:
            return {member: _read_json(tar, member) for member in members}


def _read_json(tar: tarfile.TarFile, member: str) -> Any:
    file = tar.extractfile(f"package/{member}")
    if file is None:
        raise RefusedError(f"{member} is not a file of the package.")
    return json.load(file)


def check_counts(found: Mapping[str, int], expected: Mapping[str, int]) -> None:
    """Refuse any count other than the expected one."""
    wrong = [name for name, count in expected.items() if found.get(name, 0) != count]
    if wrong:
        details = "; ".join(f"{name}: {found.get(name, 0)}, expected {expected[name]}" for name in wrong)
        raise RefusedError(f"{details}.")


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write ``rows`` as UTF-8 with commas and LF, whatever the platform, so that a diff shows facts only."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    sys.stdout.write(f"{path.relative_to(FIXTURES.parent)}: {len(rows)} rows, {path.stat().st_size} bytes\n")


def run(script: Callable[[], None]) -> int:
    """Exit code of ``script``; a refusal is one sentence, not a traceback."""
    try:
        script()
    except RefusedError as error:
        sys.stderr.write(f"Refused: {error} Nothing was written.\n")
        return 1
    return 0


def build(
    communes: Sequence[Record], epcis: Sequence[Record], departments: Sequence[Record], regions: Sequence[Record]
) -> Tables:
    """Rows of the four files, sorted by code; codes stay text ("01", "2A")."""
    # The package also lists delegated and associated communes and districts of Paris, Lyon and Marseille.
    current = [commune for commune in communes if commune["type"] == "commune-actuelle"]
    epci_of = {member["code"]: epci["code"] for epci in epcis for member in epci["membres"]}
    if len(epci_of) != sum(len(epci["membres"]) for epci in epcis):
        raise RefusedError("A commune is a member of two EPCIs.")
    return {
        "regions": _sorted({"code": region["code"], "name": region["nom"]} for region in regions),
        "departments": _sorted(
            {"code": department["code"], "name": department["nom"], "region": department["region"]}
            for department in departments
        ),
        "epcis": _sorted(
            ({"siren": epci["code"], "name": epci["nom"], "nature": epci["type"]} for epci in epcis), key="siren"
        ),
        "communes": _sorted(
            {
                "code": commune["code"],
                "name": commune["nom"],
                "department": commune["departement"],
                "region": commune["region"],
                "epci_siren": epci_of.get(commune["code"], ""),
                "postcodes": " ".join(sorted(commune.get("codesPostaux", []))),
                # The southern and antarctic lands and Clipperton have no figure: not known is empty, never 0.
                "municipal_population": str(commune.get("population", "")),
            }
            for commune in current
        ),
    }


def _sorted(rows: Iterable[Row], key: str = "code") -> list[Row]:
    return sorted(rows, key=lambda row: row[key])


def check(tables: Tables, epcis: Sequence[Record]) -> None:
    """Refuse tables of another size, with a code twice, or that point at a code they do not hold."""
    check_counts({name: len(rows) for name, rows in tables.items()}, EXPECTED)
    codes = {name: {next(iter(row.values())) for row in rows} for name, rows in tables.items()}
    check_counts({name: len(values) for name, values in codes.items()}, EXPECTED)
    region_of = {row["code"]: row["region"] for row in tables["departments"]}
    members = {member["code"] for epci in epcis for member in epci["membres"]}
    if unknown := members - codes["communes"]:
        raise RefusedError(f"Members of an EPCI that are not current communes: {sorted(unknown)}.")
    if unknown := set(region_of.values()) - codes["regions"]:
        raise RefusedError(f"Unknown regions: {sorted(unknown)}.")
    if lost := [row["code"] for row in tables["communes"] if region_of.get(row["department"]) != row["region"]]:
        raise RefusedError(f"Communes whose region is not that of their department: {lost}.")
    without_epci = sum(not row["epci_siren"] for row in tables["communes"])
    check_counts({"communes without EPCI": without_epci}, {"communes without EPCI": COMMUNES_WITHOUT_EPCI})


def main() -> None:
    """Download, check everything, then write: a refusal leaves the fixtures as they were."""
    names = ("communes", "epci", "departements", "regions")
    content = read_package(PACKAGE, INTEGRITY, [f"data/{name}.json" for name in names])
    communes, epcis, departments, regions = (content[f"data/{name}.json"] for name in names)
    tables = build(communes, epcis, departments, regions)
    check(tables, epcis)
    folder = FIXTURES / "territories"
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)


if __name__ == "__main__":
    sys.exit(run(main))
