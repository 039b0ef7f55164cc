"""What the public catalogue can be narrowed to, from the address of the page."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.common.text import fold
from backend.schemes.models import Operator, Revision, TaxonomyNeed
from backend.territories.models import Perimeter
from backend.territories.services import find_communes, served_communes
from backend.web.forms.answers import commune_label

UNKNOWN_CHOICE = _("« %(value)s » n’est pas dans la liste : ce choix n’est pas pris en compte.")
ALL = ("", _("Tous"))


class CatalogueForm(forms.Form):
    """Every field is optional; one that cannot be read narrows nothing, and says so."""

    q = PlainText(
        label=_("Nom ou mots"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "class": "form-control"}),
    )
    besoin = forms.ChoiceField(label=_("Besoin"), required=False)
    forme = forms.ChoiceField(label=_("Forme"), required=False)
    niveau = forms.ChoiceField(label=_("Niveau"), required=False)
    lieu = PlainText(
        label=_("Commune ou intercommunalité"),
        required=False,
        max_length=80,
        help_text=_("Un nom, ou un code postal : ce que le lieu exclut disparaît."),
        widget=forms.TextInput({"class": "form-control", "list": "lieux", "autocomplete": "off"}),
    )
    porteur = forms.ChoiceField(label=_("Porteur"), required=False)
    ouvert = forms.BooleanField(
        label=_("Ouverts aujourd’hui seulement"),
        required=False,
        widget=forms.CheckboxInput({"class": "form-check-input"}),
    )

    CHOICES = ("besoin", "forme", "niveau", "porteur")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.place: Perimeter | None = None
        self.places: list[Perimeter] = []  # those that what was typed may mean, where there are several
        options_of: dict[str, list[tuple[str, Any]]] = {
            "besoin": list(TaxonomyNeed.objects.values_list("key", "label")),
            "forme": [(value, str(label).capitalize()) for value, label in Revision.Kind.choices],
            "niveau": [(value, str(label).capitalize()) for value, label in Revision.Level.choices],
            "porteur": [(name, name) for name in Operator.objects.values_list("name", flat=True)],
        }
        for name in self.CHOICES:
            field = self.fields[name]
            field.choices = [ALL, *options_of[name]]  # type: ignore[attr-defined]
            field.widget.attrs["class"] = "form-select"
            field.error_messages["invalid_choice"] = UNKNOWN_CHOICE
        self.communes = served_communes()
        self.epcis = Perimeter.objects.filter(served__isnull=False).select_related("served")

    def clean_lieu(self) -> str:
        typed: str = self.cleaned_data["lieu"].strip()
        found = _epcis(typed) or find_communes(typed) if typed else []
        if len(found) == 1:
            self.place = found[0]
        elif found:
            self.places = found
            raise forms.ValidationError(
                _("Plusieurs lieux répondent à « %(typed)s » : choisissez le vôtre."), params={"typed": typed}
            )
        elif typed:
            raise forms.ValidationError(
                _(
                    "« %(typed)s » n’est ni une commune actuelle ni une intercommunalité. Écrivez un nom « Compiègne »"
                    " ou un code postal « 60200 »."
                ),
                params={"typed": typed},
            )
        return typed

    def keep_counted(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Say beside each choice how many schemes it leaves, and leave out those that would leave none."""
        for name in self.CHOICES:
            field, chosen = self.fields[name], self.data.get(name)
            field.choices = [  # type: ignore[attr-defined]
                (value, f"{label} ({counts[name].get(value, 0)})" if value else label)
                for value, label in field.choices  # type: ignore[attr-defined]
                if not value or value == chosen or counts[name].get(value)
            ]

    def place_label(self, place: Perimeter) -> str:
        """Return what leads to a place when it is typed."""
        if place.kind == Perimeter.Kind.COMMUNE:
            return commune_label(place.official_code)
        return str(place)


def _epcis(typed: str) -> list[Perimeter]:
    """Return the intercommunalities that a name is the whole name of; those served also by the name in use."""
    wanted = " ".join(fold(typed).split())
    rows = Perimeter.objects.filter(kind=Perimeter.Kind.EPCI).select_related("served")
    named = rows.filter(Q(search_name=wanted) | Q(code=typed.upper()))
    used = [
        epci
        for epci in rows.filter(served__isnull=False)
        if wanted in (fold(epci.served.usual_name), fold(epci.served.short_name))
    ]
    return list({epci.pk: epci for epci in [*named, *used]}.values())
