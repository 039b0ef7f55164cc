"""What the figures of the territory are asked of, read from the address."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.choices import flatten_choices
from django.utils.translation import gettext_lazy as _

from backend.common.days import current_day
from backend.common.fields import DayField, MailField, PlainText
from backend.companies.size_bands import SIZE_LABELS
from backend.matchmaking.models import ReviewPolicy
from backend.schemes.catalogue.taxonomy import families
from backend.schemes.models import SubNeed
from backend.steering.lenses import lens_of, lenses
from backend.steering.models import Target
from backend.steering.scopes import Filters, Scope
from backend.territories.models import ServedEpci
from backend.web.territory_map import Shown

NOT_LISTED = {"invalid_choice": _("« %(value)s » n’est pas dans la liste : choisissez dans la liste.")}
SIZES = [("", _("Toutes")), *((key, label) for key, label in SIZE_LABELS.items() if key)]


class FiguresForm(forms.Form):
    """Place, need and size; each may be left empty."""

    LEAVE_ALL: tuple[str, ...] = ()  # fields that change how the page looks, and leave nothing out

    epci = forms.ChoiceField(label=_("Intercommunalité"), required=False, error_messages=NOT_LISTED)
    besoin = forms.ChoiceField(label=_("Besoin"), required=False, error_messages=NOT_LISTED)
    taille = forms.ChoiceField(label=_("Taille"), required=False, choices=SIZES, error_messages=NOT_LISTED)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._epcis = {epci.short_name: epci for epci in scope.epcis}
        if len(scope.epcis) > 1:
            self._choose("epci", [("", _("Toutes")), *((key, epci.usual_name) for key, epci in self._epcis.items())])
        else:
            del self.fields["epci"]
        self._choose("besoin", [("", _("Tous")), *((need.key, need.label) for need in families())])

    def _choose(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def chosen(self, name: str) -> str:
        """Return what was chosen; nothing where it is not in the list."""
        self.is_valid()
        found = self.cleaned_data.get(name) or ""
        return str(getattr(found, "pk", found))

    def epci_chosen(self) -> ServedEpci | None:
        return self._epcis.get(self.chosen("epci"))

    def is_filtered(self) -> bool:
        return any(self.chosen(name) for name in self.fields if name not in self.LEAVE_ALL)

    def said(self) -> list[str]:
        """Return in words what was chosen in the form, and not by a click on the page."""
        found = []
        for field in self.visible_fields():
            words = dict(flatten_choices(getattr(field.field, "choices", [])))
            if value := self.chosen(field.name):
                found.append(str(words.get(value, value)))
        return found


class FunnelForm(FiguresForm):
    """The same, for files filed since a day."""

    MONTHS = {"": 12, "3": 36, "tout": None}

    depuis = forms.ChoiceField(
        label=_("Déposées"),
        required=False,
        choices=[("", _("Depuis un an")), ("3", _("Depuis trois ans")), ("tout", _("Depuis le début"))],
        error_messages=NOT_LISTED,
    )

    def filters(self, *, on: date) -> Filters:
        """Return what is asked; months are whole, this one included."""
        months = self.MONTHS[self.chosen("depuis")]
        ago = on.year * 12 + on.month - months if months else None
        return Filters(
            epci=self.epci_chosen(),
            need=self.chosen("besoin"),
            size=self.chosen("taille"),
            since=date(ago // 12, ago % 12 + 1, 1) if ago is not None else None,
        )


class SchemesForm(FunnelForm):
    """The same, and words of a scheme's name."""

    recherche = PlainText(
        label=_("Nom du dispositif"),
        required=False,
        max_length=80,
        error_messages={"max_length": _("Ces mots ont %(show_value)d caractères, 80 au plus : raccourcissez-les.")},
        widget=forms.SearchInput,
    )


class GapForm(FiguresForm):
    """The same, by the eyes of a group or an action; and one commune or one sub-need, which a click asks for."""

    LEAVE_ALL = ("tri", "montre")

    vue = forms.ChoiceField(label=_("Groupe de travail ou action"), required=False, error_messages=NOT_LISTED)

    commune = forms.RegexField(
        r"^\d[\dAB]\d{3}$",
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": _("Ce n’est pas le code d’une commune. Choisissez-la sur la carte.")},
    )
    detail = forms.ModelChoiceField(
        SubNeed.objects.all(),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("Ce besoin n’est pas dans la liste : choisissez-le dans le tableau.")},
    )
    ORDERS = (("", _("Le plus sans dispositif")), ("besoins", _("Le plus de besoins")), ("nom", _("Par nom")))

    tri = forms.ChoiceField(label=_("Trier"), required=False, choices=ORDERS, error_messages=NOT_LISTED)
    SHOWN = ((Shown.LACKING.value, _("ce qui manque")), (Shown.DEMAND.value, _("combien de besoins")))

    montre = forms.ChoiceField(required=False, choices=SHOWN, widget=forms.HiddenInput, error_messages=NOT_LISTED)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = {"groups": _("Groupes de travail"), "actions": _("Actions du territoire")}
        named = [(titles[kind], [(lens.key, lens.label) for lens in several]) for kind, several in lenses().items()]
        self._choose("vue", [("", _("Tous les besoins")), *named])

    def filters(self) -> Filters:
        """Return what is asked."""
        lens = lens_of(self.chosen("vue"))
        return Filters(
            sub_needs=lens.sub_needs if lens else (),
            epci=self.epci_chosen(),
            commune=self.chosen("commune"),
            need=self.chosen("besoin"),
            sub_need=self.chosen("detail"),
            size=self.chosen("taille"),
        )


