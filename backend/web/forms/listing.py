"""What narrows the list of a firm's schemes, in the address of the page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.matchmaking.listing import Scope
from backend.matchmaking.standing import Standing

LONGEST = 100


class ListingForm(forms.Form):
    """What cannot be read is told beside the field, and narrows nothing."""

    q = forms.CharField(
        label=_("Nom du dispositif"),
        max_length=LONGEST,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control", "type": "search"}),
    )
    voir = forms.ChoiceField(
        label=_("Voir"),
        choices=Scope.choices,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    statut = forms.ChoiceField(
        label=_("Où vous en êtes"),
        choices=[("", _("Tous")), *Standing.choices],
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    @property
    def narrowed(self) -> dict[str, Any]:
        """Return the words, the scope and the word that a list is narrowed to."""
        self.is_valid()
        given = self.cleaned_data
        return {
            "words": given.get("q", ""),
            "scope": Scope(given.get("voir") or Scope.NEED),
            "word": given.get("statut", ""),
        }
