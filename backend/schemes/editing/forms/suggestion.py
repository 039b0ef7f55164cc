"""What becomes of a scheme that somebody proposed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.schemes.models import Scheme


class SuggestionAnswerForm(forms.Form):
    """One of both is enough: the sheet that there is now, or why there is none."""

    scheme = forms.ModelChoiceField(
        queryset=Scheme.objects.shown().published().select_related("current").order_by("current__name"),
        required=False,
        label=_("Sa fiche, si elle est publiée"),
        empty_label=_("aucune"),
    )
    answer = PlainText(
        label=_("Réponse"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Sans fiche, dites pourquoi. Un agent qui l’a proposé la lit sur sa page ; le public, non."),
    )
