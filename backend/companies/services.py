"""Recording facts and aids received, each with its author and its day."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.companies.models import Company, Establishment, Fact, FactSheet, FactSnapshot, ReceivedAid
from backend.companies.packing import VERSION, pack

SITE = """
WITH company AS (
    INSERT INTO companies_company (siren) VALUES (%s)
    ON CONFLICT (siren) DO UPDATE SET siren = EXCLUDED.siren RETURNING id
)
INSERT INTO companies_establishment (siret, company_id) SELECT %s, id FROM company
ON CONFLICT (siret) DO UPDATE SET siret = EXCLUDED.siret RETURNING id, company_id
"""
BATCH = 5_000  # sheets whose snapshots are written together


@transaction.atomic(savepoint=False)
def open_sheet(*, siret: str, siren: str, name: str) -> FactSheet:
    """Open a sheet for a firm; its company and site are made once, whatever the number of filings."""
    sheet = FactSheet()
    identify(sheet=sheet, siret=siret, siren=siren, name=name)
    return sheet


@transaction.atomic(savepoint=False)
def identify(*, sheet: FactSheet, siret: str, siren: str, name: str) -> bool:
    """Say whose sheet it is; return whether that differs from what it said."""
    establishment = _site_of(siret=siret, siren=siren) if siret and siren else None
    company = establishment.company if establishment else _company_of(siren) if siren else None
    known = (sheet.company, sheet.establishment, sheet.name)
    sheet.company, sheet.establishment, sheet.name = company, establishment, name
    sheet.save()
    return known != (company, establishment, name)


def _company_of(siren: str) -> Company:
    return Company.objects.get_or_create(siren=siren)[0]


def _site_of(*, siret: str, siren: str) -> Establishment:
    """Return an establishment with its company, both made where there are none, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(SITE, [siren, siret])
        pk, company = cursor.fetchone()
    return Establishment(pk=pk, siret=siret, company=Company(pk=company, siren=siren))


def is_another(*, sheet: FactSheet, siret: str, siren: str) -> bool:
    """Tell whether numbers are others than those of a sheet."""
    return (str(sheet.establishment or ""), str(sheet.company or "")) != (siret, siren)


@transaction.atomic
def drop_official(*, sheet: FactSheet, on: date) -> None:
    """Take back what the register said of a sheet, which is of another establishment now; what people said stays."""
    current, official = sheet.current(), sheet.official()
    record_facts(sheet=sheet, values=dict.fromkeys(official), origin=Fact.Origin.REGISTER, on=on)
    for name in official.keys() & current.keys():
        fact = current[name]
        if fact.origin != Fact.Origin.REGISTER:
            record_facts(sheet=sheet, values={name: fact.value}, origin=fact.origin, author=fact.author, on=on)


@transaction.atomic(savepoint=False)
def record_facts(
    *,
    sheet: FactSheet,
    values: Mapping[str, Any],
    origin: str,
    on: date,
    author: User | None = None,
    origins: Mapping[str, str] | None = None,
    known: Mapping[str, Any] | None = None,
) -> list[Fact]:
    """Record the facts that differ from what is known; ``None`` takes one back. Return the new rows.

    ``origins`` gives another origin to some of them; ``known`` is what is known, where that is more than the sheet.
    """
    # Who records at the same time waits: else the snapshot of the last would lack what the other one said.
    FactSheet.objects.select_for_update(of=("self",)).get(pk=sheet.pk)
    known = sheet.values() if known is None else known
    rows = Fact.objects.bulk_create(
        Fact(
            sheet=sheet,
            name=name,
            value=value,
            origin=(origins or {}).get(name, origin),
            author=author,
            **_now(on),
        )
        for name, value in values.items()
        if known.get(name) != value
    )
    if rows:
        store_snapshots([sheet.pk])
    return rows


