"""What the firm is: its activity, its form, its age."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.common.days import current_day
from backend.common.fields import DayField
from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.schemes.models import is_activity
from backend.schemes.typography import day as day_in_words
from backend.territories.models import Nomenclature
from backend.territories.services import activities
from backend.territories.trades import find_activities, sure_activity
from backend.web.forms.answers import LEGAL_FORMS, UNKNOWN, activity_choices, legal_form_key
from backend.web.forms.fact_fields.base import FactFields, Facts

MOST_ACTIVITIES = 8  # a list that is read on a phone
NONE_OF_THESE = "none"


class ActivityFields(FactFields):
    fields_of_fact = {"naf": ("naf", "division")}

    division = forms.ChoiceField(label=_("Votre activité"), required=False)
    naf = forms.CharField(
        label=_("Votre métier en un mot, ou votre code APE (NAF)"),
        required=False,
        max_length=80,
        help_text=_("Exemples : menuiserie, chaudronnerie, 25.62B."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["division"].choices = [UNKNOWN, *activity_choices()]  # type: ignore[attr-defined]
        self.activities: list[tuple[Nomenclature, bool]] = []  # that words may mean, each with whether it is chosen
        self.is_none_of_these = False
        self.new_code = ""  # of the NAF 2025, typed where the old one is asked

    def clean_naf(self) -> str:
        typed: str = self.cleaned_data["naf"].strip()
        if not typed:
            return ""
        if not any(map(str.isdigit, typed)):
            return self._find_activity(typed)
        plain = typed.replace(".", "").replace(" ", "").upper()
        code = plain if len(plain) < 3 else f"{plain[:2]}.{plain[2:]}"
        if code not in activities():
            if "naf_2025" in self.fields and engine.catalogue().correspondence.of(code, "naf_2025"):
                self.new_code = code  # what INSEE writes to firms from 2027 on: no reason to send them back
                return ""
            raise ValidationError(
                _("« %(typed)s » n’est pas un code de la NAF : quatre chiffres et une lettre, comme 25.62B."),
                params={"typed": typed[:10]},
            )
        return code

    def _find_activity(self, typed: str) -> str:
        """Return the code of the one trade that some words name, or that was chosen of what they may mean."""
        if sure := sure_activity(typed):
            return sure
        found, chosen = find_activities(typed), self.data.get(self.add_prefix("naf_choice"), "")
        shown = found[:MOST_ACTIVITIES]
        self.activities = [(activity, activity.code == chosen) for activity in shown]
        self.is_none_of_these = bool(shown) and chosen == NONE_OF_THESE
        if self.is_none_of_these:
            return ""
        if chosen in [activity.code for activity in shown]:
            return str(chosen)
        if not found:
            raise ValidationError(
                _(
                    "Aucune activité ne répond à « %(typed)s ». "
                    "Écrivez un autre mot, ou choisissez dans la liste au-dessus."
                ),
                params={"typed": typed[:60]},
            )
        self.ask("naf", self._which(typed[:60], len(found)))
        return ""

    @staticmethod
    def _which(typed: str, n_found: int) -> str:
        """Return the sentence that asks which activity it is, by how many were found."""
        if n_found == 1:
            said = _("Une activité répond à « %(typed)s » : dites si c’est la vôtre.")
        elif n_found > MOST_ACTIVITIES:
            said = _(
                "%(found)s activités répondent à « %(typed)s », dont voici les %(n)s plus proches : "
                "choisissez la vôtre, ou écrivez un mot plus précis."
            )
        else:
            said = _("Plusieurs activités répondent à « %(typed)s » : choisissez la vôtre.")
        return str(said) % {"typed": typed, "found": n_found, "n": MOST_ACTIVITIES}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        naf, division = cleaned.get("naf", ""), cleaned.get("division", "")
        if naf and division and not engine.is_same_activity(naf, division):
            self.add_error(
                "naf",
                ValidationError(
                    _("Le code %(naf)s n’est pas dans l’activité choisie (%(division)s). Gardez l’un des deux."),
                    params={"naf": naf, "division": division},
                ),
            )
        return cleaned

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "naf": self.cleaned_data["naf"] or self.cleaned_data["division"] or None}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        naf = facts.get("naf", "")
        listed = {code for _group, choices in activity_choices() for code, _name in choices}
        return {
            **super().initial_of(facts),
            "division": naf if naf in listed else naf[:2] if naf[:2] in listed else "",
            "naf": "" if naf in listed else naf,
        }


class Activity2025Fields(FactFields):
    fields_of_fact = {"naf_2025": ("naf_2025", "naf")}

    naf_2025 = forms.CharField(
        label=_("Code APE dans la NAF 2025"),
        required=False,
        max_length=10,
        help_text=_("Celui que l’Insee donne à partir du 1er janvier 2027. Exemple : 25.53Y."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_naf_2025(self) -> str:
        typed: str = self.cleaned_data["naf_2025"].strip() or getattr(self, "new_code", "")
        if typed and not is_activity(typed, "naf_2025"):
            raise ValidationError(
                _("« %(typed)s » n’est pas un code de la NAF 2025 : quatre chiffres et une lettre, comme 25.62Y."),
                params={"typed": typed},
            )
        return typed.upper()

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "naf_2025": self.cleaned_data["naf_2025"] or None}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "naf_2025": facts.get("naf_2025", "")}


class LegalFormFields(FactFields):
    fields_of_fact = {"legal_category": ("legal_form",), "micro_entrepreneur": ("legal_form",)}

    legal_form = forms.ChoiceField(
        label=_("Forme juridique"),
        required=False,
        choices=[UNKNOWN, *((key, label) for key, (label, _facts) in LEGAL_FORMS.items())],
    )

    def facts(self) -> dict[str, Any]:
        chosen = self.cleaned_data["legal_form"]
        form: dict[str, Any] = LEGAL_FORMS[chosen][1] if chosen else {}
        return {
            **super().facts(),
            "legal_category": form.get("legal_category"),
            "micro_entrepreneur": form.get("micro_entrepreneur"),
        }

    def origins(self) -> dict[str, str]:
        """A company cannot be a micro-entrepreneur: that one was not asked."""
        declared = self.cleaned_data["legal_form"].startswith("10")
        return super().origins() | ({} if declared else {"micro_entrepreneur": Fact.Origin.DEDUCED})

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "legal_form": legal_form_key(facts)}


class CreationFields(FactFields):
    fields_of_fact = {"created_on": ("created_on",)}

    created_on = DayField(
        label=_("Date de création"),
        required=False,
        help_text=_("Même approximative. Laissez vide si vous ne savez pas."),
        error_messages={"invalid": _("Cette date n’existe pas. Écrivez-la comme 31/12/2015.")},
    )

    def clean_created_on(self) -> date | None:
        created: date | None = self.cleaned_data["created_on"]
        today = current_day()
        if created and created > today:
            raise ValidationError(
                _("Le %(given)s est dans l’avenir. Donnez la date de création, ou laissez vide avant la création."),
                params={"given": day_in_words(created)},
            )
        if created and created.year < 1800:
            raise ValidationError(_("L’année %(year)s est sans doute une erreur."), params={"year": created.year})
        return created

    def facts(self) -> dict[str, Any]:
        created = self.cleaned_data["created_on"]
        return {**super().facts(), "created_on": created.isoformat() if created else None}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "created_on": facts.get("created_on")}
