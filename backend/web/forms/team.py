"""What is said of a team: who is away, who stands in, to whom files go."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from backend.accounts.absences import team_of
from backend.accounts.models import Membership, User

DATE = forms.DateInput(attrs={"type": "date"})
NOT_A_DAY = _("« %(value)s » n’est pas une date. Écrivez-la comme 24/12/2026.")


class PersonField(forms.ModelChoiceField[User]):
    """Somebody of a list."""

    def __init__(self, *, label: Any, required: bool = True, empty_label: Any = None) -> None:
        super().__init__(User.objects.none(), label=label, required=required, empty_label=empty_label)
        self.error_messages["required"] = _("Choisissez une personne dans la liste.")
        self.error_messages["invalid_choice"] = _("Cette personne n’est pas dans la liste : choisissez-en une autre.")

    def label_from_instance(self, obj: Any) -> str:
        return str(obj) if obj.is_active else _("%(name)s (compte fermé)") % {"name": obj}


def _colleagues(user: User) -> QuerySet[User]:
    """Return the officers that somebody works with: of the same intercommunalities, or of all."""
    reviewing = Membership.objects.reviewing()
    if not user.memberships.whole_territory().exists():
        reviewing = reviewing.filter(organisation__epci__in=user.epcis())
    return User.objects.filter(memberships__in=reviewing).distinct().order_by("last_name", "first_name")


class StandInForm(forms.Form):
    """Who is told when a file of somebody waits too long."""

    user = PersonField(label=_("Pour les dossiers de"))
    stand_in = PersonField(label=_("Suppléant"), required=False, empty_label=_("Personne"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = team_of(by).order_by("last_name", "first_name")  # type: ignore[attr-defined]
        self.fields["stand_in"].queryset = _colleagues(by)  # type: ignore[attr-defined]


class AbsenceForm(StandInForm):
    """Days on which somebody is told of nothing."""

    starts_on = forms.DateField(
        label=_("Premier jour"),
        widget=DATE,
        error_messages={"required": _("Dites le premier jour de l’absence."), "invalid": NOT_A_DAY},
    )
    ends_on = forms.DateField(
        label=_("Dernier jour"),
        widget=DATE,
        error_messages={"required": _("Dites le dernier jour de l’absence."), "invalid": NOT_A_DAY},
    )
    field_order = ("user", "starts_on", "ends_on", "stand_in")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].label = _("Qui est absent")
        self.fields["stand_in"].label = _("Qui est prévenu à sa place")
        self.fields["stand_in"].empty_label = _("Son suppléant habituel")  # type: ignore[attr-defined]


class AssignForm(forms.Form):
    """To whom all the files of somebody go at once."""

    holder = PersonField(label=_("Les dossiers de"))
    to = PersonField(label=_("Confiés à"))

    def __init__(self, *args: Any, by: User, holders: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holder"].queryset = holders  # type: ignore[attr-defined]
        self.fields["to"].queryset = _colleagues(by)  # type: ignore[attr-defined]
