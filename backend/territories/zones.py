"""Lists of zones: which communes are in, which are surely out, and by whom and when that was said.

Each list, of the reviewed file or of an open file, is a row; the newest of a zone is in force. A row of a file that
cannot be read could name any commune of its department, or any at all where even that cannot be read: none of these is
told out of the zone for not being listed.
"""

import csv
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from backend.common.files import MAX_CELL, NotTextError, read_lines
from backend.common.text import fold
from backend.territories.models import Containment, LoadedFixture, Perimeter, ZoneList

SINCE = date(2026, 1, 1)  # the millésime held; validity before it is unknown
BATCH = 5000
FRANCE = "FRANCE"  # for a list that is complete everywhere
LARGEST = 10_000_000  # bytes: the classification of all communes has 1.2 million
NATION = 30_000  # a file of so many communes classifies the country: which of its rows are in has to be said
COLUMNS = (  # the finest first: of a file with both, the communes are read
    {"insee", "inseecom", "codeinsee", "codgeo", "code", "com", "codecom", "codecommune", "depcom"},
    {"siren", "sirenepci", "codesiren", "sirengroupement"},
)
N_FAULTS, N_VALUES = 5, 20  # that a refusal names
_DEPARTMENT = re.compile(r"(97\d|2[AB]|\d\d)[0-9A-Z]{1,3}")

type Said = dict[str, bool]  # by code of a commune: it is in, or known to be out


class ZoneError(ValueError):
    """The file, or what is said of it, cannot be taken: nothing was changed."""


