"""Whose file it is: which other files may be read with one, and what is read of them.

A SIREN is a public number and proves nothing. Two files are read together only where the same address, confirmed on
both, gave the same SIREN, or where officers linked them (``FileLink``). No other code joins files by their company.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Case, Count, OuterRef, Q, QuerySet, TextField, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from backend.accounts.models import User
from backend.companies.levels import is_shared
from backend.companies.models import Fact, FactSheet, FactSnapshot
from backend.companies.packing import VERSION, Packed, pack, rows_of, unpack
from backend.matchmaking.contents import SAME_SIREN, may_have
from backend.matchmaking.models import FileLink, Submission


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Another file that is read with one."""

    pk: int
    sheet: int
    same_site: bool
    same_address: bool  # else by a link that officers made


type Readings = Mapping[int, tuple[ReadFile, ...]]


@dataclass(frozen=True, slots=True)
class _Row:
    pk: int
    sheet: int
    company: int
    site: int | None
    email: str

    @property
    def owner(self) -> tuple[int, str]:
        return self.company, self.email.casefold()


def read_together(submission: Submission) -> tuple[ReadFile, ...]:
    """Return the other files that may be read with one: of its facts, schemes held and aids, and of nothing else."""
    return readings_of([submission])[submission.pk]


def read_once(submission: Submission) -> None:
    """Look up what a page reads of a file and of those read with it, for all parts of the page.

    Call it where a page is laid out, once nothing changes any more: what follows sees this object as it was then.
    """
    submission.page_readings, submission.page_facts, submission.page_sources = None, None, {}
    submission.page_readings = read_together(submission) if may_have(submission, SAME_SIREN) else ()
    rows = _rows_read(submission, Fact.objects.all(), readings_of([submission]))
    own = [row for row in rows if row.sheet_id == submission.sheet_id]
    submission.page_official = _newest(row for row in own if row.origin == Fact.Origin.REGISTER)
    submission.page_declined = {_declined(row) for row in own if row.name.startswith(Fact.DECLINED)}
    submission.page_facts = _newest(row for row in rows if not row.name.startswith(Fact.DECLINED))


def readings_of(submissions: Iterable[Submission]) -> dict[int, tuple[ReadFile, ...]]:
    """Return the same of many files at once, by file: one query at most, whatever their number."""
    submissions = list(submissions)
    of_pages = {file.pk: file.page_readings for file in submissions if file.page_readings is not None}
    if len(of_pages) == len(submissions):
        return of_pages
    confirmed = [file.pk for file in submissions if file.confirmed_at]  # the others read nobody's
    shared = _shared_readings(_rows_of(confirmed)) if confirmed else {}
    return {file.pk: shared.get(file.pk, ()) for file in submissions}


NUMBERS = object()  # where the numbers of files go among the parameters


def _rows_of(numbers: list[int]) -> list[tuple[Any, ...]]:
    """Return what ``_beside`` finds: a page asks several times, and writing the query takes longer than it."""
    statement, parameters = _query()
    with connection.cursor() as cursor:
        cursor.execute(statement, [numbers if value is NUMBERS else value for value in parameters])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


@cache
def _query() -> tuple[str, tuple[Any, ...]]:
    of_numbers = RawSQL("SELECT unnest(%s::bigint[])", [NUMBERS])
    return _beside(Submission.objects.filter(pk__in=of_numbers)).query.sql_with_params()


def _beside(files: QuerySet[Submission]) -> QuerySet[Submission, tuple[Any, ...]]:
    """Return the files of those firms of some files that have several, each with the files linked with it."""
    companies = files.order_by().values("sheet__company")
    proven = Submission.objects.proven().filter(sheet__company__in=companies).order_by()
    several = proven.values("sheet__company").annotate(n=Count("pk")).filter(n__gt=1).values("sheet__company")
    here = OuterRef("pk")
    ends = FileLink.objects.agreed().filter(Q(first=here) | Q(second=here))
    other = Case(When(first=here, then="second"), default="first")
    found = Submission.objects.proven().filter(sheet__company__in=several).order_by("pk")
    columns = ("pk", "sheet", "sheet__company", "sheet__establishment", "contact__email")
    linked = ArraySubquery(ends.annotate(other=other).values("other"))
    return found.annotate(linked=linked).values_list(*columns, "linked")


def _shared_readings(found: Iterable[tuple[Any, ...]]) -> dict[int, tuple[ReadFile, ...]]:
    """Return, of the files that ``_beside`` found, those with which others may be read."""
    rows: dict[int, _Row] = {}
    links: dict[int, set[int]] = {}
    for *columns, others in found:
        row = _Row(*columns)
        rows[row.pk], links[row.pk] = row, set(others)
    of_owner: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for pk, row in rows.items():
        of_owner[row.owner].append(pk)
    return {pk: reads for pk, row in rows.items() if (reads := _reads(row, rows, of_owner, links))}


