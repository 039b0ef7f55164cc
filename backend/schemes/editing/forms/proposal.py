"""The words that go with a proposal, a decision or an answer."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.schemes.catalogue.fields import day_field
from backend.schemes.catalogue.merging import Conflict, Side
from backend.schemes.editing.closing import SHUT
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

    def __init__(self, *args: Any, must_explain: bool, with_day: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if with_day:
            day = day_field(
                "À publier le", required=True, help_text="Un jour après aujourd’hui : elle paraîtra dans la nuit."
            )
            self.fields = {"publish_on": day, **self.fields}
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


class PreviewForm(forms.Form):
    """A secret link for the owner of a scheme."""

    for_whom = PlainText(
        label=_("Pour qui"),
        max_length=200,
        help_text=_("Un service, pas une personne : Région Hauts-de-France, direction de l’économie."),
    )
    expires_on = day_field("Dernier jour", required=True)


class RemarkForm(forms.Form):
    """What the owner of a scheme says of a sheet that is not published yet."""

    text = PlainText(
        label=_("Votre remarque"),
        max_length=4000,
        widget=forms.Textarea({"rows": 5}),
        help_text=_("Ce qui est inexact, ce qui manque, ce qui a changé. N’écrivez rien de personnel."),
        error_messages={"required": _("Écrivez votre remarque avant de l’envoyer.")},
    )


class ReasonForm(forms.Form):
    reason = PlainText(label=_("Pourquoi (gardé dans l’historique)"), max_length=500, required=False)

    def __init__(self, *args: Any, must_explain: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].required = must_explain
        self.fields["reason"].error_messages["required"] = "Dites pourquoi : ce motif reste dans l’historique."


class ChoicesForm(forms.Form):
    """Of each field that two people changed, whose version is kept."""

    def __init__(self, *args: Any, conflicts: Sequence[Conflict], **options: Any) -> None:
        super().__init__(*args, **options)
        self.conflicts = conflicts
        for conflict in conflicts:
            sides = [(Side.MINE, "celle-ci"), (Side.THEIRS, "celle-là"), (Side.BASE, "celle d’avant")]
            self.fields[f"keep-{conflict.name}"] = forms.ChoiceField(
                label=conflict.label,
                choices=[side for side in sides if side[0] != Side.BASE or conflict.base],
                widget=forms.RadioSelect,
                error_messages={"required": "Choisissez la version à garder."},
            )

    def rows(self) -> list[tuple[Conflict, forms.BoundField]]:
        """Return each conflict with its field, for the page."""
        return [(conflict, self[f"keep-{conflict.name}"]) for conflict in self.conflicts]

    def choices(self) -> dict[str, Side]:
        return {conflict.name: Side(self.cleaned_data[f"keep-{conflict.name}"]) for conflict in self.conflicts}


class WindowForm(forms.Form):
    """Closing a scheme: how, what firms read, and why."""

    state = forms.ChoiceField(
        label=_("Le dispositif est maintenant"),
        choices=[(state.value, state.label) for state in SHUT],
        widget=forms.RadioSelect,
    )
    note = PlainText(
        label=_("Ce que les entreprises liront"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Par exemple : l’enveloppe de 2026 est épuisée depuis le 12 novembre."),
    )
    reason = PlainText(
        label=_("Pourquoi, et où vous l’avez lu"),
        max_length=2000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Pour la personne qui relira."),
        error_messages={"required": "Dites pourquoi, et où vous l’avez lu : qui relira en a besoin."},
    )
