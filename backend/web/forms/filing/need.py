"""The step that asks for the need."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.matchmaking.models import Submission
from backend.schemes.catalogue.taxonomy import families, sub_needs
from backend.web.forms.fact_fields.project import HorizonFields
from backend.web.forms.filing.steps import StepForm

TEXT_LIMIT = 5000


class NeedForm(HorizonFields, StepForm):
    title = _("Votre besoin")
    assisted_title = _("Son besoin")
    field_order = ("needs", "text", "horizon")

    needs = forms.MultipleChoiceField(label=_("Vos besoins"), required=False, widget=forms.CheckboxSelectMultiple)
    text = PlainText(
        label=_("De quoi avez-vous besoin ? Avec vos mots"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Par exemple : « Je ne trouve pas de soudeurs et je refuse des commandes. »"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["needs"].choices = [  # type: ignore[attr-defined]
            (sub_need.key, sub_need.label) for sub_need in sub_needs().values()
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
            for family in families()
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

    @classmethod
    def initial_for(cls, submission: Submission) -> dict[str, Any]:
        return {
            **super().initial_for(submission),
            "needs": [need.sub_need_id for need in submission.needs.filter(ticked=True)],
            "text": submission.text,
        }