def _reads(
    row: _Row,
    rows: Mapping[int, _Row],
    of_owner: Mapping[tuple[int, str], list[int]],
    linked: Mapping[int, set[int]],
) -> tuple[ReadFile, ...]:
    own = set(of_owner[row.owner])
    others = (rows[pk] for pk in sorted((own | linked.get(row.pk, set())) & rows.keys()) if pk != row.pk)
    return tuple(
        ReadFile(
            pk=other.pk,
            sheet=other.sheet,
            same_site=row.site is not None and row.site == other.site,
            same_address=other.pk in own,
        )
        for other in others
    )


def numbers_read(submission: Submission) -> list[int]:
    """Return the numbers of the files that are read with one, in order."""
    return [other.pk for other in read_together(submission)]


# -- facts


def known_facts(submission: Submission) -> dict[str, Fact]:
    """Return the newest row of each fact that is known of a firm and its project, by name.

    It may be a row of another file that is read together: facts are read there, never copied.
    """
    if submission.page_facts is not None:
        return submission.page_facts
    return _newest(_rows_read(submission, Fact.objects.said(), readings_of([submission])))


def told_facts(submission: Submission, known: dict[str, Fact]) -> dict[str, Fact]:
    """Return those of the known facts of which the reader of a file by its link may know who said them, and when.

    A guest may of what this file says itself: the others count in the answer, and come from a file she does not open.
    """
    if submission.page_reader is None:
        return known
    return {name: fact for name, fact in known.items() if fact.sheet_id == submission.sheet_id}


def facts_of_address(submission: Submission) -> dict[str, Fact]:
    """Return the same without what officers' links let it read: what the address itself is known to have filed."""
    own = tuple(other for other in read_together(submission) if other.same_address)
    return _newest(_rows_read(submission, Fact.objects.said(), {submission.pk: own}))


def facts_beside(*, sheet: FactSheet, email: str) -> dict[str, Fact]:
    """Return the last row of each fact that a file just opened for an address is to read in the others of its SIREN.

    A row that takes a fact back is one too. The sheets are held: nothing newer is said there meanwhile.
    """
    if sheet.company is None:
        return {}
    others = Submission.objects.proven().filed_with(email).filter(sheet__company=sheet.company).exclude(sheet=sheet)
    sheets = list(others.order_by().values_list("sheet", flat=True))
    held = FactSheet.objects.select_for_update(of=("self",)).filter(pk__in=sheets).order_by("pk")
    same_site = {
        row.pk: row.establishment_id is not None and row.establishment_id == sheet.establishment_id for row in held
    }
    rows = Fact.objects.filter(sheet__in=sheets).said()
    return {row.name: row for row in rows if is_shared(row.name, same_site=same_site[row.sheet_id])}


def official_facts(submission: Submission) -> dict[str, Fact]:
    """Return what the State's register says of a firm, by name, also where somebody says otherwise."""
    return submission.sheet.official() if submission.page_official is None else submission.page_official


def declined_questions(submission: Submission) -> set[str]:
    """Return the questions of a file to which someone answered that they do not know."""
    return submission.sheet.declined() if submission.page_declined is None else submission.page_declined


def _declined(row: Fact) -> str:
    return row.name.removeprefix(Fact.DECLINED)


def _rows_read(submission: Submission, facts: QuerySet[Fact], readings: Readings) -> list[Fact]:
    """Return the rows of facts that a file reads, the oldest first: its own, and what it shares with others."""
    readers = _readers([(submission.pk, submission.sheet_id)], readings)
    rows = facts.filter(sheet__in=readers).select_related("author").order_by("recorded_at", "pk")
    return [fact for fact in rows if readers[fact.sheet_id][0].reads(fact.name)]


def _newest(rows: Iterable[Fact]) -> dict[str, Fact]:
    """Return the last row of each fact, by name; one that was taken back is left out."""
    newest = {fact.name: fact for fact in rows}
    return {name: fact for name, fact in newest.items() if fact.value is not None}


def known_values(submission: Submission) -> dict[str, Any]:
    """Return the value of each fact that is known, by name."""
    return {name: fact.value for name, fact in known_facts(submission).items()}


