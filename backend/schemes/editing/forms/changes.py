"""What an editor answers to what a source changed, and why."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.schemes.ingestion.changes.fields import Change
from backend.schemes.ingestion.changes.following import Answer
from backend.schemes.models import FieldDecision

LATER = ""
VERDICTS = [
    (LATER, _("Décider plus tard")),
    (FieldDecision.Verdict.ACCEPTED.value, _("Prendre ce que dit la source")),
    (FieldDecision.Verdict.EDITED.value, _("Prendre, puis récrire dans la fiche")),
    (FieldDecision.Verdict.REJECTED.value, _("Garder ce que dit notre fiche")),
]


class ChangeForm(forms.Form):
    """The answer to one change."""

    verdict = forms.ChoiceField(label=_("Votre décision"), choices=VERDICTS, required=False, widget=forms.RadioSelect)
    why = PlainText(
        label=_("Pourquoi la garder"),
        required=False,
        max_length=500,
        help_text=_("Gardé avec la décision : la prochaine personne le lira."),
    )

    def __init__(self, data: Any, *, change: Change) -> None:
        super().__init__(data, prefix=change.key)
        self.change = change
        self.fields["verdict"].initial = LATER

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("verdict") == FieldDecision.Verdict.REJECTED and not cleaned.get("why", "").strip():
            self.add_error("why", "Dites pourquoi notre fiche garde ce qu’elle dit.")
        return cleaned


class WhySetAsideForm(forms.Form):
    why = PlainText(
        label=_("Pourquoi"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Elles ne seront plus demandées, sauf si leur source les change."),
        error_messages={"required": _("Dites pourquoi : la prochaine personne le lira.")},
    )


def answers_of(rows: Iterable[ChangeForm], data: Mapping[str, Any]) -> dict[str, Answer]:
    """Return what was decided, by change; with what was sent of changes that wait no more, so that it is not lost."""
    known = {form.change.key: form for form in rows}
    found = {
        key: Answer(form.cleaned_data["verdict"], form.cleaned_data["why"])
        for key, form in known.items()
        if form.cleaned_data["verdict"]
    }
    for name, value in data.items():
        key, _, field = name.rpartition("-")
        if field == "verdict" and value and key not in known:
            found[key] = Answer(value)
    return found
