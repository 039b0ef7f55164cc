"""Loading INSEE's correspondence between the NAF rév. 2 and the NAF 2025, row by row, from a CSV file.

A row that cannot be read leaves correspondents out, and what is left would then be taken for all there is: nothing is
told of a code of such a row, nor, where a code itself cannot be read, of any code of its nomenclature.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from backend.common.files import MAX_CELL, NotTextError, read_lines
from backend.territories.models import ActivityTable, Nomenclature

COLUMNS = ("naf_rev2", "naf_2025")
LARGEST = 5_000_000  # bytes: the table has about a thousand rows
_SUB_CLASS = re.compile(r"(?!00)\d{2}\.?\d{2}[A-Z]")

# The table that the fixtures hold: fixtures/README.md says through whom it was copied, and how that was checked.
HELD_SOURCE = "INSEE, table de correspondance NAF rév. 2 – NAF 2025 (https://www.insee.fr/fr/information/8181066)"
HELD_DATED = date(2026, 1, 1)  # the edition of January 2026


class ActivityTableError(ValueError):
    """The file is no table of correspondence: nothing was changed."""


@dataclass(slots=True)
class Reading:
    """What a file says: pairs of codes, each once, and by line what could not be read."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    incomplete: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in COLUMNS})
    silent: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table in force, what could not be read, and whether it is a new one."""

    table: ActivityTable
    faults: list[tuple[int, str]]
    is_new: bool


@transaction.atomic
def load_activity_table(path: Path, *, source: str, dated: date) -> Loaded:
    """Put a table in force in place of the one before; the same file, source and date again change nothing.

    Raises ``ActivityTableError`` where the file holds no pair.
    """
    reading = read_activity_table(path)
    content = "\n".join([source, dated.isoformat(), *map(";".join, sorted(reading.pairs)), *map(str, reading.faults)])
    digest = sha256(content.encode()).hexdigest()
    last = ActivityTable.objects.first()
    if last and last.digest == digest:
        return Loaded(last, reading.faults, is_new=False)
    table = ActivityTable.objects.create(
        source=source,
        dated=dated,
        loaded_at=timezone.now(),
        digest=digest,
        pairs=sorted(reading.pairs),
        incomplete={name: sorted(codes) for name, codes in reading.incomplete.items()},
        silent=sorted(reading.silent),
    )
    return Loaded(table, reading.faults, is_new=True)


def load_held_table(path: Path) -> ActivityTable:
    """Put the table of the fixtures in force, and return what is: a newer one, loaded by a person, stays."""
    last = ActivityTable.objects.first()
    if last and last.dated > HELD_DATED:
        return last
    return load_activity_table(path, source=HELD_SOURCE, dated=HELD_DATED).table


def read_activity_table(path: Path) -> Reading:
    """Read a file: columns ``naf_rev2`` and ``naf_2025``, others ignored, between commas or semicolons."""
    try:
        text = read_lines(path, largest=LARGEST)
    except NotTextError as error:
        raise ActivityTableError(str(error)) from None
    csv.field_size_limit(MAX_CELL)  # of the whole process: importers of schemes set theirs
    rows = csv.DictReader(text, delimiter=";" if ";" in text[0] else ",")
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise ActivityTableError(
            f"Il manque la colonne {' et la colonne '.join(missing)} dans la première ligne, qui est "
            f"« {text[0][:80]} » ; attendu : {' et '.join(COLUMNS)}, séparées par des virgules ou des points-virgules."
        )
    known = set(Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2).values_list("code", flat=True))
    reading = Reading()
    try:
        for row in rows:
            _read_row(row, rows.line_num, reading, known)
    except csv.Error as error:
        raise ActivityTableError(f"Ligne {rows.line_num} : ce CSV est mal formé ({error}).") from None
    if not reading.pairs:
        raise ActivityTableError("Aucune ligne de ce fichier n’est une correspondance : rien n’a été chargé.")
    return reading


def _read_row(row: dict[str, str | None], line: int, reading: Reading, known: Iterable[str]) -> None:
    given = [(row[name] or "").strip().upper() for name in COLUMNS]
    if not any(given):
        return
    codes = [_code(text) for text in given]
    if codes[0] and codes[0] not in known:
        codes[0] = ""
    if all(codes):
        pair = (codes[0], codes[1])
        if pair not in reading.pairs:
            reading.pairs.append(pair)
        return
    told = [
        f"« {text[:20]} » n’est pas une sous-classe de la {name}"
        for text, code, name in zip(given, codes, ("NAF rév. 2", "NAF 2025"), strict=True)
        if not code
    ]
    reading.faults.append((line, " ; ".join(told)))
    if not any(character.isdigit() for text in given for character in text):
        return  # a remark, not a correspondence
    for name, code in zip(COLUMNS, codes, strict=True):
        if code:
            reading.incomplete[name].add(code)
        else:
            reading.silent.add(name)


def _code(text: str) -> str:
    """Return a code with its dot; empty where it is none."""
    if not _SUB_CLASS.fullmatch(text):
        return ""
    plain = text.replace(".", "")
    return f"{plain[:2]}.{plain[2:]}"