@dataclass(slots=True)
class Reading:
    """What a file says: communes in the zone, those of which a part is, and by line what could not be read."""

    column: str = ""
    members: set[str] = field(default_factory=set)
    partly: set[str] = field(default_factory=set)
    faults: list[tuple[int, str]] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)  # departments of such lines; an empty one is any


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a list changes, commune by commune; ``is_new`` unless the same list is in force already."""

    column: str  # that the codes were read from
    before: Said
    after: Said
    faults: Sequence[tuple[int, str]]
    doubtful: frozenset[str]
    is_new: bool

    def becoming(self, now: bool | None) -> list[str]:
        """Return the communes that become in, out or not known, by code."""
        codes = self.before.keys() | self.after.keys()
        return sorted(code for code in codes if self.after.get(code) is now and self.before.get(code) is not now)


def zone_named(name: str) -> Perimeter:
    """Return a zone by its code, with ``ZONE-`` before it or not. Raises ``ZoneError`` with those that are."""
    zones = {zone.official_code: zone for zone in Perimeter.objects.zones()}
    found = zones.get(name.removeprefix("ZONE-"))
    if found is None:
        raise ZoneError(f"« {name} » n’est pas une zone ; attendu : {', '.join(sorted(zones))}.")
    return found


# -- from an open file


@transaction.atomic
def load_zone(
    zone: Perimeter,
    reading: Reading,
    *,
    source: str,
    dated: date,
    on: date,
    held_for: Sequence[str] = (),
    apply: bool,
) -> Difference:
    """Return what the list of a file changes, and put it in force where that is asked.

    Parameters
    ----------
    reading : Reading
        What ``read_zone_list`` read. Where only an address decides, each row is a part of the zone.
    held_for : sequence of str
        Perimeters where it is complete, or ``FRANCE``; those of the list in force where none is given.

    Raises
    ------
    ZoneError
        Where no row is of the zone, or something that is given is not known: nothing is changed.
    """
    Perimeter.objects.select_for_update().get(pk=zone.pk)
    last = ZoneList.objects.filter(zone=zone).first()
    _check_day(dated, ZoneList.objects.filter(zone=zone).order_by("-dated").first(), on=on)
    held = list(held_for) or (last.held_for if last else [])
    if zone.is_of_addresses:
        reading = replace(reading, partly=reading.partly | reading.members, members=set())
    said = _said(reading, communes_of(held))
    before = dict(Containment.objects.filter(outer=zone).values_list("inner__code", "holds"))
    found = _list_of(zone, said, source=source, dated=dated, held_for=held, is_reviewed=False)
    is_new = last is None or last.digest != found.digest
    if apply and is_new:
        found.save()
        _put_in_force(found)
        LoadedFixture.objects.update_or_create(name=zone.code, defaults={"digest": found.digest})
    return Difference(
        column=reading.column,
        before=before,
        after=said,
        faults=reading.faults,
        doubtful=frozenset(reading.doubtful),
        is_new=is_new,
    )


def _check_day(dated: date, newest: ZoneList | None, *, on: date) -> None:
    if dated > on:
        raise ZoneError(f"Le {dated:%d/%m/%Y} n’est pas encore venu ; attendu : le jour que porte la liste.")
    if newest and dated < newest.dated:
        raise ZoneError(f"Une liste de cette zone, du {newest.dated:%d/%m/%Y}, est plus récente que celle-ci.")


def read_zone_list(path: Path, *, within: Sequence[str] = (), partly: Sequence[str] = ()) -> Reading:
    """Read a file: a column of INSEE codes of communes, or of SIREN of intercommunalities; others are ignored.

    ``within`` and ``partly`` are the ``COLUMN=VALUE`` of the rows that are in the zone, or of which a part is; without
    any, each row is in.
    """
    try:
        lines = read_lines(path, largest=LARGEST)
    except NotTextError as error:
        raise ZoneError(str(error)) from None
    csv.field_size_limit(MAX_CELL)  # of the whole process: importers of schemes set theirs
    rows = csv.DictReader(lines, delimiter=max(";,\t", key=lines[0].count))
    names = {_plain(name): name for name in rows.fieldnames or () if name}
    column = _column(names, first=lines[0])
    inside, partial = _conditions(within, names), _conditions(partly, names)
    by_code, reading = _communes_by_code(), Reading(column=column)
    seen: dict[str, set[str]] = {name: set() for name in (*inside, *partial)}
    try:
        for row in rows:
            for name, values in seen.items():
                values.add((row[name] or "").strip())
            _read_row(row, rows.line_num, column, inside, partial, by_code, reading)
    except csv.Error as error:
        raise ZoneError(f"Ligne {rows.line_num} : ce CSV est mal formé ({error}).") from None
    _check_values((inside, partial), seen)
    if not reading.members and not reading.partly:
        faults = "".join(f" Ligne {line} : {text}." for line, text in reading.faults[:N_FAULTS])
        raise ZoneError(f"Aucune ligne de ce fichier n’est d’une commune de la zone (colonne « {column} »).{faults}")
    if not within and len(reading.members) > NATION:
        raise ZoneError(
            f"Ce fichier nomme {len(reading.members)} communes : c’est un classement de tout le pays. Dites quelles "
            "lignes sont dans la zone, par --in « COLONNE=VALEUR »."
        )
    return reading


def _column(names: Mapping[str, str], *, first: str) -> str:
    """Return the column of codes: of communes before intercommunalities; which of two alike, nobody guesses."""
    found = next((alike for rank in COLUMNS if (alike := [names[name] for name in names if name in rank])), [])
    if not found:
        raise ZoneError(
            f"Aucune colonne de codes dans la première ligne, qui est « {first[:80]} » ; attendu : une colonne "
            "« insee » (codes de communes) ou « siren » (intercommunalités)."
        )
    if len(found) > 1:
        columns = " et ".join(f"« {name} »" for name in found)
        raise ZoneError(f"Les colonnes {columns} peuvent porter les codes ; attendu : une seule. Renommez les autres.")
    return found[0]


type _Rows = Mapping[str, set[str]]  # by column: its values


def _check_values(asked: Iterable[_Rows], seen: Mapping[str, set[str]]) -> None:
    """Refuse a value that no row has: a class of that name would be silently empty."""
    for name, wanted in ((name, values) for rows in asked for name, values in rows.items()):
        missing = sorted(wanted - {fold(value).strip() for value in seen[name]})
        if missing:
            known = ", ".join(f"« {value} »" for value in sorted(seen[name])[:N_VALUES])
            more = "…" if len(seen[name]) > N_VALUES else ""
            raise ZoneError(
                f"Aucune ligne n’a « {missing[0]} » dans la colonne « {name} » ; ses valeurs : {known}{more}."
            )


def _conditions(given: Sequence[str], names: Mapping[str, str]) -> _Rows:
    found: dict[str, set[str]] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or _plain(name) not in names:
            columns = ", ".join(names.values())
            raise ZoneError(f"« {text} » ne dit pas COLONNE=VALEUR ; colonnes de ce fichier : {columns}.")
        found.setdefault(names[_plain(name)], set()).add(fold(value).strip())
    return found


def _read_row(
    row: Mapping[str, str | None],
    line: int,
    column: str,
    inside: _Rows,
    partial: _Rows,
    by_code: Mapping[str, frozenset[str]],
    reading: Reading,
) -> None:
    text = (row[column] or "").strip().upper()
    if not any((value or "").strip() for value in row.values() if isinstance(value, str)):
        return
    is_partly = _is_one(row, partial)
    if not is_partly and (inside or partial) and not _is_one(row, inside):
        return
    communes = by_code.get(text)
    if communes is None:
        reading.faults.append((line, _fault(text)))
        department = _DEPARTMENT.fullmatch(text)
        reading.doubtful.add(department[1] if department and len(text) == 5 else "")
        return
    (reading.partly if is_partly else reading.members).update(communes)


def _is_one(row: Mapping[str, str | None], rows: _Rows) -> bool:
    return any(fold(row[name] or "").strip() in values for name, values in rows.items())


def _fault(text: str) -> str:
    if not text:
        return "le code manque"
    if text.isdigit() and len(text) == 4:
        return f"« {text} » a quatre chiffres : le zéro du début s’est perdu (attendu : 0{text})"
    return f"« {text[:20]} » n’est le code d’aucune commune ni intercommunalité de {SINCE.year}"


def _communes_by_code() -> dict[str, frozenset[str]]:
    """Return the communes that a code of a file names: itself, or those of an intercommunality."""
    found = {code.partition("-")[2]: frozenset({code}) for code in _codes_of_communes()}
    inside: dict[str, set[str]] = {}
    links = Containment.objects.filter(since=SINCE, outer__kind=Perimeter.Kind.EPCI, holds=True)
    for outer, inner in links.values_list("outer__code", "inner__code"):
        inside.setdefault(outer.partition("-")[2], set()).add(inner)
    return found | {siren: frozenset(communes) for siren, communes in inside.items()}


def _codes_of_communes() -> list[str]:
    return list(Perimeter.objects.communes().values_list("code", flat=True))


def communes_of(held_for: Iterable[str]) -> set[str]:
    """Return the codes of the communes of some perimeters. Raises ``ZoneError`` for one that is none."""
    names = set(held_for)
    if FRANCE in names:
        return set(_codes_of_communes())
    known = set(
        Perimeter.objects.filter(code__in=names).exclude(kind=Perimeter.Kind.ZONE).values_list("code", flat=True)
    )
    if unknown := sorted(names - known):
        raise ZoneError(
            f"« {unknown[0]} » n’est pas un périmètre ; attendu : un code comme DEP-60, REG-32, EPCI-200067965 ou "
            f"{FRANCE}."
        )
    inside = Containment.objects.filter(outer__code__in=names, inner__kind=Perimeter.Kind.COMMUNE, holds=True)
    return {name for name in names if name.startswith("COM-")} | set(inside.values_list("inner__code", flat=True))


def _said(reading: Reading, held: Collection[str]) -> Said:
    out = {code: False for code in held if code not in reading.partly and not _is_doubtful(code, reading.doubtful)}
    return out | dict.fromkeys(reading.members - reading.partly, True)


def _is_doubtful(commune: str, departments: Collection[str]) -> bool:
    return bool(departments) and any(commune.startswith(f"COM-{department}") for department in departments)


def _plain(name: str) -> str:
    return "".join(mark for mark in fold(name) if mark.isalnum())


# -- in force


def follow_reviewed(zone: Perimeter, said: Said, *, source: str, dated: date, held_for: Sequence[str]) -> Said:
    """Keep the list of the reviewed file, and return the one in force: one loaded since stands until a newer day."""
    found = _list_of(zone, said, source=source, dated=dated, held_for=held_for, is_reviewed=True)
    last = ZoneList.objects.filter(zone=zone).first()
    if last and not last.is_reviewed and last.dated >= dated:
        _note(last)
        return dict(last.said)
    if last is None or last.digest != found.digest:
        found.save()
    return said


def _list_of(
    zone: Perimeter, said: Said, *, source: str, dated: date, held_for: Sequence[str], is_reviewed: bool
) -> ZoneList:
    content = [source, dated.isoformat(), *sorted(held_for), *(f"{code} {said[code]}" for code in sorted(said))]
    return ZoneList(
        zone=zone,
        source=source,
        dated=dated,
        is_reviewed=is_reviewed,
        loaded_at=timezone.now(),
        digest=sha256("\n".join(content).encode()).hexdigest(),
        held_for=list(held_for),
        said=said,
    )


def _put_in_force(found: ZoneList) -> None:
    Containment.objects.filter(outer=found.zone, since=SINCE).delete()
    pks = dict(Perimeter.objects.communes().filter(code__in=found.said).values_list("code", "pk"))
    Containment.objects.bulk_create(
        (
            Containment(inner_id=pk, outer=found.zone, holds=found.said[code], since=SINCE)
            for code, pk in sorted(pks.items())
        ),
        batch_size=BATCH,
    )
    _note(found)


def _note(found: ZoneList) -> None:
    """Say of a zone where its list comes from, in place of what the reviewed file says of its own."""
    found.zone.note = f"Liste du {found.dated:%d/%m/%Y}. Source : {found.source}."
    found.zone.save(update_fields=["note"])
