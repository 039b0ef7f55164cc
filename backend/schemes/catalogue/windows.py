"""Whether a scheme takes applications on a day: told in one place, for a sheet in hand and for rows in the database.

The day is that of Paris and the last day is inside. A scheme without a last day is not thereby open: its record says
that it is permanent, or nothing is known.
"""

from datetime import date, timedelta

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from backend.schemes.models import SHORT_NOTICE_DAYS, Revision

MARGIN_DAYS = 7  # beside the time it takes to prepare


class WindowOn(models.TextChoices):
    """What a window is on a day, as a firm asks it."""

    UPCOMING = "upcoming", _("ouvre plus tard")
    OPEN = "open", _("ouvert")
    CLOSING_SOON = "closing_soon", _("ferme bientôt")
    CLOSED = "closed", _("fermé")
    SUSPENDED = "suspended", _("suspendu")
    EXHAUSTED = "exhausted", _("enveloppe épuisée")
    UNKNOWN = "unknown", _("ouverture à confirmer")


TAKING = (WindowOn.OPEN, WindowOn.CLOSING_SOON)  # applications are taken for certain
SHUT = (WindowOn.CLOSED, WindowOn.SUSPENDED, WindowOn.EXHAUSTED)  # none is, and no first day is known
_STATED = {
    Revision.WindowState.CLOSED: WindowOn.CLOSED,
    Revision.WindowState.SUSPENDED: WindowOn.SUSPENDED,
    Revision.WindowState.EXHAUSTED: WindowOn.EXHAUSTED,
}


def window_on(revision: Revision, *, on: date) -> WindowOn:
    """Return what the window of a revision is on a day."""
    stated = _STATED.get(Revision.WindowState(revision.window_state))
    if stated:
        return stated
    if revision.opens_on and on < revision.opens_on:
        return WindowOn.UPCOMING
    if revision.closes_on and on > revision.closes_on:
        return WindowOn.CLOSED
    if revision.window_state == Revision.WindowState.UNKNOWN and not is_seen_open(revision, on=on):
        return WindowOn.UNKNOWN
    preparation = SHORT_NOTICE_DAYS if revision.preparation_days is None else revision.preparation_days
    if revision.closes_on and revision.closes_on <= on + timedelta(days=preparation + MARGIN_DAYS):
        return WindowOn.CLOSING_SOON
    return WindowOn.OPEN


def is_seen_open(revision: Revision, *, on: date) -> bool:
    """Tell whether who runs a scheme was seen to take applications, and that still holds on a day."""
    return (
        revision.seen_on is not None
        and revision.seen_until is not None
        and (revision.seen_on <= on <= revision.seen_until)
    )


def window_column(on: date, *, of: str = "") -> Case:
    """Return the same as an expression; ``of`` is the path to the revision, such as ``current__``."""
    preparation = Coalesce(F(f"{of}preparation_days"), Value(SHORT_NOTICE_DAYS))
    last_comfortable = models.ExpressionWrapper(
        Value(on, output_field=models.DateField()) + preparation + Value(MARGIN_DAYS), output_field=models.DateField()
    )
    return Case(
        *(When(Q(**{f"{of}window_state": state}), then=Value(found)) for state, found in _STATED.items()),
        When(Q(**{f"{of}opens_on__gt": on}), then=Value(WindowOn.UPCOMING)),
        When(Q(**{f"{of}closes_on__lt": on}), then=Value(WindowOn.CLOSED)),
        When(
            Q(**{f"{of}window_state": Revision.WindowState.UNKNOWN})
            & ~Q(**{f"{of}seen_on__lte": on, f"{of}seen_until__gte": on}),
            then=Value(WindowOn.UNKNOWN),
        ),
        When(Q(**{f"{of}closes_on__lte": last_comfortable}), then=Value(WindowOn.CLOSING_SOON)),
        default=Value(WindowOn.OPEN),
        output_field=models.CharField(),
    )


def expected_again(revision: Revision, *, on: date) -> date | None:
    """Return around when a scheme that takes no more applications opens again; only where its record says it does.

    That is the first day of its next round. Once it is over and nobody has read of a round, none is known.
    """
    first = revision.opens_on
    if not revision.recurring or first is None:
        return None
    if window_on(revision, on=on) not in (WindowOn.CLOSED, WindowOn.EXHAUSTED):
        return None
    if first > on:
        return first
    last = max(first, revision.closes_on or first)
    years = last.year - first.year
    again = next(day for day in (years_later(first, years + n) for n in (0, 1)) if day > last)
    return again if again > on else None


def has_ended(revision: Revision, *, on: date) -> bool:
    """Tell whether a scheme closed and nothing says that it opens again."""
    opens_later = revision.opens_on is not None and revision.opens_on > on
    return window_on(revision, on=on) == WindowOn.CLOSED and not opens_later and not revision.recurring


def years_later(day: date, years: int) -> date:
    """Return the same day of another year; 29 February becomes 28."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
