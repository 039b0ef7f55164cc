"""Recording facts and aids received, each with its author and its day."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.companies.models import Company, Establishment, Fact, FactSheet, ReceivedAid


@transaction.atomic
def open_sheet(*, siret: str, siren: str, name: str) -> FactSheet:
    """Open a sheet for a firm; its company and site are made once, whatever the number of filings."""
    sheet = FactSheet()
    identify(sheet=sheet, siret=siret, siren=siren, name=name)
    return sheet


@transaction.atomic
def identify(*, sheet: FactSheet, siret: str, siren: str, name: str) -> bool:
    """Say whose sheet it is; return whether that differs from what it said."""
    company = Company.objects.get_or_create(siren=siren)[0] if siren else None
    establishment = None
    if siret and company:
        establishment = Establishment.objects.get_or_create(siret=siret, defaults={"company": company})[0]
    known = (sheet.company, sheet.establishment, sheet.name)
    sheet.company, sheet.establishment, sheet.name = company, establishment, name
    sheet.save()
    return known != (company, establishment, name)


@transaction.atomic
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
    known = sheet.values() if known is None else known
    now = timezone.now()
    return Fact.objects.bulk_create(
        Fact(
            sheet=sheet,
            name=name,
            value=value,
            origin=(origins or {}).get(name, origin),
            author=author,
            recorded_at=now,
            recorded_on=on,
        )
        for name, value in values.items()
        if known.get(name) != value
    )


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