class ActionForm(forms.Form):
    """What is decided about a gap."""

    what = PlainText(
        label=_("Action"),
        max_length=300,
        help_text=_("Ce qui sera fait, en une phrase."),
        error_messages={"required": _("Dites ce qui sera fait.")},
    )
    owner = PlainText(
        label=_("Qui s’en charge"), max_length=120, error_messages={"required": _("Dites qui s’en charge.")}
    )
    due_on = DayField(label=_("Pour quand"), error_messages={"required": _("Dites pour quel jour.")})

    def clean_due_on(self) -> date:
        due_on: date = self.cleaned_data["due_on"]
        if due_on < current_day():
            raise ValidationError(
                _("Le %(day)s est passé : choisissez un jour à venir."), params={"day": f"{due_on:%d/%m/%Y}"}
            )
        return due_on


class ResultForm(forms.Form):
    """What came of an action."""

    result = PlainText(label=_("Résultat"), max_length=500, error_messages={"required": _("Dites ce qu’il en est.")})


class RecipientForm(forms.Form):
    """An address that will be asked whether it wants the note."""

    email = MailField(
        label=_("Adresse électronique"),
        max_length=254,
        help_text=_("Un courriel lui demande son accord ; rien d’autre ne part avant."),
        error_messages={"required": _("Donnez une adresse.")},
    )


class TargetForm(forms.Form):
    """How many files are to get to a step, and within how many working days."""

    step = forms.ChoiceField(
        label=_("Étape"),
        choices=[("", _("À choisir")), *((step.value, step.label.capitalize()) for step in Target.STEPS)],
        error_messages={**NOT_LISTED, "required": _("Choisissez une étape.")},
    )
    working_days = forms.IntegerField(
        label=_("Jours ouvrés depuis le dépôt"),
        min_value=1,
        max_value=250,
        error_messages={
            "required": _("Écrivez un nombre de jours, comme 5."),
            "invalid": _("Écrivez un nombre entier de jours, comme 5."),
            "min_value": _("« %(show_value)s » : de 1 à 250 jours ouvrés."),
            "max_value": _("« %(show_value)s » : de 1 à 250 jours ouvrés."),
        },
    )
    share = forms.IntegerField(
        label=_("Part des demandes visée, en\u00a0%"),
        min_value=1,
        max_value=100,
        error_messages={
            "required": _("Écrivez une part de 1 à 100, comme 90."),
            "invalid": _("Écrivez un nombre entier de 1 à 100, comme 90."),
            "min_value": _("« %(show_value)s » : de 1 à 100 %%."),
            "max_value": _("« %(show_value)s » : de 1 à 100 %%."),
        },
    )


class PolicyForm(forms.Form):
    """Whether the files of a need are read before their schemes are e-mailed."""

    mode = forms.ChoiceField(
        label=_("Avant d’envoyer les dispositifs à l’entreprise"),
        choices=[
            (ReviewPolicy.Mode.READ, _("Un agent lit toujours d’abord")),
            (
                ReviewPolicy.Mode.SAMPLED,
                _("Ils partent seuls quand tout est sûr, sauf une demande sur dix, tirée au sort, lue d’abord"),
            ),
            (ReviewPolicy.Mode.AUTO, _("Ils partent seuls quand tout est sûr")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choisissez l’une des trois façons."),
            "invalid_choice": _("Choisissez l’une des trois façons."),
        },
    )
    least = forms.IntegerField(
        label=_("Besoin non coché : probabilité d’au moins, en %"),
        required=False,
        min_value=50,
        max_value=100,
        widget=forms.NumberInput({"inputmode": "numeric"}),
        help_text=_("Entre 50 et 100. Un besoin coché est sûr."),
        error_messages={
            "invalid": _("Écrivez un nombre entier entre 50 et 100, par exemple 80."),
            "min_value": _("Écrivez un nombre entre 50 et 100, par exemple 80."),
            "max_value": _("Écrivez un nombre entre 50 et 100, par exemple 80."),
        },
    )
    instead_of = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        known: dict[str, Any] = super().clean() or {}
        if known.get("mode") == ReviewPolicy.Mode.READ:
            known["least"] = None
        elif known.get("mode") and known.get("least") is None and "least" not in self.errors:
            self.add_error("least", _("Dites à partir de quelle probabilité, par exemple 80."))
        return known
