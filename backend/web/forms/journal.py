"""What someone who leads looks for in the audit log."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.common.fields import DayField, PlainText
from backend.journal.models import AuditEventQuerySet, Kind

ABOUT_FILES = [
    kind
    for kind in Kind
    if kind.value.startswith(("file", "guest", "review", "hand_over")) or kind in (Kind.EXPORT, Kind.ERASURE)
]
REFERENCE = re.compile(r"(?:(?:D-)?\d{4}-)?0*(\d{1,18})", re.IGNORECASE)


class JournalForm(forms.Form):
    """By person, file, kind and day; each may be left empty."""

    agent = forms.ModelChoiceField(
        label=_("Qui"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Tout le monde"),
        error_messages={"invalid_choice": _("Personne de la liste n’a été choisi : choisissez dans la liste.")},
    )
    dossier = PlainText(label=_("Numéro du dossier"), required=False, max_length=30)
    nature = forms.ChoiceField(
        label=_("Nature"),
        required=False,
        choices=[("", _("Toutes")), *[(kind.value, kind.label) for kind in ABOUT_FILES]],
        error_messages={"invalid_choice": _("« %(value)s » n’est pas dans la liste : choisissez une nature.")},
    )
    jour = DayField(
        label=_("Jour"),
        required=False,
        error_messages={"invalid": _("Ce n’est pas un jour. Écrivez-le comme 24/11/2026.")},
    )

    def __init__(self, *args: Any, events: AuditEventQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._events = events
        people = User.objects.filter(pk__in=events.order_by().values("actor"))
        self.fields["agent"].queryset = people.order_by("last_name", "first_name")  # type: ignore[attr-defined]

    def clean_dossier(self) -> int | None:
        typed = self.cleaned_data["dossier"].strip()
        if not typed:
            return None
        found = REFERENCE.fullmatch(typed)
        if not found:
            raise ValidationError(
                _("« %(typed)s » n’est pas un numéro de dossier. Écrivez-le comme D-2026-00012, ou 12."),
                params={"typed": typed},
            )
        return int(found[1])

    def found(self) -> AuditEventQuerySet:
        """Return the events that are looked for: none where something typed cannot be read."""
        if not self.is_valid():
            return self._events.none()
        asked = {
            "actor": self.cleaned_data["agent"],
            "submission_id": self.cleaned_data["dossier"],
            "kind": self.cleaned_data["nature"],
            "at__date": self.cleaned_data["jour"],
        }
        return self._events.filter(**{name: value for name, value in asked.items() if value})
