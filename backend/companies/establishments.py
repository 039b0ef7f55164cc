"""Our copy of the State's register: the establishments of the territory, from the two open files of Sirene."""

import csv
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from django.db import transaction
from django.utils import timezone

from backend.common.text import fold
from backend.companies.models import RegisterCopy, RegisteredEstablishment
from backend.companies.registered import (
    SIRET,
    SOLE_TRADER,
    Registered,
    Source,
    day_of,
    name_of,
    only_known_codes,
    year_of,
)

# What is read of each file; the others are ignored. Insee, « Base Sirene : dessins des fichiers stocks », 2026.
SITE_COLUMNS = (
    "siret", "statutDiffusionEtablissement", "dateDernierTraitementEtablissement", "etablissementSiege",
    "codeCommuneEtablissement", "dateDebut", "etatAdministratifEtablissement", "enseigne1Etablissement",
    "enseigne2Etablissement", "enseigne3Etablissement", "denominationUsuelleEtablissement",
    "activitePrincipaleEtablissement", "nomenclatureActivitePrincipaleEtablissement",
    "activitePrincipaleNAF25Etablissement",
)  # fmt: skip
UNIT_COLUMNS = (
    "siren", "statutDiffusionUniteLegale", "dateCreationUniteLegale", "sigleUniteLegale",
    "trancheEffectifsUniteLegale", "anneeEffectifsUniteLegale", "categorieEntreprise", "anneeCategorieEntreprise",
    "denominationUniteLegale", "denominationUsuelle1UniteLegale", "denominationUsuelle2UniteLegale",
    "denominationUsuelle3UniteLegale", "categorieJuridiqueUniteLegale",
)  # fmt: skip
RECENT = timedelta(days=731)  # a site that closed since then is still looked for
DIFFUSED = "O"
NAF_REV2 = "NAFRev2"
LEAST, MOST = 3, 10  # letters of a name that is looked for; establishments shown
BATCH = 2_000

type Row = dict[str, str]


class StockFileError(Exception):
    """A file is not what it should be; ``str()`` is a sentence in French."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a load changed; ``opposed`` are those of the territory that ask not to be shown."""

    dated: date
    held: int
    added: int
    changed: int
    removed: int
    opposed: int


# -- looking up


def words_of(name: str) -> list[str]:
    """Return the folded words of a name, without what stands between them."""
    return "".join(mark if mark.isalnum() else " " for mark in fold(name)).split()


def find_by_name(name: str) -> list[Registered]:
    """Return the establishments of the copy that a person may mean by the beginnings of words, open ones first.

    They are ``MOST`` and one more, which tells that there are others.
    """
    words = words_of(name)
    if sum(map(len, words)) < LEAST:
        return []
    rows = RegisteredEstablishment.objects.named(words)
    return _registered(rows.order_by("-is_open", "search_name", "-is_head_office", "siret")[: MOST + 1])


def find_by_number(digits: str) -> list[Registered]:
    """Return the establishments of the copy whose SIRET begins so; the open ones first, then the head office.

    They are ``MOST`` and one more, which tells that there are others.
    """
    rows = RegisteredEstablishment.objects.filter(siret__startswith=digits)
    return _registered(rows.order_by("-is_open", "-is_head_office", "siret")[: MOST + 1])


def is_copied() -> bool:
    """Tell whether we hold a copy of the register."""
    return RegisterCopy.objects.exists()


def age_of_copy(*, on: date) -> timedelta | None:
    """Return how old the register is that we hold; none where none was loaded."""
    copy = RegisterCopy.objects.first()
    return on - copy.dated if copy else None


def _registered(rows: Collection[RegisteredEstablishment]) -> list[Registered]:
    copy = RegisterCopy.objects.first()
    return [
        Registered(
            **{name: getattr(row, name) for name in _SHARED},
            created_on=row.created_on.isoformat() if row.created_on else "",
            closed_on=row.closed_on.isoformat() if row.closed_on else "",
            source=Source.COPY,
            read_on=copy.dated.isoformat() if copy else "",
        )
        for row in rows
    ]


