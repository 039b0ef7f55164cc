"""How large the firm is."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.common.days import current_day
from backend.common.fields import FrenchNumber
from backend.schemes.vocabulary import INSEE_CATEGORIES
from backend.web.forms.answers import (
    BALANCE_BANDS,
    HEADCOUNT_BANDS,
    MONEY_BANDS,
    UNKNOWN,
    band,
    band_key,
    number_typed,
)
from backend.web.forms.fact_fields.base import FactFields, Facts


class HeadcountFields(FactFields):
    fields_of_fact = {"headcount": ("headcount", "headcount_band")}

    headcount = FrenchNumber(
        label=_("Combien de salariés ?"),
        required=False,
        min_value=0,
        max_value=1_000_000,
        decimal_places=2,
        help_text=_("De toute l’entreprise. Si vous ne l’avez pas, choisissez une tranche ci-dessous."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "invalid": _("Écrivez un nombre de salariés, comme 35, ou laissez vide."),
            "min_value": _("Un effectif ne peut pas être négatif."),
        },
    )
    headcount_band = forms.ChoiceField(label=_("Ou une tranche"), required=False, choices=[UNKNOWN, *HEADCOUNT_BANDS])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        exact, limits = cleaned.get("headcount"), band(cleaned.get("headcount_band", ""))
        if exact is not None and limits:
            low, high = limits
            if (low is not None and exact < low) or (high is not None and exact > high):
                self.add_error(
                    "headcount_band",
                    ValidationError(
                        _("Vous avez écrit %(exact)s salariés : hors de cette tranche. Gardez l’un des deux."),
                        params={"exact": f"{exact.normalize():f}".replace(".", ",")},
                    ),
                )
        return cleaned

    def facts(self) -> dict[str, Any]:
        exact = self.cleaned_data["headcount"]
        value = float(exact) if exact is not None else band(self.cleaned_data["headcount_band"])
        return {**super().facts(), "headcount": value}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        headcount = facts.get("headcount")
        return {
            **super().initial_of(facts),
            "headcount": number_typed(headcount),
            "headcount_band": band_key(headcount, HEADCOUNT_BANDS),
        }


class TurnoverFields(FactFields):
    fields_of_fact = {"turnover": ("turnover_band",)}

    turnover_band = forms.ChoiceField(
        label=_("Chiffre d’affaires de l’an dernier"), required=False, choices=[UNKNOWN, *MONEY_BANDS]
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "turnover": band(self.cleaned_data["turnover_band"])}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "turnover_band": band_key(facts.get("turnover"), MONEY_BANDS)}


class BalanceSheetFields(FactFields):
    fields_of_fact = {"balance_sheet": ("balance_sheet_band",)}

    balance_sheet_band = forms.ChoiceField(
        label=_("Total du bilan"),
        required=False,
        choices=[UNKNOWN, *BALANCE_BANDS],
        help_text=_("Utile seulement si le chiffre d’affaires dépasse 50 M€."),
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "balance_sheet": band(self.cleaned_data["balance_sheet_band"])}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        key = band_key(facts.get("balance_sheet"), BALANCE_BANDS)
        return {**super().initial_of(facts), "balance_sheet_band": key}


class InseeCategoryFields(FactFields):
    """A hint: the statistical office counts groups its own way, two years late (décret no 2008-1354)."""

    fields_of_fact = {"insee_category": ("insee_category", "insee_category_year")}

    insee_category = forms.ChoiceField(
        label=_("Catégorie de l’INSEE"),
        required=False,
        choices=[UNKNOWN, *((key, f"{key} – {label}") for key, label in INSEE_CATEGORIES.items())],
        help_text=_("Elle figure dans l’annuaire des entreprises. Un indice : elle ne décide d’aucun dispositif."),
    )
    insee_category_year = forms.IntegerField(
        label=_("Année de cette catégorie"),
        required=False,
        min_value=2008,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": _("Écrivez une année, comme 2023, ou laissez vide."),
            "min_value": _("Ces catégories existent depuis 2008."),
        },
    )

    def clean_insee_category_year(self) -> int | None:
        year: int | None = self.cleaned_data["insee_category_year"]
        if year and year > current_day().year:
            raise ValidationError(_("L’année %(year)s est dans l’avenir."), params={"year": year})
        return year

    def facts(self) -> dict[str, Any]:
        category, year = self.cleaned_data["insee_category"], self.cleaned_data["insee_category_year"]
        return {**super().facts(), "insee_category": {"category": category, "year": year} if category else None}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        known = facts.get("insee_category") or {}
        return {
            **super().initial_of(facts),
            "insee_category": known.get("category", ""),
            "insee_category_year": known.get("year"),
        }