def known_values_of(submissions: Iterable[Submission], readings: Readings) -> dict[int, dict[str, Any]]:
    """Return the same of many files at once, by file, in two queries; their sheets are read with them.

    A file that is read alone from one packed row; of several, the newest row of each fact counts. What a page has
    looked up is not read again.
    """
    submissions = list(submissions)
    of_pages = {file.pk: known_values(file) for file in submissions if file.page_facts is not None}
    files = [(file.pk, file.sheet_id) for file in submissions if file.pk not in of_pages]
    alone = {sheet: pk for pk, sheet in files if not readings[pk]}
    snapshots = list(FactSnapshot.objects.current().filter(pk__in=alone)) if alone else []
    unpacked = unpack(rows_of(one.packed for one in snapshots))
    packed = {alone[one.pk]: {**facts, **(one.rest or {})} for one, facts in zip(snapshots, unpacked, strict=True)}
    return of_pages | packed | _newest_values([file for file in files if file[0] not in packed], readings)


def _newest_values(files: Collection[tuple[int, int]], readings: Readings) -> dict[int, dict[str, Any]]:
    """Return the same of files, each with its sheet, from their facts and those of the files read with them."""
    if not files:
        return {}
    readers = _readers(files, readings)
    newest: dict[int, dict[str, Any]] = {pk: {} for pk, _ in files}
    for sheet, name, value in Fact.objects.filter(sheet__in=readers).said().values_list("sheet", "name", "value"):
        for reader in readers[sheet]:
            if reader.reads(name):
                newest[reader.file][name] = value
    return {
        file: {name: value for name, value in values.items() if value is not None} for file, values in newest.items()
    }


@dataclass(frozen=True, slots=True)
class PackedFiles:
    """What is known of many files, in their order: packed, and by place what has none in it; and who reads whom."""

    keys: list[int]
    rows: list[bytes]
    rests: dict[int, dict[str, Any]]
    shared: Readings


def packed_files(files: QuerySet[Submission]) -> PackedFiles:
    """Return what is known of thousands of files, in order of their numbers: two queries, and one for those shared."""
    rest = Cast("sheet__snapshot__rest", TextField())  # parsed here: most have none, and Django looks at each row's
    columns = ("pk", "sheet", "sheet__company", "sheet__snapshot__version", "sheet__snapshot__packed", "rest")
    found = list(files.order_by("pk").annotate(rest=rest).values_list(*columns))
    shared = _shared_readings(_beside(files)) if any(company for _, _, company, *_ in found) else {}
    unpacked = {pk: sheet for pk, sheet, _, version, *_ in found if version != VERSION or pk in shared}
    newest = _newest_values(unpacked.items(), {pk: shared.get(pk, ()) for pk in unpacked})
    kept = PackedFiles([row[0] for row in found], [], {}, shared)
    for place, (pk, _sheet, _company, _version, row, text) in enumerate(found):
        packed = pack(newest[pk]) if pk in newest else Packed(row, json.loads(text) if text else {})
        kept.rows.append(packed.row)
        if packed.rest:
            kept.rests[place] = packed.rest
    return kept


class _Reader(NamedTuple):
    """A file that reads a sheet: its own, or that of another one."""

    file: int
    is_own: bool
    same_site: bool

    def reads(self, name: str) -> bool:
        return self.is_own or is_shared(name, same_site=self.same_site)


def _readers(files: Iterable[tuple[int, int]], readings: Readings) -> dict[int, list[_Reader]]:
    """Return, by sheet, the files that read it."""
    readers: defaultdict[int, list[_Reader]] = defaultdict(list)
    for pk, sheet in files:
        readers[sheet].append(_Reader(pk, is_own=True, same_site=True))
        for other in readings[pk]:
            readers[other.sheet].append(_Reader(pk, is_own=False, same_site=other.same_site))
    return dict(readers)


# -- where it comes from


def sources_of(submission: Submission, *, viewer: User | None) -> dict[int, str]:
    """Return, by sheet, what to say of a value that another file gave; its number only to who may read that file.

    Without a viewer it is the firm that reads: a file of its own address is its own. A guest reads of no other file.
    """
    if submission.page_reader:
        return {}
    reader = viewer.pk if viewer else None
    if submission.page_sources is not None and reader in submission.page_sources:
        return submission.page_sources[reader]
    sources = _sources(submission, viewer=viewer)
    if submission.page_sources is not None:
        submission.page_sources[reader] = sources
    return sources


def _sources(submission: Submission, *, viewer: User | None) -> dict[int, str]:
    others = read_together(submission)
    if not others:
        return {}
    readable = {other.pk for other in others if other.same_address}
    if viewer:
        visible = Submission.objects.visible_to(viewer).filter(pk__in=[other.pk for other in others])
        readable = set(visible.values_list("pk", flat=True))
    named = Submission.objects.in_bulk(readable)
    whose, unnamed = ("la", "ce SIREN") if viewer else ("votre", "votre entreprise")
    return {
        other.sheet: f"repris de {whose} demande {named[other.pk].reference}"
        if other.pk in named
        else f"repris d’une autre demande de {unnamed}"
        for other in others
    }
