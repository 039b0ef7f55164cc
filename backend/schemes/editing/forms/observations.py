"""What an editor read of the window of a scheme, on one page."""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.schemes.catalogue.fields import day_field
from backend.schemes.models import Tier, WindowObservation

OLDEST = date(2015, 1, 1)  # what a page said before is no help to anybody


class ObservationForm(forms.Form):
    """One page: where, of which day, and what it says."""

    url = forms.URLField(label=_("Adresse de la page"), max_length=500, assume_scheme="https")
    site = PlainText(
        label=_("Site"), max_length=120, help_text=_("Comme les entreprises le liront, par exemple : Bpifrance.")
    )
    tier = forms.ChoiceField(label=_("Qui parle"), choices=Tier, widget=forms.RadioSelect, initial="operator")
    day = day_field(
        "Jour que porte la page",
        help_text=_("Pas celui où vous la lisez. Laissez vide si elle n’en porte pas : elle sera gardée, sans effet."),
    )
    says = forms.ChoiceField(label=_("Ce qu’elle dit"), choices=WindowObservation.Says, widget=forms.RadioSelect)
    opens_on = day_field("Ouvre le", help_text=_("Seulement pour « ouvert entre deux dates »."))
    closes_on = day_field("Ferme le", help_text=_("Dernier jour compris."))
    note = PlainText(label=_("Dans vos mots"), required=False, max_length=300)

    def __init__(self, data: object = None, *, on: date) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.on = on

    def clean_day(self) -> date | None:
        day: date | None = self.cleaned_data["day"]
        if day and not OLDEST <= day <= self.on:
            raise forms.ValidationError(
                f"Le {day:%d/%m/%Y} ne convient pas : attendu, un jour du {OLDEST:%d/%m/%Y} à aujourd’hui."
            )
        return day

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        says, opens, closes = (cleaned.get(name) for name in ("says", "opens_on", "closes_on"))
        if says == WindowObservation.Says.DATED and not closes and "closes_on" in cleaned:
            self.add_error("closes_on", "« Ouvert entre deux dates » demande le dernier jour.")
        if says != WindowObservation.Says.DATED and (opens or closes):
            self.add_error("says", "Des dates ne vont qu’avec « ouvert entre deux dates ».")
        if opens and closes and opens > closes:
            self.add_error("closes_on", "La fermeture est avant l’ouverture.")
        return cleaned
