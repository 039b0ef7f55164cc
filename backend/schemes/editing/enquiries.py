"""Asking the caretakers of sheets, four times a year, whether these are still right; and their answers (ADR 55)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import Absence
from backend.common.days import is_working_day
from backend.common.work import Work, change_each
from backend.links.models import Kind
from backend.notifications.placeholders import STOP, placeholder
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email
from backend.schemes.catalogue.windows import TAKING, WindowOn, window_on
from backend.schemes.editing.caretaking import (
    ASKED_BY_LINK,
    LocalSheet,
    Reader,
    free_caretakers,
    led_sheets,
    local_sheets,
    sheets_of,
)
from backend.schemes.ingestion.observing import ObservationError, follow_some, keep, put_back, shut_by
from backend.schemes.models import CatalogueTask, SheetAnswer, SheetEnquiry, Tier, WindowObservation
from backend.schemes.typography import NBSP
from backend.schemes.typography import day as day_in_words

QUARTER = timedelta(days=91)
RECENT = timedelta(days=45)  # what was said of a sheet so shortly before is not asked again
PATIENCE = timedelta(days=30)
Says = SheetAnswer.Says
_SHUT = {
    WindowOn.CLOSED: WindowObservation.Says.CLOSED,
    WindowOn.SUSPENDED: WindowObservation.Says.SUSPENDED,
    WindowOn.EXHAUSTED: WindowObservation.Says.EXHAUSTED,
}


class AnswerError(ValueError):
    """An answer that cannot be kept, with a sentence for who gave it."""


# -- asking


def ask_owners(*, on: date) -> Work:
    """Owe each who looks after sheets one e-mail a quarter about all of them, and tell leads who stays silent.

    Nothing on days without offices. One that fails keeps no other back; ``SomeFailed`` is raised at the end.
    """
    if not is_working_day(on):
        return Work()
    sheets = local_sheets()
    free_caretakers(sheets)
    away = set(Absence.objects.on(on).values_list("user_id", flat=True))
    readers = {reader.key: reader for sheet in sheets for reader in sheet.readers}
    asked = [reader for reader in readers.values() if reader.user is None or reader.user.pk not in away]
    late = SheetEnquiry.objects.untold().filter(asked_on__lte=on - PATIENCE).select_related("user", "owner")
    steps = [
        *(partial(_ask, reader, sheets_of(reader, sheets), on) for reader in asked),
        *(partial(_tell_silence, enquiry, sheets, on) for enquiry in late),
    ]
    return Work(n_looked_at=len(steps), n_changed=change_each(lambda step: step(), steps))


@transaction.atomic
def _ask(reader: Reader, sheets: list[LocalSheet], on: date) -> bool:
    """Ask somebody about their sheets, where none was asked of them this quarter and one has no fresh answer."""
    enquiries = SheetEnquiry.objects.filter(user=reader.user, owner=reader.owner)
    due = unanswered(sheets, since=on - RECENT)
    if not due or enquiries.filter(asked_on__gt=on - QUARTER).exists():
        return False
    asked = [sheet.scheme.pk for sheet in due]
    SheetEnquiry.objects.create(user=reader.user, owner=reader.owner, asked_on=on, asked=asked)
    kind = "sheets_to_confirm" if reader.user else ASKED_BY_LINK
    context: dict[str, Any] = {"sheets": due, "reader": reader.user}
    if reader.owner:
        context |= {"sheets_url": placeholder(Kind.SHEETS, reader.owner.pk), "stop_url": placeholder(STOP)}
    else:
        context["sheets_url"] = absolute_url("my_sheets")
    message = render(kind, context)
    key = f"{kind}:{reader.key}:{on}"
    enqueue_email(kind=kind, key=key, recipient=reader.email, message=message, about=(reader.topic,))
    return True


def unanswered(sheets: Iterable[LocalSheet], *, since: date) -> list[LocalSheet]:
    """Return the sheets of which nobody has said anything since a day."""
    sheets = list(sheets)
    answers = SheetAnswer.objects.filter(scheme__in=[sheet.scheme.pk for sheet in sheets], on__gte=since)
    answered = set(answers.values_list("scheme_id", flat=True))
    return [sheet for sheet in sheets if sheet.scheme.pk not in answered]


@transaction.atomic
def _tell_silence(enquiry: SheetEnquiry, sheets: list[LocalSheet], on: date) -> bool:
    """Tell those who lead, once, of which sheets somebody was named for, asked about, and says nothing.

    Of the silence of who answers because they lead, nobody is told.
    """
    reader = Reader(user=enquiry.user, owner=enquiry.owner)
    asked = (sheet for sheet in sheets if sheet.named == reader and sheet.scheme.pk in enquiry.asked)
    silent = unanswered(asked, since=enquiry.asked_on - RECENT)
    SheetEnquiry.objects.filter(pk=enquiry.pk).update(told_on=on)
    for lead in {lead.pk: lead for sheet in silent for lead in sheet.leads if lead != enquiry.user}.values():
        theirs = led_sheets(lead, silent)
        context = {"person": str(reader), "since": enquiry.asked_on, "sheets": theirs, "reader": lead}
        message = render("sheets_silent", {**context, "sheets_url": absolute_url("my_sheets")})
        key = f"sheets_silent:{enquiry.pk}:{lead.pk}"
        enqueue_email(kind="sheets_silent", key=key, recipient=lead.email, message=message, about=(reader.topic,))
    return bool(silent)


# -- answering


@transaction.atomic
def answer_sheet(*, reader: Reader, scheme_pk: int, says: str, words: str, on: date) -> SheetAnswer:
    """Keep what somebody says of a sheet they look after; the same button twice on a day is one answer.

    What is true, or gone, is an observation of its window; what changed, or is gone, is a task for editors. What is
    true after all takes back that it was gone, until an editor has read that. Raises ``PermissionDenied`` where it is
    not theirs, ``AnswerError`` where it says too little or cannot be kept.
    """
    sheet = next((one for one in sheets_of(reader) if one.scheme.pk == scheme_pk), None)
    if sheet is None:
        raise PermissionDenied
    words = words.strip()
    if says not in Says.values:
        raise AnswerError("Choisissez une des trois réponses.")
    if says == Says.CHANGED and not words:
        raise AnswerError("Dites en quelques mots ce qui a changé : un montant, une date, un contact…")
    type(sheet.scheme).objects.select_for_update(of=("self",)).get(pk=scheme_pk)  # two touches at once
    last = SheetAnswer.objects.filter(scheme=sheet.scheme).first()
    if last and (last.says, last.words, last.on) == (says, words, on):
        return last
    gone = _to_take_back(last) if says == Says.TRUE else None
    answer = SheetAnswer.objects.create(
        scheme=sheet.scheme, says=says, words=words, takes_back=gone, by=reader.user, on=on, given_at=timezone.now()
    )
    if gone:
        sheet = _take_back(sheet, gone, answer)
    _observe(sheet, answer, on=on)
    if says != Says.TRUE:
        _open_task(sheet, answer, reader)
    return answer


def _task_of(answer: SheetAnswer) -> QuerySet[CatalogueTask]:
    people = (CatalogueTask.Origin.PERSON, CatalogueTask.Origin.PUBLIC)
    return answer.scheme.tasks.waiting().filter(origin__in=people, reported_at=answer.given_at)


def _to_take_back(last: SheetAnswer | None) -> SheetAnswer | None:
    """Return the last answer where it says that a scheme is gone, and no editor has done anything about it."""
    if last is None or last.says != Says.GONE or not _task_of(last).exists():
        return None
    shut = shut_by(last)
    is_read = shut and (shut.checked_at or shut.revision_id != last.scheme.current_id)
    return None if is_read else last


def _take_back(sheet: LocalSheet, gone: SheetAnswer, answer: SheetAnswer) -> LocalSheet:
    """Close the task of an answer and put back the window that it shut; return the sheet as it is then."""
    said = f"Reprise le {day_in_words(answer.on)} par qui suit la fiche{NBSP}: toujours juste."
    _task_of(gone).update(closed_at=answer.given_at, closed_by=answer.by, answer=said)
    shut = shut_by(gone)
    return replace(sheet, revision=put_back(shut, comment=said)) if shut else sheet


def _observe(sheet: LocalSheet, answer: SheetAnswer, *, on: date) -> None:
    """Keep what an answer says of the window, and let the sheet follow at once; a window nobody knows stays so."""
    window = window_on(sheet.revision, on=on)
    shown = WindowObservation.Says.OPEN if window in TAKING else _SHUT.get(window)
    says = {Says.TRUE: shown, Says.GONE: WindowObservation.Says.CLOSED}.get(Says(answer.says))
    if says is None:
        return
    seen = WindowObservation(
        scheme=sheet.scheme,
        url=sheet.revision.url or absolute_url("public_scheme", sheet.scheme.source_key),
        site=sheet.revision.owner[:120] or str(sheet.organisation or "Territoire"),
        tier=Tier.OPERATOR if sheet.speaks_for_operator else Tier.OTHER,
        day=on,
        says=says,
        note="Réponse de qui suit la fiche, par le service.",
        read_on=on,
        added_by=answer.by,
        answer=answer,
        added_at=answer.given_at,
    )
    try:
        keep(seen)
    except ObservationError as error:
        raise AnswerError(f"Votre réponse n’est pas gardée, la fiche est à corriger d’abord. {error}") from error
    follow_some([sheet.scheme.pk], on=on)


def _open_task(sheet: LocalSheet, answer: SheetAnswer, reader: Reader) -> None:
    """Ask the editors to mend the sheet or to archive it; who answered is told what they did."""
    who = sheet.revision.owner or str(sheet.organisation or reader.user or "Une personne")  # no address in a text
    said = f"n’existe plus{NBSP}: à archiver." if answer.says == Says.GONE else f"a changé{NBSP}:"
    text = f"{who}, qui suit cette fiche, le {day_in_words(answer.on)}{NBSP}: {said} {answer.words}".strip()
    origin = CatalogueTask.Origin.PERSON if reader.user else CatalogueTask.Origin.PUBLIC
    CatalogueTask.objects.create(
        scheme=sheet.scheme,
        revision=sheet.revision,
        text=text,
        origin=origin,
        reported_by=reader.user,
        reporter_email="" if reader.user else reader.email,
        reported_at=answer.given_at,
    )


# -- reading


def last_answers(sheets: Iterable[LocalSheet]) -> dict[int, SheetAnswer]:
    """Return the newest answer about each sheet, by the key of its scheme."""
    rows = SheetAnswer.objects.filter(scheme__in=[sheet.scheme.pk for sheet in sheets])
    return {row.scheme_id: row for row in rows.order_by("given_at", "pk")}
