"""A partner's tool files for a firm, once for each request, and reads where the file is: a few words and days."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import ApiKey
from backend.matchmaking.assisted import file_for_firm
from backend.matchmaking.models import PartnerFiling, Submission
from backend.matchmaking.services import Consent, Filing

_REQUESTS = UUID("6f0f4c5e-2f0c-4c8e-9a53-6f1d3b1c7d20")  # the names of requests are made in it


class OtherRequest(ValueError):
    """The key of this request was that of another one, which filed something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a partner noted of a firm's agreement."""

    at: datetime
    how: PartnerFiling.How
    noted_by: str


def request_key(key: ApiKey, given: str) -> UUID:
    """Return what names a request of an organisation: the same whichever of its keys is used."""
    return uuid5(_REQUESTS, f"{key.organisation_id} {given}")


def file_as_partner(filing: Filing, *, key: ApiKey, agreement: Agreement, digest: str, on: date) -> PartnerFiling:
    """File for a firm under the key of the request (``filing_key``), or return what that request filed before.

    ``digest`` is of what was sent. Of two requests at once the second waits for the first. Raises ``OtherRequest``
    where the same key came with something else, and what ``file_for_firm`` raises.
    """
    if already := find_filing(filing.filing_key, digest=digest):
        return already
    try:
        return _file(filing, key=key, agreement=agreement, digest=digest, on=on)
    except IntegrityError:
        if already := find_filing(filing.filing_key, digest=digest):
            return already
        raise


def find_filing(request: UUID, *, digest: str) -> PartnerFiling | None:
    """Return what a request filed before; raise ``OtherRequest`` where something else was sent then."""
    found = PartnerFiling.objects.filter(request_key=request).select_related("submission").first()
    if found and found.digest not in ("", digest):
        raise OtherRequest
    return found


@transaction.atomic
def _file(filing: Filing, *, key: ApiKey, agreement: Agreement, digest: str, on: date) -> PartnerFiling:
    submission = file_for_firm(filing, consent=Consent(by=key.organisation, at=agreement.at), on=on)
    return PartnerFiling.objects.create(
        submission=submission,
        key=key,
        request_key=filing.filing_key,
        digest=digest,
        how=agreement.how,
        noted_by=agreement.noted_by,
    )


class State(models.TextChoices):
    """Where a file is, as the partner that filed it reads it."""

    AWAITS_FIRM = "awaits_firm", _("attend que l’entreprise confirme son adresse")
    RECEIVED = "received", _("reçue")
    BEING_READ = "being_read", _("suivie par un développeur économique")
    ANSWERED = "answered", _("l’entreprise a reçu une réponse")
    CLOSED = "closed", _("close")
    WITHDRAWN = "withdrawn", _("l’entreprise a retiré son accord")
    ERASED = "erased", _("effacée")


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of a file, and the days of what happened to it; ``None``: it did not happen."""

    state: State
    filed_on: date
    confirmed_on: date | None = None
    answered_on: date | None = None
    closed_on: date | None = None
    erased_on: date | None = None


def status_of(submission: Submission) -> Status:
    """Return where a file is; of one that was erased nothing else than when."""
    if submission.erased_at:
        return Status(state=State.ERASED, filed_on=submission.filed_on, erased_on=_day(submission.erased_at))
    return Status(
        state=_state_of(submission),
        filed_on=submission.filed_on,
        confirmed_on=_day(submission.confirmed_at),
        answered_on=_day(submission.first_answered_at),
        closed_on=_day(submission.closed_at),
    )


def _state_of(submission: Submission) -> State:
    if submission.closed_reason == Submission.Closing.WITHDRAWN:
        return State.WITHDRAWN
    if submission.closed_at:
        return State.CLOSED
    if submission.confirmed_at is None:
        return State.AWAITS_FIRM
    if submission.has_answer:
        return State.ANSWERED
    return State.BEING_READ if submission.officer_id else State.RECEIVED


def _day(moment: datetime | None) -> date | None:
    return timezone.localdate(moment) if moment else None
