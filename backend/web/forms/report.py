"""What a visitor says is wrong in a sheet."""

import time
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.utils.translation import gettext_lazy as _

from backend.common.fields import MailField, PlainText
from backend.schemes.models import CatalogueTask

SALT = "web.report"
MAX_AGE_SECONDS = 24 * 3600


class ReportForm(forms.Form):
    """Short: what is wrong, and where to answer if one wishes. ``opened`` says when the page was opened."""

    text = PlainText(
        label=_("Qu’est-ce qui est inexact ?"),
        max_length=2000,
        widget=forms.Textarea({"rows": 5}),
        help_text=_(
            "Dites ce que vous savez et où vous l’avez lu, si possible avec un lien. N’écrivez rien de personnel."
        ),
        error_messages={"required": _("Écrivez en une phrase ce qui est inexact.")},
    )
    email = MailField(
        label=_("Votre adresse électronique, pour recevoir la réponse (facultatif)"),
        required=False,
        max_length=CatalogueTask._meta.get_field("reporter_email").max_length,
        widget=forms.EmailInput({"autocomplete": "email"}),
        help_text=_("Elle ne sert qu’à cela ; elle est effacée sept jours après la réponse."),
    )
    opened = forms.CharField(widget=forms.HiddenInput, required=False)

    def asked_again(self) -> bool:
        """Whether the page had no trap: it had already been sent once."""
        return self._opened().get("again") is True

    def came_too_fast(self) -> bool:
        """Whether nobody types so fast; a page whose time cannot be read has just been opened."""
        return time.time() - float(self._opened().get("at", time.time())) < settings.REPORT_SECONDS

    def _opened(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = signing.loads(self.data.get("opened", ""), salt=SALT, max_age=MAX_AGE_SECONDS)
        except signing.BadSignature:
            return {}
        return found


def opened_now(*, again: bool = False) -> str:
    """Return what says, signed, that a page is opened now."""
    return signing.dumps({"at": time.time(), "again": again}, salt=SALT)
