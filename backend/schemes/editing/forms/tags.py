"""The sub-needs of an imported scheme, one row each."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.common import generic_classes  # noqa: F401 -- classes take their type
from backend.common.fields import PlainText
from backend.schemes.editing.forms.rows import NeedForm

BLANK_ROWS = 3


class TagSet(forms.BaseFormSet[NeedForm]):
    """Rows that say each sub-need once, and at least one."""

    def clean(self) -> None:
        if any(self.errors):
            return
        said = [form.cleaned_data["sub_need"] for form in self._kept()]
        if not said:
            raise ValidationError(_("Gardez au moins un besoin, ou dites que ce dispositif n’en sert aucun."))
        if len(said) != len(set(said)):
            raise ValidationError(_("Le même besoin est sur deux lignes : retirez-en une."))

    def tags(self) -> dict[str, float]:
        return {form.cleaned_data["sub_need"]: form.cleaned_data["weight"] for form in self._kept()}

    def _kept(self) -> list[NeedForm]:
        return [form for form in self.forms if form not in self.deleted_forms and form.cleaned_data.get("sub_need")]


TagRows: Any = forms.formset_factory(
    NeedForm, formset=TagSet, extra=BLANK_ROWS, can_delete=True, max_num=20, absolute_max=20
)


class WhyForm(forms.Form):
    note = PlainText(label=_("Pourquoi"), required=False, max_length=500, widget=forms.Textarea({"rows": 2}))