@transaction.atomic(savepoint=False)
def record_first_facts(
    *, sheet: FactSheet, declared: Mapping[str, Any], official: Mapping[str, Any], origins: Mapping[str, str], on: date
) -> dict[str, Any]:
    """Record what a firm declares on a sheet just opened in this transaction, beside what the register says of it.

    Where the firm says something else, or takes back what the register says, its word counts, and the register's stays
    beside it. ``origins`` gives another origin than *declared* to some facts. Return what is known then, by name.
    """
    said = {**dict.fromkeys(official), **declared}
    now = _now(on)
    rows = [
        Fact(sheet=sheet, name=name, value=value, origin=Fact.Origin.REGISTER, **now)
        for name, value in official.items()
        if value is not None
    ]
    rows += [
        Fact(sheet=sheet, name=name, value=value, origin=origins.get(name, Fact.Origin.DECLARED), **now)
        for name, value in said.items()
        if official.get(name) != value
    ]
    Fact.objects.bulk_create(rows)
    if not rows:
        return {}
    (snapshot,) = _write_snapshots(
        {sheet.pk: {name: value for name, value in said.items() if not name.startswith(Fact.DECLINED)}}
    )
    return snapshot.values()


def _now(on: date) -> dict[str, Any]:
    return {"recorded_at": timezone.now(), "recorded_on": on}


def store_snapshots(sheets: Collection[int]) -> None:
    """Write the snapshots of some sheets from their facts; the caller's transaction holds both."""
    in_force: dict[int, dict[str, Any]] = {sheet: {} for sheet in sheets}
    for sheet, name, value in Fact.objects.filter(sheet__in=sheets).said().values_list("sheet", "name", "value"):
        in_force[sheet][name] = value
    _write_snapshots(in_force)


def _write_snapshots(in_force: Mapping[int, Mapping[str, Any]]) -> list[FactSnapshot]:
    snapshots = []
    for sheet, facts in in_force.items():
        row, rest = pack({name: value for name, value in facts.items() if value is not None})
        snapshots.append(FactSnapshot(sheet_id=sheet, version=VERSION, packed=row, rest=rest or None))
    columns = ["version", "packed", "rest"]
    return FactSnapshot.objects.bulk_create(
        snapshots, update_conflicts=True, unique_fields=["sheet"], update_fields=columns
    )


def rebuild_snapshots(*, everything: bool = False) -> int:
    """Write the snapshots that are missing or of another list of facts, or all of them; return how many there were.

    A batch is a transaction that holds its sheets: facts may be recorded meanwhile.
    """
    done, last = 0, 0
    while True:
        with transaction.atomic():
            sheets = FactSheet.objects.filter(pk__gt=last, facts__isnull=False)
            if not everything:
                sheets = sheets.exclude(snapshot__version=VERSION)
            keys = list(sheets.order_by("pk").values_list("pk", flat=True).distinct()[:BATCH])
            if not keys:
                return done
            list(
                FactSheet.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk").values_list("pk")
            )
            store_snapshots(keys)
        done, last = done + len(keys), keys[-1]


@transaction.atomic
def record_aid(
    *,
    sheet: FactSheet,
    granted_on: date,
    amount_eur: Decimal | None,
    on: date,
    regulation: str = "",
    title: str = "",
    member: str = "",
    author: User | None = None,
) -> ReceivedAid:
    """Record a de minimis aid; the same one sent twice, by a second click, is one row."""
    FactSheet.objects.select_for_update(of=("self",)).get(pk=sheet.pk)
    said = {
        "granted_on": granted_on,
        "amount_eur": amount_eur,
        "regulation": regulation,
        "title": title.strip(),
        "member": member.strip(),
    }
    already = sheet.aids.standing().filter(**said).first()
    if already:
        return already
    origin = Fact.Origin.OFFICER if author else Fact.Origin.DECLARED
    now = timezone.now()
    return ReceivedAid.objects.create(
        sheet=sheet, origin=origin, author=author, recorded_at=now, recorded_on=on, **said
    )


@transaction.atomic
def withdraw_aid(*, aid: ReceivedAid, by: User | None = None) -> None:
    """Take back an aid that was recorded by mistake; who did and when is kept."""
    ReceivedAid.objects.standing().filter(pk=aid.pk).update(withdrawn_at=timezone.now(), withdrawn_by=by)