_SHARED = {each.name for each in fields(Registered)} - {"created_on", "closed_on", "source", "read_on"}


# -- loading


def load_establishments(sites: Path, units: Path, *, communes: Collection[str], on: date) -> Loaded:
    """Make the copy what the two files say of some communes; open establishments and those that closed lately.

    The files are read row by row, zipped or not. Raises ``StockFileError``, also where they are older than the copy:
    nothing is changed then.
    """
    kept, opposed, dated = _read_sites(sites, set(communes), on)
    if not kept:
        raise StockFileError(f"{sites.name} n’a aucun établissement des {len(communes)} communes du territoire.")
    held = RegisterCopy.objects.first()
    if held and dated < held.dated:
        raise StockFileError(
            f"{sites.name} est l’état du registre au {dated:%d/%m/%Y}, plus ancien que celui qui est déjà chargé"
            f" ({held.dated:%d/%m/%Y})."
        )
    firms = _read_units(units, {row["siret"][:9] for row in kept})
    opposed |= {row["siret"] for row in kept if _opposes(firms.get(row["siret"][:9]))}
    found = {}
    for row in kept:
        firm = firms.get(row["siret"][:9])
        if firm and row["siret"] not in opposed:
            found[row["siret"]] = (_site(row, firm, dated), _search_name(row, firm))
    shown = {site.siret: site for site in only_known_codes(site for site, _name in found.values())}
    rows = [_row(site, found[site.siret][1]) for site in shown.values()]
    with transaction.atomic():
        added, changed, removed = _replace(rows)
        RegisterCopy.objects.create(dated=dated, loaded_at=timezone.now(), n_establishments=len(rows))
    return Loaded(dated=dated, held=len(rows), added=added, changed=changed, removed=removed, opposed=len(opposed))


def _read_sites(path: Path, communes: set[str], on: date) -> tuple[list[Row], set[str], date]:
    """Return the rows to keep, the numbers of those that oppose, and the day of the register's last change."""
    kept, opposed, last = [], set(), ""
    since = (on - RECENT).isoformat()
    for row in _rows(path, SITE_COLUMNS):
        last = max(last, row["dateDernierTraitementEtablissement"])
        if row["codeCommuneEtablissement"] not in communes:
            continue
        if not SIRET.fullmatch(row["siret"]):
            raise StockFileError(f"{path.name} a un SIRET qui n’en est pas un : « {row['siret'][:20]} ».")
        if row["statutDiffusionEtablissement"] != DIFFUSED:
            opposed.add(row["siret"])
        elif row["etatAdministratifEtablissement"] == "A" or row["dateDebut"] >= since:
            kept.append(row)
    try:
        return kept, opposed, date.fromisoformat(last[:10])
    except ValueError:
        raise StockFileError(f"{path.name} ne dit d’aucun établissement quand il a été mis à jour.") from None


def _read_units(path: Path, sirens: set[str]) -> dict[str, Row]:
    return {row["siren"]: row for row in _rows(path, UNIT_COLUMNS) if row["siren"] in sirens}


def _opposes(firm: Row | None) -> bool:
    return firm is not None and firm["statutDiffusionUniteLegale"] != DIFFUSED


def _names(row: Row, firm: Row) -> tuple[str, ...]:
    """Return the names of a site, the firm's first; of a natural person's firm, trade names only."""
    trade = (row["denominationUsuelleEtablissement"], *(row[f"enseigne{n}Etablissement"] for n in (1, 2, 3)))
    if firm["categorieJuridiqueUniteLegale"].startswith(SOLE_TRADER):
        return trade
    usual = tuple(firm[f"denominationUsuelle{n}UniteLegale"] for n in (1, 2, 3))
    return (firm["denominationUniteLegale"], *usual, firm["sigleUniteLegale"], *trade)


def _search_name(row: Row, firm: Row) -> str:
    names = dict.fromkeys(name_of(name) for name in _names(row, firm))
    words = dict.fromkeys(word for name in names for word in words_of(name))
    return "".join(f" {word}" for word in words)[:400]


