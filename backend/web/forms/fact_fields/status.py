"""Whether the firm is this or that: each answer is yes, no or unknown."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.web.forms.answers import TRILEAN, trilean, trilean_key
from backend.web.forms.fact_fields.base import FactFields, Facts


def yes_no(label: Any, help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, help_text=help_text, required=False, choices=TRILEAN, widget=forms.RadioSelect
    )


class CraftFields(FactFields):
    fields_of_fact = {"craft_register": ("craft_register",)}

    craft_register = yes_no(
        _("L’entreprise est-elle artisanale ?"),
        _("C’est-à-dire immatriculée au secteur des métiers et de l’artisanat, auprès de la chambre de métiers."),
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "craft_register": trilean(self.cleaned_data["craft_register"])}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "craft_register": trilean_key(facts.get("craft_register"))}


class PublicBodyFields(FactFields):
    fields_of_fact = {"public_body": ("public_body",)}

    public_body = yes_no(
        _("L’entreprise est-elle un organisme public ?"),
        _("Une collectivité, un établissement public, une régie ; pas une société où l’État a des parts."),
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "public_body": trilean(self.cleaned_data["public_body"])}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "public_body": trilean_key(facts.get("public_body"))}


class DifficultyFields(FactFields):
    fields_of_fact = {"in_difficulty": ("in_difficulty",)}

    in_difficulty = yes_no(
        _("L’entreprise est-elle en difficulté, au sens européen ?"),
        _(
            "Par exemple : plus de la moitié du capital perdue, procédure collective (ou conditions pour l’ouvrir),"
            " aide au sauvetage pas encore remboursée. Un mauvais mois n’en est pas une."
        ),
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "in_difficulty": trilean(self.cleaned_data["in_difficulty"])}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "in_difficulty": trilean_key(facts.get("in_difficulty"))}


class TaxesFields(FactFields):
    fields_of_fact = {"taxes_up_to_date": ("taxes_up_to_date",)}

    taxes_up_to_date = yes_no(_("L’entreprise est-elle à jour de ses impôts et de ses cotisations sociales ?"))

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "taxes_up_to_date": trilean(self.cleaned_data["taxes_up_to_date"])}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "taxes_up_to_date": trilean_key(facts.get("taxes_up_to_date"))}
