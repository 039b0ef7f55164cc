"""What the project is."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backend.common.fields import Euros
from backend.matchmaking.models import Submission
from backend.schemes.vocabulary import SPEND_KINDS, TENURES
from backend.web.forms.answers import TRILEAN, UNKNOWN, number_typed, trilean, trilean_key
from backend.web.forms.fact_fields.base import FactFields, Facts


class HorizonFields(FactFields):
    fields_of_fact = {"project.horizon": ("horizon",)}

    horizon = forms.ChoiceField(
        label=_("Pour quand ?"),
        required=False,
        choices=[*Submission.Horizon.choices, UNKNOWN],
        widget=forms.RadioSelect,
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "project.horizon": self.cleaned_data["horizon"] or None}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "horizon": facts.get("project.horizon", "")}


class StartedFields(FactFields):
    fields_of_fact = {"project.started": ("started",)}

    started = forms.ChoiceField(
        label=_("Avez-vous déjà signé quelque chose pour ce projet (devis, bon de commande) ?"),
        required=False,
        choices=TRILEAN,
        widget=forms.RadioSelect,
        help_text=_("Beaucoup d’aides se perdent à la première signature : si rien n’est signé, attendez."),
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "project.started": trilean(self.cleaned_data["started"])}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "started": trilean_key(facts.get("project.started"))}


class SpendFields(FactFields):
    fields_of_fact = {"project.spend": ("spend",)}

    spend = Euros(
        label=_("Coût du projet, hors taxes (€)"),
        required=False,
        min_value=0,
        max_value=10_000_000_000,
        decimal_places=2,
        help_text=_("Un ordre de grandeur suffit. Laissez vide si vous ne savez pas."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "invalid": _("Écrivez un montant en euros, comme 180000, 180 k€ ou 1,5 M€, ou laissez vide."),
            "min_value": _("Un coût ne peut pas être négatif."),
        },
    )

    def facts(self) -> dict[str, Any]:
        spend = self.cleaned_data["spend"]
        return {**super().facts(), "project.spend": float(spend) if spend is not None else None}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "spend": number_typed(facts.get("project.spend"))}


class TenureFields(FactFields):
    fields_of_fact = {"project.tenure": ("tenure",)}

    tenure = forms.ChoiceField(
        label=_("Vos locaux"),
        required=False,
        choices=[*((tenure, capfirst(name)) for tenure, name in TENURES.items()), UNKNOWN],
        widget=forms.RadioSelect,
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "project.tenure": self.cleaned_data["tenure"] or None}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "tenure": facts.get("project.tenure", "")}


class SpendKindFields(FactFields):
    fields_of_fact = {"project.spend_kinds": ("spend_kinds",)}

    spend_kinds = forms.MultipleChoiceField(
        label=_("Que comprend le projet ?"),
        required=False,
        choices=[(kind, capfirst(name)) for kind, name in SPEND_KINDS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Cochez tout ce qu’il faudra payer. Si vous ne savez pas encore, ne cochez rien."),
    )

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "project.spend_kinds": self.cleaned_data["spend_kinds"] or None}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "spend_kinds": facts.get("project.spend_kinds") or []}
