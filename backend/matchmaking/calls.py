"""Being called: asked by anybody without filing, or from the page of a file; answered by an officer."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.accounts.models import User
from backend.common.days import working_days_between
from backend.matchmaking.assisted import file_for_firm
from backend.matchmaking.file_events import reopen_on_event
from backend.matchmaking.in_charge import commune_of, covers, route
from backend.matchmaking.models import CallRequest, Need, Submission
from backend.matchmaking.ownership import known_values
from backend.matchmaking.services import Consent, Filing
from backend.schemes.models import SubNeed
from backend.territories.models import Perimeter

MOST_A_DAY = 3  # of one number; what comes after is added to the last of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What somebody who wants to be called gave: no text, no link."""

    phone: str
    name: str
    company_name: str = ""
    call_slot: str = Submission.CallSlot.ANY
    commune: str = ""
    needs: tuple[str, ...] = ()


@transaction.atomic
def ask_call(*, key: UUID, call: Call, on: date, of_file: Submission | None = None) -> CallRequest:
    """Ask for a call: one row for each draft, at most three a day for one number, and nobody is refused.

    That of a file, ``of_file``, is its own row, where the file is. Else raises ``OutsideTerritory``: nothing is kept.
    """
    epci = of_file.epci if of_file else route({"commune": call.commune}, on=on)
    now = timezone.now()
    given = {
        "epci": epci,
        "commune": call.commune,
        "phone": call.phone,
        "name": call.name,
        "company_name": call.company_name,
        "call_slot": call.call_slot,
        "asked_at": now,
        "done_at": None,
        "done_by": None,
        **({"submission": of_file} if of_file else {}),
    }
    row = CallRequest.objects.select_for_update(of=("self",)).filter(key=key).first()
    if row is None:
        same = CallRequest.objects.filter(phone=call.phone, submission=None, asked_at__gt=now - timedelta(days=1))
        latest = same.filter(epci=epci).order_by("-asked_at").first() if same.count() >= MOST_A_DAY else None
        if latest is None or of_file:
            return CallRequest.objects.get_or_create(key=key, defaults={**given, "needs": list(call.needs)})[0]
        row = CallRequest.objects.select_for_update(of=("self",)).get(pk=latest.pk)
        row.n_asked += 1
    for name, value in given.items():
        setattr(row, name, value)
    row.needs = list(dict.fromkeys([*row.needs, *call.needs]))
    row.save()
    return row


@transaction.atomic
def ask_call_of_file(*, submission: Submission, phone: str, call_slot: str, on: date) -> CallRequest:
    """Ask for a call about a filed answer: the number joins the contact, e-mails go on, its officers see it.

    Where the contact has a number, that one is called: a forwarded link changes none.
    """
    submission = Submission.objects.locked(submission.pk)
    reopen_on_event(submission)
    contact = submission.contact
    if not contact.phone:
        contact.phone = phone
        contact.save(update_fields=["phone"])
    submission.call_slot = call_slot
    submission.save(update_fields=["call_slot"])
    call = Call(
        phone=contact.phone,
        name=contact.name,
        company_name=submission.sheet.name,
        call_slot=call_slot,
        commune=commune_of(known_values(submission)),
        needs=tuple(Need.objects.clear().filter(submission=submission).values_list("sub_need", flat=True)),
    )
    return ask_call(key=submission.filing_key, call=call, on=on, of_file=submission)


@transaction.atomic
def end_call(*, call: CallRequest, officer: User) -> CallRequest:
    """Note that somebody was called, or could not be. Raises ``PermissionDenied`` for who is not in charge."""
    call = _locked(call, officer)
    if call.done_at is None:
        call.done_at, call.done_by = timezone.now(), officer
        call.save(update_fields=["done_at", "done_by"])
    return call


@transaction.atomic
def file_call(
    *, call: CallRequest, officer: User, name: str, email: str, phone: str, company_name: str, on: date
) -> Submission:
    """Open a file for somebody who agreed to it by telephone; who recorded the consent stays with it.

    Once: a second click finds the first file. Its address is confirmed as any other. Raises ``PermissionDenied``
    for who is not in charge, ``StaffAddress`` where the address is not the firm's.
    """
    call = _locked(call, officer)
    if call.submission:
        return call.submission
    filing = Filing(
        filing_key=uuid4(),
        facts={"commune": call.commune} if call.commune else {},
        company_name=company_name,
        needs=tuple(call.needs),
        contact_name=name,
        email=email,
        phone=phone,
        call_slot=call.call_slot,
    )
    submission = file_for_firm(filing, consent=Consent(by=officer, at=timezone.now()), on=on)
    call.submission = submission
    call.done_at, call.done_by = call.done_at or timezone.now(), call.done_by or officer
    call.save(update_fields=["submission", "done_at", "done_by"])
    return submission


def _locked(call: CallRequest, officer: User) -> CallRequest:
    call = CallRequest.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if not covers(officer=officer, epci_id=call.epci_id):
        raise PermissionDenied
    return call


@dataclass(frozen=True, slots=True)
class CallView:
    """A call as an officer reads it."""

    call: CallRequest
    commune: str
    needs: tuple[str, ...]
    may_answer: bool
    has_file: bool  # that this person may open
    age: int  # working days since it was asked

    @property
    def waits(self) -> str:
        """Say for how long, on working days: nobody calls on the others."""
        words = ngettext("il y a %(n)s jour ouvré", "il y a %(n)s jours ouvrés", self.age)
        return words % {"n": self.age} if self.age else _("aujourd’hui")


def present_calls(calls: Iterable[CallRequest], *, officer: User, on: date) -> list[CallView]:
    """Put calls in words: the name of the commune and of the needs, and for how long each waits."""
    calls = list(calls)
    communes = _communes({call.commune for call in calls if call.commune})
    needs = SubNeed.objects.in_bulk({need for call in calls for need in call.needs})
    files = Submission.objects.visible_to(officer).filter(call_requests__in=[call.pk for call in calls])
    open_files = set(files.values_list("pk", flat=True)) if any(call.submission_id for call in calls) else set()
    may_answer = {epci_id: covers(officer=officer, epci_id=epci_id) for epci_id in {call.epci_id for call in calls}}
    return [
        CallView(
            call,
            communes.get(call.commune, ""),
            tuple(str(needs[key].short) for key in call.needs if key in needs),
            may_answer[call.epci_id],
            call.submission_id in open_files,
            working_days_between(timezone.localdate(call.asked_at), on),
        )
        for call in calls
    ]


def _communes(codes: Collection[str]) -> dict[str, str]:
    rows = Perimeter.objects.filter(code__in=[f"COM-{code}" for code in codes]) if codes else ()
    return {row.official_code: row.name for row in rows}
