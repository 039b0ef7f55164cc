"""A scheme that somebody misses in the catalogue."""

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.schemes.models import Suggestion
from backend.web.forms.visitor import VisitorForm


class SuggestionForm(VisitorForm):
    """Its name is enough; ``seen`` names the sheets that were shown as much like it, each once."""

    name = PlainText(
        label=_("Nom du dispositif"),
        max_length=Suggestion._meta.get_field("name").max_length,
        help_text=_("Par exemple : chèque apprentissage, prêt d’une chambre de métiers, atelier d’un club."),
        error_messages={"required": _("Écrivez le nom du dispositif, ou quelques mots qui le désignent.")},
    )
    url = forms.URLField(
        label=_("Adresse de la page qui le présente (facultatif)"),
        required=False,
        max_length=Suggestion._meta.get_field("url").max_length,
        assume_scheme="https",
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off"}),
        error_messages={
            "invalid": _(
                "Cette adresse n’est pas complète. Elle ressemble à https://www.region.fr/aide, ou laissez vide."
            )
        },
    )
    text = PlainText(
        label=_("Ce qu’il apporte, et à qui (facultatif)"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Ce que vous en savez suffit. N’écrivez rien de personnel."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
