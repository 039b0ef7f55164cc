"""Where the firm and its project are."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.territories.models import Perimeter
from backend.territories.services import find_communes, served_communes
from backend.web.forms.answers import ELSEWHERE, UNKNOWN, commune_label
from backend.web.forms.fact_fields.base import FactFields, Facts


class CommuneSearch(FactFields):
    """Fields that ask for a commune by name, postcode or INSEE code, and offer the homonyms when there are some."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices_of: dict[str, list[tuple[Perimeter, bool]]] = {}  # each with whether it is chosen
        self.suggestions = served_communes()
        for name in ("commune", "project_commune"):
            if name in self.fields:
                self.fields[name].widget.attrs["list"] = "communes"

    def find_commune(self, name: str, *, required: bool = False) -> str | None:
        """Return the INSEE code for what was typed in a field, or add an error that says what is accepted."""
        typed = (self.cleaned_data.get(name) or "").strip()
        chosen = self.data.get(self.add_prefix(f"{name}_choice"), "")
        if not typed:
            if required:
                self.add_error(name, _("Dites dans quelle commune, ou choisissez « Je ne sais pas » à la place."))
            return None
        found = find_communes(typed)
        codes = [commune.official_code for commune in found]
        if len(found) == 1:
            return codes[0]
        if found:
            self.choices_of[name] = [(commune, commune.official_code == chosen) for commune in found]
            if chosen in codes:
                return str(chosen)
            words = _("Plusieurs communes répondent à « %(typed)s » : choisissez la vôtre.")
            self.ask(name, words % {"typed": typed})
            return None
        self.add_error(
            name,
            ValidationError(
                _(
                    "« %(typed)s » ne correspond à aucune commune actuelle. Écrivez son nom (« Compiègne »), son code"
                    " postal (« 60200 ») ou son code Insee (« 60159 »)."
                ),
                params={"typed": typed[:60]},
            ),
        )
        return None


class CommuneFields(CommuneSearch):
    fields_of_fact = {"commune": ("commune",)}

    commune = forms.CharField(
        label=_("Commune du site concerné"),
        required=False,
        max_length=80,
        help_text=_("Nom ou code postal. Laissez vide si vous ne savez pas encore."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commune_code: str | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.commune_code = self.find_commune("commune")
        return cleaned

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "commune": self.commune_code}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "commune": commune_label(facts.get("commune"))}


class ProjectPlaceFields(CommuneSearch):
    fields_of_fact = {"project.commune": ("project_place", "project_commune")}

    project_place = forms.ChoiceField(
        label=_("Où se fera le projet ?"),
        required=False,
        choices=[("same", _("Sur le site indiqué")), (ELSEWHERE, _("Dans une autre commune")), UNKNOWN],
        widget=forms.RadioSelect,
    )
    project_commune = forms.CharField(
        label=_("Si c’est une autre commune, laquelle ?"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project_code: str | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("project_place") == ELSEWHERE:
            self.project_code = self.find_commune("project_commune", required=True)
        return cleaned

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "project.commune": self.project_code}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        elsewhere = facts.get("project.commune")
        return {
            **super().initial_of(facts),
            "project_place": ELSEWHERE if elsewhere else "",
            "project_commune": commune_label(elsewhere),
        }
