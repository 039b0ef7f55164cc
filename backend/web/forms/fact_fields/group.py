"""What counts with the firm's own figures: the enterprises of its group, and the years before the last."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.common.fields import FrenchNumber, PlainText
from backend.schemes.vocabulary import HOLDERS
from backend.web.forms.answers import TRILEAN, number_typed
from backend.web.forms.fact_fields.base import Facts
from backend.web.forms.fact_fields.rows import FiguresRow, RowFields

PARTNER = 25  # percent from which another enterprise counts: Recommendation 2003/361/EC, Annex, Article 3


class RelatedRow(FiguresRow):
    """Another enterprise that holds part of the firm, or of which the firm holds part."""

    name = PlainText(label=_("Nom"), required=False, max_length=160)
    share = FrenchNumber(
        label=_("Part détenue, dans un sens ou dans l’autre (%)"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": _("Écrivez un pourcentage, comme 30."),
            "min_value": _("Une part va de 0 à 100 %%."),
            "max_value": _("Une part va de 0 à 100 %%."),
        },
    )
    holder = forms.ChoiceField(label=_("C’est"), required=False, choices=list(HOLDERS.items()))
    control = forms.BooleanField(
        label=_("L’une dirige l’autre sans avoir la majorité (statuts, contrat, pacte)"), required=False
    )
    field_order = ("name", "share", "holder", "control", "headcount", "turnover", "balance_sheet")

    @classmethod
    def initial_of(cls, known: Facts) -> dict[str, Any]:
        return {
            **super().initial_of(known),
            "name": known.get("name", ""),
            "share": number_typed(known.get("share")),
            "holder": known.get("holder", "company"),
            "control": known.get("control", False),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        said = cleaned.get("name") or cleaned.get("control") or cleaned.get("holder") not in ("", "company")
        figures = any(cleaned.get(name) is not None for name in ("headcount", "turnover", "balance_sheet"))
        if (said or figures) and cleaned.get("share") is None and "share" not in self.errors:
            self.add_error("share", _("Écrivez la part en %, de 0 à 100 ; ou videz la ligne."))
        return cleaned

    def value(self) -> dict[str, Any]:
        if not self.is_bound:
            return dict(self.known)
        share = self.cleaned_data["share"]
        if share is None:
            return {}
        said: dict[str, Any] = {"name": self.cleaned_data["name"], "share": float(share)}
        if self.cleaned_data["control"]:
            said["control"] = True
        if self.cleaned_data["holder"] not in ("", "company"):
            said["holder"] = self.cleaned_data["holder"]
        return {name: value for name, value in said.items() if value != ""} | super().value()


def counts(related: Facts) -> bool:
    """Tell whether an enterprise is a partner or linked: a smaller holding leaves the firm independent."""
    return bool(related.get("control")) or related["share"] >= PARTNER


class GroupFields(RowFields):
    fields_of_fact = {"group": ("independent",)}
    row_form = RelatedRow
    row_name = "group"
    row_field = "independent"
    row_title: ClassVar[Any] = _("Entreprise")
    n_shown = 3
    n_most = 50
    rows_summary: ClassVar[Any] = _("Si non : quelles autres entreprises ?")
    rows_hint: ClassVar[Any] = _(
        "Une ligne pour chaque entreprise qui détient au moins 25 % de la vôtre, ou dont la vôtre détient au moins"
        " 25 %. Les chiffres sont ceux de son dernier exercice ; laissez vide ce que vous n’avez pas."
    )

    independent = forms.ChoiceField(
        label=_("Votre entreprise est-elle indépendante ?"),
        required=False,
        choices=TRILEAN,
        widget=forms.RadioSelect,
        help_text=_(
            "Oui si aucune autre entreprise n’en détient 25 % ou plus, et si elle ne détient 25 % ou plus d’aucune"
            " autre. La taille (PME ou non) se compte avec elles."
        ),
    )

    @property
    def rows_open(self) -> bool:
        said = self["independent"].value() == "no"
        return said or self.asks_for_row or any(row.is_bound and row.has_changed() for row in self.rows)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (
            not self.errors
            and cleaned.get("independent") == "yes"
            and any(counts(related) for related in self._related())
        ):
            self.add_error(
                "independent",
                ValidationError(
                    _(
                        "Vous avez répondu « Oui », mais une autre entreprise est décrite avec 25 % ou plus. Répondez"
                        " « Non », ou videz sa ligne."
                    )
                ),
            )
        return cleaned

    def _related(self) -> list[dict[str, Any]]:
        return [value for value in self.values() if value]

    def facts(self) -> dict[str, Any]:
        answer, related = self.cleaned_data["independent"], self._related()
        return {**super().facts(), "group": related or ([] if answer == "yes" else None)}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        group = facts.get("group")
        answer = "" if group is None else "no" if any(map(counts, group)) else "yes"
        return {**super().initial_of(facts), "independent": answer, "group": group or []}


class PreviousYearsFields(RowFields):
    """The years before the last, the latest first; of the whole group, as the rule of two years reads them."""

    fields_of_fact = {"previous_years": ("years_note",)}
    row_form = FiguresRow
    row_name = "previous_years"
    row_field = "years_note"
    row_title: ClassVar[Any] = _("Exercice")
    n_shown = 2
    n_most = 6
    rows_summary: ClassVar[Any] = _("Exercices d’avant le dernier")
    rows_hint: ClassVar[Any] = _(
        "Du plus récent au plus ancien, groupe compris : la ligne 1 est l’avant-dernier exercice clos. Un seuil de"
        " taille ne compte qu’une fois passé deux exercices de suite. Laissez vide ce que vous n’avez pas."
    )
    rows_open = True

    # Carries the errors of the rows, and stands for them in what changed.
    years_note = forms.CharField(label=_("Exercices précédents"), required=False, widget=forms.HiddenInput)

    def facts(self) -> dict[str, Any]:
        years = self.values()
        while years and not years[-1]:
            years.pop()
        return {**super().facts(), "previous_years": years or None}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        return {**super().initial_of(facts), "previous_years": facts.get("previous_years") or []}
