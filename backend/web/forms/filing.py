"""The firm's form, step by step: shapes and contradictions are checked here, rules of schemes never.

Each form turns what was typed into facts under the names that the engine's door reads; what was left out, or answered
"je ne sais pas", is absent: unknown, never a guess.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

import phonenumbers
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from backend.common.days import current_day
from backend.common.fields import FrenchNumber, PlainText
from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.models import Submission
from backend.schemes.models import TaxonomyNeed
from backend.schemes.wording import day as day_in_words
from backend.territories.models import Nomenclature, Perimeter
from backend.territories.services import find_communes, served_communes
from backend.web.forms.answers import (
    BALANCE_BANDS,
    ELSEWHERE,
    HEADCOUNT_BANDS,
    LEGAL_FORMS,
    MONEY_BANDS,
    TRILEAN,
    UNKNOWN,
    activity_choices,
    band,
    band_key,
    commune_label,
    legal_form_key,
    number_typed,
    trilean,
)

TEXT_LIMIT = 5000


class StepForm(forms.Form):
    """A step. ``facts()`` and ``initial_for()`` are each other's contrary."""

    title: Any = ""
    fields_of_fact: ClassVar[dict[str, tuple[str, ...]]] = {}

    def facts(self) -> dict[str, Any]:
        return {}

    def changed_facts(self) -> dict[str, Any]:
        """Return the facts whose fields were changed: what a page cannot show exactly is not lost by saving it."""
        changed = set(self.changed_data)
        return {
            name: value for name, value in self.facts().items() if not changed.isdisjoint(self.fields_of_fact[name])
        }

    def origins(self) -> dict[str, str]:
        """Return the facts that were not said but follow from what was."""
        return {}

    @classmethod
    def initial_for(cls, submission: Submission) -> dict[str, Any]:
        return {}


