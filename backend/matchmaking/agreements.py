"""The day on which somebody agreed elsewhere than on the site, as who noted it says."""

from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.common.days import current_day

MOST_AGO = timedelta(days=30)  # of an agreement that is noted now


def check_agreed_on(given: date) -> date:
    """Return the day of an agreement; raise ``ValidationError`` for one to come, or too long ago."""
    on = current_day()
    if not on - MOST_AGO <= given <= on:
        raise ValidationError(
            _("Le %(day)s est à venir : dites un jour passé.")
            if given > on
            else _("Le %(day)s date de plus de trente jours : demandez de nouveau son accord."),
            params={"day": f"{given:%d/%m/%Y}"},
        )
    return given


def moment_of(day: date, hour: time | None = None) -> datetime:
    """Return when an agreement was given: at its hour, else now where it was today, else at noon of its day."""
    if hour is None and day >= timezone.localdate():  # after it where the day of a demonstration is to come
        return timezone.now()
    return timezone.make_aware(datetime.combine(day, hour or time(12)))
