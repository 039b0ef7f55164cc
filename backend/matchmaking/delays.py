"""In how many working days an intercommunality answers: what its lead promises, and what was measured."""

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_high

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from backend.accounts.models import Organisation, User
from backend.common.days import add_working_days, working_days_between
from backend.matchmaking.models import ReviewEnd, Submission

PERIOD = timedelta(days=90)
LEAST = 5  # first reviews in the period, below which a median says nothing


@dataclass(frozen=True, slots=True)
class Delay:
    """Working days from the confirmation of an address to the end of the first review."""

    promised: int
    measured: int | None  # not more, for half of the files reviewed in the last 90 days; unknown where they are few

    @property
    def sentence(self) -> str:
        """What firms read of it."""
        said = f"Réponse promise sous {in_working_days(self.promised)}"
        if self.measured is None:
            return f"{said}."
        how_soon = f"en {in_working_days(self.measured)} au plus" if self.measured else "le jour même"
        return f"{said} ; depuis 90 jours, une demande sur deux est relue {how_soon}."


def in_working_days(n: int) -> str:
    return f"{n} jours ouvrés" if n > 1 else f"{n} jour ouvré"


@transaction.atomic
def promise_delay(*, organisation: Organisation, days: int | None, by: User) -> None:
    """Promise firms a delay, or none any more. Raises ``PermissionDenied`` for who does not lead there."""
    if organisation.epci_id not in {epci.pk for epci in by.led_epcis()}:
        raise PermissionDenied
    Organisation.objects.filter(pk=organisation.pk).update(promised_days=days)


def delay_of(organisation: Organisation | None, *, on: date) -> Delay | None:
    """Return what firms of an organisation read of its delay: nothing before its lead has promised one."""
    if organisation is None or organisation.promised_days is None or organisation.epci_id is None:
        return None
    return Delay(organisation.promised_days, measured_delay(organisation.epci_id, on=on))


def measured_delay(epci_id: int, *, on: date) -> int | None:
    """Return the median of the last 90 days, in working days, from the confirmation to the end of the first review."""
    days = days_to_review(epci_id, on=on).values()
    return median_high(days) if len(days) >= LEAST else None


def own_delay(officer: User, *, on: date) -> tuple[int, int | None]:
    """Return in how many files of the last 90 days an officer ended the first review, and the median of their days.

    The median is ``None`` where they are few. It is theirs to read: no lead or colleague is shown it.
    """
    ends = ReviewEnd.objects.filter(officer=officer, ended_at=F("submission__first_answered_at"))
    epci_of = dict(ends.filter(submission__epci__isnull=False).values_list("submission", "submission__epci"))
    by_epci = (days_to_review(epci, on=on) for epci in set(epci_of.values()))
    found = [days for files in by_epci for pk, days in files.items() if pk in epci_of]
    return len(found), median_high(found) if len(found) >= LEAST else None


def days_to_review(epci_id: int, *, on: date) -> dict[int, int]:
    """Return, by file, the working days to the end of its first review, of those of the last 90 days.

    A file that was reviewed before its address was confirmed counts from the day officers saw it. An end that was
    undone before its firm was told answered nobody, and does not count.
    """
    ended = Submission.objects.filter(
        epci=epci_id, first_answered_at__date__gt=on - PERIOD, first_answered_at__date__lte=on
    )
    columns = ("pk", "filed_at", "confirmed_at", "consent_by", "first_answered_at")
    days = {}
    for pk, filed_at, confirmed_at, consent_by, answered_at in ended.values_list(*columns):
        filed_on = timezone.localdate(filed_at)
        if confirmed_at and confirmed_at <= answered_at:
            start = timezone.localdate(confirmed_at)
        else:
            start = filed_on if consent_by else add_working_days(filed_on, 1)
        days[pk] = working_days_between(start, timezone.localdate(answered_at))
    return days
