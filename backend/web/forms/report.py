"""What a visitor says is wrong in a sheet."""

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import MailField, PlainText
from backend.schemes.models import CatalogueTask
from backend.web.forms.visitor import VisitorForm


class ReportForm(VisitorForm):
    """Short: what is wrong, and where to answer if one wishes."""

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
