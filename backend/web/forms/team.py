"""What is said of a team: who is away, who stands in, to whom files go."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from backend.accounts.absences import colleagues_of, team_of
from backend.accounts.models import Absence, Organisation, User
from backend.common import generic_classes  # noqa: F401 -- classes take their type
from backend.common.days import current_day
from backend.common.fields import DayField


class PersonField(forms.ModelChoiceField[User]):
    """Somebody of a list."""

    def __init__(self, *, label: Any, required: bool = True, help_text: Any = "") -> None:
        empty = _("Choisir une personne") if required else _("Personne")
        super().__init__(User.objects.none(), label=label, required=required, empty_label=empty, help_text=help_text)
        self.error_messages["required"] = _("Choisissez une personne dans la liste.")
        self.error_messages["invalid_choice"] = _("Cette personne n’est pas dans la liste : choisissez-en une autre.")

    def label_from_instance(self, obj: Any) -> str:
        name = str(obj) if obj.is_active else _("%(name)s (compte fermé)") % {"name": obj}
        if away := getattr(obj, "away", None):  # of those who may stand in
            days = ", ".join(f"du {each.starts_on:%d/%m/%Y} au {each.ends_on:%d/%m/%Y}" for each in away)
            return _("%(name)s – absent %(days)s") % {"name": name, "days": days}
        n_held = getattr(obj, "n_held", None)  # of those whose files are given away
        return f"{name} – {ngettext('%(n)s dossier', '%(n)s dossiers', n_held) % {'n': n_held}}" if n_held else name


class StandInForm(forms.Form):
    """Who is told when a file of somebody waits too long."""

    user = PersonField(label=_("Pour les dossiers de"))
    stand_in = PersonField(label=_("Suppléant"), required=False)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = team_of(by).order_by("last_name", "first_name")
        self.fields["user"].queryset = people  # type: ignore[attr-defined]
        colleagues = colleagues_of(by).order_by("last_name", "first_name")
        if people.count() == 1:  # who speaks for oneself alone is not one's own stand-in
            colleagues = colleagues.exclude(pk=by.pk)
        away = Prefetch("absences", Absence.objects.from_day(current_day()), to_attr="away")
        self.fields["stand_in"].queryset = colleagues.prefetch_related(away)  # type: ignore[attr-defined]


class AbsenceForm(StandInForm):
    """Days of leave, on which no reminder is sent."""

    starts_on = DayField(
        label=_("Premier jour"), error_messages={"required": _("Dites le premier jour de l’absence.")}
    )
    ends_on = DayField(label=_("Dernier jour"), error_messages={"required": _("Dites le dernier jour de l’absence.")})

    def clean_ends_on(self) -> date:
        ends_on: date = self.cleaned_data["ends_on"]
        if ends_on < current_day():
            raise ValidationError(
                _("Le %(day)s est passé : choisissez un dernier jour à venir."), params={"day": f"{ends_on:%d/%m/%Y}"}
            )
        return ends_on

    field_order = ("user", "starts_on", "ends_on", "stand_in")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].label = _("Qui est absent")
        self.fields["stand_in"].label = _("Qui est prévenu à sa place")
        self.fields["stand_in"].empty_label = _("Son suppléant habituel")  # type: ignore[attr-defined]


class DelayForm(forms.Form):
    """In how many working days firms are promised an answer."""

    organisation = forms.ModelChoiceField(queryset=Organisation.objects.none(), label=_("Pour"), empty_label=None)
    days = forms.IntegerField(
        label=_("Jours ouvrés, au plus"),
        required=False,
        min_value=1,
        max_value=45,
        help_text=_("Laissez vide pour n’en montrer aucun."),
        error_messages={
            "invalid": _("Écrivez un nombre de jours entier, de 1 à 45, ou rien."),
            "min_value": _("« %(show_value)s » : au moins un jour ouvré."),
            "max_value": _("« %(show_value)s » : 45 jours ouvrés au plus."),
        },
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        led = Organisation.objects.filter(epci__in=by.led_epcis()).order_by("name")
        self.fields["organisation"].queryset = led  # type: ignore[attr-defined]
        if first := led.first():
            self.initial = {"organisation": first.pk, "days": first.promised_days, **self.initial}


class AssignForm(forms.Form):
    """To whom all the files of somebody go at once."""

    holder = PersonField(label=_("Les dossiers de"))
    to = PersonField(label=_("Confiés à"))

    def __init__(self, *args: Any, by: User, holders: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holder"].queryset = holders  # type: ignore[attr-defined]
        self.fields["to"].queryset = colleagues_of(by).order_by("last_name", "first_name")  # type: ignore[attr-defined]
