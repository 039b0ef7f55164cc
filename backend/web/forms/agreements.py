"""The day on which somebody agreed by word of mouth, as an officer notes it."""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
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
    if hour is None and day == timezone.localdate():
        return timezone.now()
    return timezone.make_aware(datetime.combine(day, hour or time(12)))


class HourField(forms.TimeField):
    """An hour of the day, from the clock of the browser or as people type it: ``14 h 30``, ``14h``, ``14:30``."""

    widget = forms.TimeInput({"type": "time"}, format="%H:%M")
    default_error_messages: ClassVar = {"invalid": _("« %(value)s » n’est pas une heure. Écrivez-la comme 14 h 30.")}

    def to_python(self, value: Any) -> Any:
        typed = "".join(str(value or "").split()).lower().replace("h", ":")
        try:
            return super().to_python(f"{typed}00" if typed.endswith(":") else typed)
        except ValidationError as error:
            error.params = {"value": str(value)[:40]}  # Django does not say what was given
            raise