class NeedForm(StepForm):
    title = _("Votre besoin")
    fields_of_fact = {"project.horizon": ("horizon",)}

    needs = forms.MultipleChoiceField(label=_("Vos besoins"), required=False, widget=forms.CheckboxSelectMultiple)
    text = PlainText(
        label=_("De quoi avez-vous besoin ? Avec vos mots"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Par exemple : « Je ne trouve pas de soudeurs et je refuse des commandes. »"),
    )
    horizon = forms.ChoiceField(
        label=_("Pour quand ?"),
        required=False,
        choices=[*Submission.Horizon.choices, UNKNOWN],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.families = list(TaxonomyNeed.objects.prefetch_related("sub_needs"))
        self.fields["needs"].choices = [  # type: ignore[attr-defined]
            (sub_need.key, sub_need.label) for family in self.families for sub_need in family.sub_needs.all()
        ]

    def picker(self) -> list[dict[str, Any]]:
        """The families with their boxes, ticked or not, for the page."""
        ticked = set(self["needs"].value() or ())
        return [
            {
                "family": family,
                "boxes": [(sub_need, sub_need.key in ticked) for sub_need in family.sub_needs.all()],
                "n_ticked": sum(sub_need.key in ticked for sub_need in family.sub_needs.all()),
            }
            for family in self.families
        ]

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"].strip()
        if len(text) > TEXT_LIMIT:
            raise ValidationError(
                _("Votre texte compte %(given)s caractères ; %(limit)s au plus sont acceptés. Gardez l’essentiel."),
                params={"given": len(text), "limit": TEXT_LIMIT},
            )
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("needs") and not cleaned.get("text"):
            raise ValidationError(_("Cochez au moins un besoin, ou décrivez-le avec vos mots."))
        return cleaned

    def facts(self) -> dict[str, Any]:
        return {"project.horizon": self.cleaned_data["horizon"] or None}

    @classmethod
    def initial_for(cls, submission: Submission) -> dict[str, Any]:
        return {
            "needs": [need.sub_need_id for need in submission.needs.filter(ticked=True)],
            "text": submission.text,
            "horizon": submission.horizon,
        }


class CommuneMixin(forms.Form):
    """Fields that ask for a commune by name, postcode or INSEE code, and offer the homonyms when there are some."""

    def find_commune(self, name: str, *, required: bool = False) -> str | None:
        """Return the INSEE code for what was typed in a field, or add an error that says what is accepted."""
        typed = (self.cleaned_data.get(name) or "").strip()
        chosen = self.data.get(self.add_prefix(f"{name}_choice"), "")
        if not typed:
            if required:
                self.add_error(name, _("Dites dans quelle commune, ou choisissez « Je ne sais pas » à la place."))
            return None
        found = find_communes(typed)
        codes = [commune.official_code for commune in found]
        if len(found) == 1:
            return codes[0]
        if found:
            self.choices_of[name] = [(commune, commune.official_code == chosen) for commune in found]
            if chosen in codes:
                return str(chosen)
            self.add_error(
                name,
                ValidationError(
                    _("Plusieurs communes répondent à « %(typed)s » : choisissez la vôtre."), params={"typed": typed}
                ),
            )
            return None
        self.add_error(
            name,
            ValidationError(
                _(
                    "« %(typed)s » ne correspond à aucune commune actuelle. Écrivez son nom (« Compiègne »), son code"
                    " postal (« 60200 ») ou son code Insee (« 60159 »)."
                ),
                params={"typed": typed[:60]},
            ),
        )
        return None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices_of: dict[str, list[tuple[Perimeter, bool]]] = {}  # each with whether it is chosen
        self.suggestions = served_communes()
        for name in ("commune", "project_commune"):
            if name in self.fields:
                self.fields[name].widget.attrs["list"] = "communes"


class FirmForm(CommuneMixin, StepForm):
    title = _("Votre entreprise")
    fields_of_fact = {
        "commune": ("commune",),
        "naf": ("naf", "division"),
        "created_on": ("created_on",),
        "legal_category": ("legal_form",),
        "micro_entrepreneur": ("legal_form",),
    }

    company_name = PlainText(label=_("Nom de l’entreprise"), required=False, max_length=160)
    number = forms.CharField(
        label=_("SIRET ou SIREN"),
        required=False,
        max_length=40,
        help_text=_("14 chiffres (le site) ou 9 (l’entreprise). Laissez vide si vous ne l’avez pas sous la main."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    commune = forms.CharField(
        label=_("Commune du site concerné"),
        required=False,
        max_length=80,
        help_text=_("Nom ou code postal. Laissez vide si vous ne savez pas encore."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    division = forms.ChoiceField(label=_("Votre activité"), required=False)
    naf = forms.CharField(
        label=_("Code APE (NAF), si vous le connaissez"),
        required=False,
        max_length=10,
        help_text=_("Il figure sur vos bulletins de paie. Exemple : 25.62B."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    legal_form = forms.ChoiceField(
        label=_("Forme juridique"),
        required=False,
        choices=[UNKNOWN, *((key, label) for key, (label, _facts) in LEGAL_FORMS.items())],
    )
    created_on = forms.DateField(
        label=_("Date de création"),
        required=False,
        help_text=_("Même approximative. Laissez vide si vous ne savez pas."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"invalid": _("Cette date n’existe pas. Écrivez-la comme 31/12/2015.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.siret = self.siren = ""
        self.commune_code: str | None = None
        self.fields["division"].choices = [UNKNOWN, *activity_choices()]  # type: ignore[attr-defined]

    def clean_number(self) -> str:
        typed: str = self.cleaned_data["number"].strip()
        digits = "".join(mark for mark in typed if not mark.isspace() and mark not in ".-\N{NO-BREAK SPACE}")
        if not digits:
            return ""
        module, kind, length = (stdnum_siren, "SIREN", 9) if len(digits) <= 11 else (stdnum_siret, "SIRET", 14)
        try:
            digits = str(module.validate(digits))
        except InvalidLength:
            raise ValidationError(
                _("« %(typed)s » a %(given)s chiffres : un SIREN en a 9, un SIRET 14."),
                params={"typed": typed[:40], "given": len(digits)},
            ) from None
        except InvalidFormat:
            raise ValidationError(
                _("« %(typed)s » contient autre chose que des chiffres : un SIREN a 9 chiffres, un SIRET 14."),
                params={"typed": typed[:40]},
            ) from None
        except InvalidChecksum:
            raise ValidationError(
                _(
                    "« %(typed)s » n’est pas un %(kind)s : il a bien %(length)s chiffres, mais sa clé de contrôle est"
                    " fausse. Un chiffre a sans doute été mal recopié."
                ),
                params={"typed": typed[:40], "kind": kind, "length": length},
            ) from None
        self.siren = digits[:9]
        self.siret = digits if length == 14 else ""
        return digits

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

    def clean_naf(self) -> str:
        typed: str = self.cleaned_data["naf"].strip()
        if not typed:
            return ""
        plain = typed.replace(".", "").replace(" ", "").upper()
        code = plain if len(plain) < 3 else f"{plain[:2]}.{plain[2:]}"
        if not Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2, code=code).exists():
            raise ValidationError(
                _("« %(typed)s » n’est pas un code de la NAF : quatre chiffres et une lettre, comme 25.62B."),
                params={"typed": typed[:10]},
            )
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.commune_code = self.find_commune("commune")
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
        cleaned = self.cleaned_data
        form: dict[str, Any] = LEGAL_FORMS[cleaned["legal_form"]][1] if cleaned["legal_form"] else {}
        return {
            "commune": self.commune_code,
            "naf": cleaned["naf"] or cleaned["division"] or None,
            "created_on": cleaned["created_on"].isoformat() if cleaned["created_on"] else None,
            "legal_category": form.get("legal_category"),
            "micro_entrepreneur": form.get("micro_entrepreneur"),
        }

    def origins(self) -> dict[str, str]:
        """A company cannot be a micro-entrepreneur: that one was not asked."""
        declared = self.cleaned_data["legal_form"].startswith("10")
        return {} if declared else {"micro_entrepreneur": Fact.Origin.DEDUCED}

    @classmethod
    def initial_for(cls, submission: Submission) -> dict[str, Any]:
        facts, sheet = submission.sheet.values(), submission.sheet
        naf = facts.get("naf", "")
        listed = {code for _group, choices in activity_choices() for code, _name in choices}
        return {
            "company_name": sheet.name,
            "number": str(sheet.establishment or sheet.company or ""),
            "commune": commune_label(facts.get("commune")),
            "division": naf if naf in listed else naf[:2] if naf[:2] in listed else "",
            "naf": "" if naf in listed else naf,
            "legal_form": legal_form_key(facts),
            "created_on": facts.get("created_on"),
        }


class ProjectForm(CommuneMixin, StepForm):
    title = _("Taille et projet")
    fields_of_fact = {
        "headcount": ("headcount", "headcount_band"),
        "turnover": ("turnover_band",),
        "balance_sheet": ("balance_sheet_band",),
        "project.started": ("started",),
        "project.spend": ("spend",),
        "project.tenure": ("tenure",),
        "project.commune": ("project_place", "project_commune"),
    }

    headcount = FrenchNumber(
        label=_("Combien de salariés, exactement ?"),
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
    turnover_band = forms.ChoiceField(
        label=_("Chiffre d’affaires de l’an dernier"), required=False, choices=[UNKNOWN, *MONEY_BANDS]
    )
    balance_sheet_band = forms.ChoiceField(
        label=_("Total du bilan"),
        required=False,
        choices=[UNKNOWN, *BALANCE_BANDS],
        help_text=_("Utile seulement si le chiffre d’affaires dépasse 50 M€."),
    )
    started = forms.ChoiceField(
        label=_("Avez-vous déjà signé quelque chose pour ce projet (devis, bon de commande) ?"),
        required=False,
        choices=TRILEAN,
        widget=forms.RadioSelect,
        help_text=_("Beaucoup d’aides se perdent à la première signature : si rien n’est signé, attendez."),
    )
    spend = FrenchNumber(
        label=_("Coût du projet, hors taxes (€)"),
        required=False,
        min_value=0,
        max_value=10_000_000_000,
        decimal_places=2,
        help_text=_("Un ordre de grandeur suffit. Laissez vide si vous ne savez pas."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        error_messages={
            "invalid": _("Écrivez un montant en euros, comme 180000, ou laissez vide."),
            "min_value": _("Un coût ne peut pas être négatif."),
        },
    )
    tenure = forms.ChoiceField(
        label=_("Vos locaux"),
        required=False,
        choices=[("owner", _("Propriétaire")), ("tenant", _("Locataire")), UNKNOWN],
        widget=forms.RadioSelect,
    )
    project_place = forms.ChoiceField(
        label=_("Où se fera le projet ?"),
        required=False,
        choices=[("same", _("Sur le site indiqué")), (ELSEWHERE, _("Dans une autre commune")), UNKNOWN],
        widget=forms.RadioSelect,
    )
    project_commune = forms.CharField(
        label=_("Si c’est une autre commune, laquelle ?"),
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project_code: str | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        exact, limits = cleaned.get("headcount"), band(cleaned.get("headcount_band", ""))
        if exact is not None and limits:
            low, high = limits
            if (low is not None and exact < low) or (high is not None and exact > high):
                self.add_error(
                    "headcount_band",
                    ValidationError(
                        _("Vous avez écrit %(exact)s salariés : hors de cette tranche. Gardez l’un des deux."),
                        params={"exact": f"{exact.normalize():f}".replace(".", ",")},
                    ),
                )
        if cleaned.get("project_place") == ELSEWHERE:
            self.project_code = self.find_commune("project_commune", required=True)
        return cleaned

    def facts(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        exact, spend = cleaned["headcount"], cleaned["spend"]
        return {
            "headcount": float(exact) if exact is not None else band(cleaned["headcount_band"]),
            "turnover": band(cleaned["turnover_band"]),
            "balance_sheet": band(cleaned["balance_sheet_band"]),
            "project.started": trilean(cleaned["started"]),
            "project.spend": float(spend) if spend is not None else None,
            "project.tenure": cleaned["tenure"] or None,
            "project.commune": self.project_code,
        }

    @classmethod
    def initial_for(cls, submission: Submission) -> dict[str, Any]:
        facts = submission.sheet.values()
        headcount, started = facts.get("headcount"), facts.get("project.started")
        elsewhere = facts.get("project.commune")
        return {
            "headcount": number_typed(headcount),
            "headcount_band": band_key(headcount, HEADCOUNT_BANDS),
            "turnover_band": band_key(facts.get("turnover"), MONEY_BANDS),
            "balance_sheet_band": band_key(facts.get("balance_sheet"), BALANCE_BANDS),
            "started": "" if started is None else "yes" if started else "no",
            "spend": number_typed(facts.get("project.spend")),
            "tenure": facts.get("project.tenure", ""),
            "project_place": ELSEWHERE if elsewhere else "",
            "project_commune": commune_label(elsewhere),
        }


class ContactForm(StepForm):
    title = _("Vous rappeler")

    contact_name = PlainText(
        label=_("Votre nom"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Votre adresse électronique"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("Cette adresse n’est pas complète. Elle ressemble à prenom.nom@entreprise.fr.")},
    )
    phone = forms.CharField(
        label=_("Votre téléphone"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    call_slot = forms.ChoiceField(
        label=_("Quand vous rappeler ?"), choices=Submission.CallSlot.choices, widget=forms.RadioSelect, initial="any"
    )
    consent = forms.BooleanField(
        label=_(
            "J’accepte que le service économique de mon intercommunalité lise cette demande et me réponde. Je peux"
            " retirer mon accord à tout moment."
        ),
        error_messages={"required": _("Sans votre accord, personne ne peut lire la demande : cochez la case.")},
    )

    alerts = forms.BooleanField(
        label=_(
            "Prévenez-moi par courriel si un nouveau dispositif me concerne (facultatif ; un lien dans chaque courriel"
            " arrête tout)."
        ),
        required=False,
    )

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"].strip()
        if not typed:
            return ""
        try:
            parsed = phonenumbers.parse(typed, "FR")
        except phonenumbers.NumberParseException:
            parsed = None
        if parsed is None or parsed.extension or not phonenumbers.is_possible_number(parsed):
            raise ValidationError(
                _("« %(typed)s » n’est pas un numéro de téléphone. Exemple : 03 44 00 00 00."), params={"typed": typed}
            )
        style = (
            phonenumbers.PhoneNumberFormat.NATIONAL
            if parsed.country_code == 33
            else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
        return str(phonenumbers.format_number(parsed, style))


STEPS: tuple[tuple[str, type[StepForm]], ...] = (
    ("besoin", NeedForm),
    ("entreprise", FirmForm),
    ("projet", ProjectForm),
    ("contact", ContactForm),
)


def merge_facts(forms_: Iterable[StepForm]) -> dict[str, Any]:
    """Put the facts of the steps together; what is unknown is left out."""
    return {name: value for form in forms_ for name, value in form.facts().items() if value is not None}
