"""What a firm says of a scheme: from interest to what came of its request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.common.fields import DayField, Euros, PlainText
from backend.matchmaking.models import MOST_EUROS, SchemeEvent
from backend.matchmaking.transitions import MAY_SAY, Origin
from backend.schemes.models import Scheme


class WholeEuros(Euros):
    """An amount asked or granted, to the euro."""

    def __init__(self, **kwargs: Any) -> None:
        wrong = _("Écrivez un montant en euros, comme 12 500, ou laissez vide.")
        super().__init__(
            label=_("Montant en euros (facultatif)"),
            required=False,
            min_value=0,
            max_value=MOST_EUROS,
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            error_messages={
                "invalid": wrong,
                "min_value": _("Un montant ne peut pas être négatif."),
                "max_value": _("Ce montant est trop grand : vérifiez les zéros."),
            },
            **kwargs,
        )

    def clean(self, value: Any) -> int | None:
        amount = super().clean(value)
        return None if amount is None else round(amount)


class FirmStateForm(forms.Form):
    """One thing said of one scheme; the service checks what may follow what."""

    state = forms.ChoiceField(
        choices=[one for one in SchemeEvent.State.choices if one[0] in MAY_SAY[Origin.FIRM]],
        required=False,
        error_messages={
            "invalid_choice": _("Choisissez ce que devient ce dispositif, parmi les réponses proposées."),
        },
    )
    reason = forms.ChoiceField(
        choices=SchemeEvent.Reason.choices,
        required=False,
        error_messages={"invalid_choice": _("Choisissez une des raisons proposées.")},
    )
    happened_on = DayField(label=_("C’était le (vide : aujourd’hui)"), required=False)
    euros = WholeEuros()
    note = PlainText(
        label=_("Pourquoi, ou une précision (facultatif)"),
        required=False,
        max_length=300,
        error_messages={"max_length": _("300 signes au plus : vous en avez écrit %(show_value)s.")},
    )

    def clean_state(self) -> str:
        """A reason alone sets aside: its button is the one tap."""
        said = self.cleaned_data["state"] or ("reason" in self.data and SchemeEvent.State.SET_ASIDE)
        if not said:
            raise ValidationError(_("Choisissez ce que devient ce dispositif."))
        return str(said)

    def first_error(self) -> str:
        return str(next(iter(self.errors.values()))[0])


class SchemeWordForm(forms.Form):
    """What a firm writes of a scheme to those who follow its file."""

    text = PlainText(
        label=_("Un devis, une date, un numéro de dossier…"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Exemple : devis de 18 000 € reçu le 3 décembre."),
        error_messages={"required": _("Écrivez quelques mots, comme « devis de 18 000 € reçu le 3 décembre ».")},
    )
    keep_on = DayField(
        label=_("Une date à retenir (facultatif)"),
        required=False,
        help_text=_("Elle entre dans vos dates et dans l’agenda de qui vous suit."),
    )


class CallWordForm(forms.Form):
    """When else a firm may be called."""

    text = PlainText(
        label=_("Quand vous appeler ?"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Exemple : jeudi 14 mars, avant 10 heures."),
        error_messages={"required": _("Dites quand vous appeler, comme « jeudi 14 mars, avant 10 heures ».")},
    )

    def __init__(self, *args: Any, call: int, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "auto_id": f"rappel_{call}_%s"})
        self.call = call


@dataclass(frozen=True, slots=True)
class RefusedState:
    """What could not be said of a scheme: why, and what was typed."""

    scheme: Scheme
    error: str
    typed: Mapping[str, Any]
