"""The words that go with a proposal, a decision or an answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.schemes.models import CatalogueTask


class CommentForm(forms.Form):
    comment = PlainText(
        label=_("Pourquoi ce changement"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Pour la personne qui relira : ce qui a changé, où vous l’avez lu."),
    )


class DecisionForm(forms.Form):
    comment = PlainText(
        label=_("Message à l’auteur"), required=False, max_length=2000, widget=forms.Textarea({"rows": 4})
    )

    def __init__(self, *args: Any, must_explain: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["comment"].required = must_explain
        self.fields["comment"].error_messages["required"] = "Dites pourquoi : l’auteur reçoit ce motif par courriel."


class AnswerForm(forms.Form):
    answer = PlainText(label=_("Réponse"), max_length=2000, widget=forms.Textarea({"rows": 4}))

    def __init__(self, *args: Any, task: CatalogueTask, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["answer"].help_text = (
            _("La personne qui a signalé la reçoit par courriel.")
            if task.is_answered
            else _("Elle reste dans la fiche, pour les autres rédacteurs.")
        )