def _site(row: Row, firm: Row, dated: date) -> Registered:
    is_open = row["etatAdministratifEtablissement"] == "A"
    return Registered(
        siret=row["siret"],
        name=name_of(*_names(row, firm)),
        commune=row["codeCommuneEtablissement"],
        naf=row["activitePrincipaleEtablissement"]
        if row["nomenclatureActivitePrincipaleEtablissement"] == NAF_REV2
        else "",
        naf_2025=row["activitePrincipaleNAF25Etablissement"],
        legal_category=firm["categorieJuridiqueUniteLegale"],
        created_on=day_of(firm["dateCreationUniteLegale"]),
        headcount_code=firm["trancheEffectifsUniteLegale"],
        headcount_year=year_of(firm["anneeEffectifsUniteLegale"]),
        insee_category=firm["categorieEntreprise"],
        insee_category_year=year_of(firm["anneeCategorieEntreprise"]),
        is_head_office=row["etablissementSiege"] == "true",
        is_open=is_open,
        closed_on="" if is_open else day_of(row["dateDebut"]),
        source=Source.COPY,
        read_on=dated.isoformat(),
    )


def _row(site: Registered, search_name: str) -> RegisteredEstablishment:
    return RegisteredEstablishment(
        **{name: getattr(site, name) for name in _SHARED},
        created_on=date.fromisoformat(site.created_on) if site.created_on else None,
        closed_on=date.fromisoformat(site.closed_on) if site.closed_on else None,
        search_name=search_name,
    )


def _replace(rows: list[RegisteredEstablishment]) -> tuple[int, int, int]:
    """Make the table hold these rows and no others; return how many were added, changed and removed."""
    names = [field.attname for field in RegisteredEstablishment._meta.concrete_fields]
    before = {row[0]: row for row in RegisteredEstablishment.objects.values_list(*names)}
    after = {row.siret: tuple(getattr(row, name) for name in names) for row in rows}
    different = [row for row in rows if before.get(row.siret) != after[row.siret]]
    RegisteredEstablishment.objects.bulk_create(
        different, batch_size=BATCH, update_conflicts=True, unique_fields=["siret"], update_fields=names[1:]
    )
    gone = before.keys() - after.keys()
    RegisteredEstablishment.objects.filter(siret__in=gone).delete()
    added = len(after.keys() - before.keys())
    return added, len(different) - added, len(gone)


# -- files


def _rows(path: Path, columns: Collection[str]) -> Iterator[Row]:
    """Yield the named columns of each row of a CSV file, zipped or not."""
    with _text(path) as lines:
        reader = csv.reader(lines)
        try:
            header = next(reader, [])
            missing = [name for name in columns if name not in header]
            if missing:
                raise StockFileError(f"{path.name} n’a pas la colonne {', '.join(missing)}.")
            places = {name: header.index(name) for name in columns}
            for row in reader:
                if len(row) != len(header):
                    raise StockFileError(
                        f"{path.name}, ligne {reader.line_num} : {len(row)} valeurs, {len(header)} attendues."
                    )
                yield {name: row[place] for name, place in places.items()}
        except (csv.Error, UnicodeDecodeError, EOFError, BadZipFile) as error:
            raise StockFileError(f"{path.name} ne se lit pas comme un CSV en UTF-8 ({error}).") from None


@contextmanager
def _text(path: Path) -> Iterator[Any]:
    """Open a CSV file, or the only one of a zip archive."""
    if path.suffix != ".zip":
        with path.open(newline="", encoding="utf-8") as lines:
            yield lines
        return
    try:
        archive = ZipFile(path)
    except BadZipFile:
        raise StockFileError(f"{path.name} n’est pas une archive zip.") from None
    with archive:
        names = [name for name in archive.namelist() if name.endswith(".csv")]
        if len(names) != 1:
            raise StockFileError(f"{path.name} contient {len(names)} fichiers CSV, un seul attendu.")
        with archive.open(names[0]) as content, TextIOWrapper(content, encoding="utf-8", newline="") as lines:
            yield lines
