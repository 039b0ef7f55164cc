"""What is said of a sheet by who looks after it, and who that is."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.common.fields import MailField, PlainText
from backend.schemes.editing.caretaking import LocalSheet, may_be_named


class AnswerForm(forms.Form):
    """One of three buttons, and what changed."""

    says = forms.CharField(max_length=10, required=False)
    words = PlainText(required=False, max_length=1000)


class CaretakerForm(forms.Form):
    """An account, or an address without one."""

    user = forms.ModelChoiceField(
        label=_("Une personne qui a un compte"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Personne"),
    )
    email = MailField(
        label=_("Ou l’adresse de quelqu’un qui n’en a pas"),
        required=False,
        help_text=_("Elle reçoit un lien quatre fois par an, et peut l’arrêter d’un clic."),
    )

    def __init__(self, *args: Any, sheet: LocalSheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = sheet.named
        self.initial = {"user": named.user, "email": named.owner.email if named.owner else ""} if named else {}
        self.auto_id = f"suivi_{sheet.scheme.pk}_%s"
        self.fields["user"].queryset = may_be_named(sheet.organisation)  # type: ignore[attr-defined]
