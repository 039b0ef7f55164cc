"""What a sheet says several times, one row each."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from textwrap import shorten
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from stdnum.fr import siren as stdnum_siren

from backend.common import generic_classes  # noqa: F401 -- classes take their type
from backend.common.fields import PlainText
from backend.common.text import fold
from backend.schemes.catalogue.definitions import manual_sentences
from backend.schemes.catalogue.fields import amount_field, choices_with_blank
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.editing.forms.criteria import CriterionForm
from backend.schemes.editing.forms.evidence import Choices, SourceForm, source_field
from backend.schemes.editing.forms.tree import Node, tree_of
from backend.schemes.models import Criterion, OperatorRole, Relation, Scheme, TaxonomyNeed
from backend.schemes.typography import number

WEIGHTS = {
    1.0: "exactement ce besoin (1)",
    0.7: "un de ses usages principaux (0,7)",
    0.5: "une part de ce qu’il permet (0,5)",
    0.4: "un usage parmi d’autres (0,4)",
    0.3: "une aide indirecte (0,3)",
    0.2: "à la marge (0,2)",
}


class OperatorForm(forms.Form):
    name = PlainText(label=_("Porteur"), max_length=200)
    siren = forms.CharField(label=_("SIREN"), required=False, max_length=11)
    roles = forms.MultipleChoiceField(label=_("Rôles"), choices=OperatorRole.Role, widget=forms.CheckboxSelectMultiple)

    def clean_siren(self) -> str:
        typed: str = self.cleaned_data["siren"]
        if typed and not stdnum_siren.is_valid(typed):
            raise ValidationError(f"« {typed} » n’est pas un SIREN : neuf chiffres, dont le dernier est un contrôle.")
        return stdnum_siren.compact(typed) if typed else ""


class NeedForm(forms.Form):
    sub_need = forms.ChoiceField(label=_("Besoin"), choices=list)
    weight = forms.TypedChoiceField(label=_("Le dispositif sert"), choices=list, coerce=float)

    def __init__(self, *args: Any, needs: Choices, weights: Choices, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["sub_need"].choices = needs  # type: ignore[attr-defined]
        self.fields["weight"].choices = weights  # type: ignore[attr-defined]


class RelationForm(forms.Form):
    kind = forms.ChoiceField(label=_("Ce dispositif"), choices=lambda: choices_with_blank(Relation.Kind.choices, "–"))
    scheme = forms.ChoiceField(label=_("Autre dispositif"), choices=list)
    cap_pct = amount_field(
        "Plafond du cumul, en % de la même dépense",
        max_digits=5,
        help_text=_("Seulement pour « se cumule avec » ; vide si aucun plafond n’est connu."),
    )
    note = PlainText(label=_("Précision"), required=False, max_length=2000)

    def __init__(self, *args: Any, schemes: Choices, sources: Choices = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["scheme"].choices = schemes  # type: ignore[attr-defined]
        self.fields["source"] = source_field(sources)

    def clean_cap_pct(self) -> float | int | None:
        cap: Decimal | None = self.cleaned_data["cap_pct"]
        if cap is None:
            return None
        if self.cleaned_data.get("kind") not in (None, Relation.Kind.CUMULABLE):
            raise ValidationError(_("Un plafond ne va qu’avec « se cumule avec » : videz ce champ."))
        if not 0 < cap <= 100:
            raise ValidationError(_("Écrivez une part de la dépense, plus grande que 0 et au plus égale à 100."))
        return int(cap) if cap == int(cap) else float(cap)


class CriterionRows(forms.BaseFormSet[CriterionForm]):
    """Rows whose fields depend on the kind that each of them says; some are groups of those that follow."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        kind = ""
        if index is not None and self.is_bound:
            kind = self.data.get(f"{self.add_prefix(index)}-kind", "")
        elif index is not None and self.initial and index < len(self.initial):
            kind = str(self.initial[index].get("kind", ""))
        return {**super().get_form_kwargs(index), "kind": kind}

    @property
    def tree(self) -> list[Node]:
        """The rows as they hold each other."""
        return tree_of(self.forms)

    @property
    def kept_nodes(self) -> list[Node]:
        """The rows that are not taken away, by themselves or with their group."""
        return [part for top in self.tree for part in top.walk_kept()]

    def clean(self) -> None:
        for node in self.kept_nodes:
            for problem in node.problems_of_group():
                node.form.add_error(None, problem)

    def _should_delete_form(self, form: Any) -> bool:
        """Tell whether a row is taken away; what is in a group goes with it, whatever is wrong in it."""
        return all(form is not node.form for node in self.kept_nodes)


def _rows(form: type[forms.Form], **options: Any) -> Any:
    return forms.formset_factory(form, can_delete=True, max_num=60, absolute_max=60, **options)


SETS = {
    "needs": _rows(NeedForm, extra=1),
    "sources": _rows(SourceForm, extra=1),  # before what names them by their row
    "criteria": _rows(CriterionForm, formset=CriterionRows, extra=0),
    "operators": _rows(OperatorForm, extra=1),
    "relations": _rows(RelationForm, extra=1),
}
ROW_NAMES = {
    "needs": "Besoins servis",
    "sources": "Sources",
    "criteria": "Critères d’éligibilité",
    "operators": "Porteurs",
    "relations": "Liens avec d’autres dispositifs",
}


def source_choices(rows: Any) -> Choices:
    """Return the sources of a sheet by their row, empty ones too: they may be filled after they are chosen."""
    return [
        (number, f"{number}. {shorten(str(form['title'].value() or 'à décrire plus haut'), 70, placeholder='…')}")
        for number, form in enumerate(rows.forms, 1)
    ]


def question_choices() -> Choices:
    """Return the questions that sheets in force ask, by the name of their answer."""
    rows = Criterion.objects.filter(revision__in=Scheme.objects.of_source(Scheme.OWN).described().values("current"))
    manual = rows.annotate(text=Cast("definition", TextField())).filter(text__contains='"manual"')  # at any depth
    definitions = manual.values_list("definition", flat=True)
    said = {fact: text for definition in definitions for fact, text in manual_sentences(definition).items()}
    return [(fact, label) for _folded, label, fact in sorted((*_shortened(text), fact) for fact, text in said.items())]


@lru_cache(maxsize=2_000)
def _shortened(text: str) -> tuple[str, str]:
    """Return what a sentence is sorted by, and as much of it as a choice shows."""
    label = shorten(text, 90, placeholder="…")
    return fold(label), label


def need_choices() -> Choices:
    needs = TaxonomyNeed.objects.prefetch_related("sub_needs")
    groups = [(need.label, [(sub.key, sub.label) for sub in need.sub_needs.all()]) for need in needs]
    return choices_with_blank(groups, "–")


def weight_choices(needs: Mapping[str, float]) -> Choices:
    """Return the usual weights, and those that the sheet already has."""
    weights = dict(WEIGHTS)
    for weight in needs.values():
        weights.setdefault(float(weight), number(weight))
    return choices_with_blank([(str(weight), label) for weight, label in weights.items()], "–")


def scheme_choices(base: SchemeRecord | None) -> Choices:
    schemes = Scheme.objects.of_source(Scheme.OWN).described().order_by("current__name")
    choices = {key: f"{name} ({key})" for key, name in schemes.values_list("source_key", "current__name")}
    named = (*(row["scheme"] for row in base["relations"]), base.get("variant_of")) if base else ()
    for key in filter(None, named):  # a sheet may name one not published yet
        choices.setdefault(key, key)
    return choices_with_blank(choices.items(), "–")
