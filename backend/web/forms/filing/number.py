"""The number of a firm: its SIRET or its SIREN."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from backend.matchmaking.models import Submission


def number_of(submission: Submission) -> str:
    """Return the number that a file gives."""
    return str(submission.sheet.establishment or submission.sheet.company or "")


def read_number(typed: str) -> str:
    """Return the 9 digits of a SIREN or the 14 of a SIRET; raise ``ValidationError`` where it is neither."""
    digits = digits_of(typed)
    module, kind, length = (stdnum_siren, "SIREN", 9) if len(digits) <= 11 else (stdnum_siret, "SIRET", 14)
    try:
        return str(module.validate(digits))
    except InvalidLength:
        raise ValidationError(
            _("« %(typed)s » a %(given)s chiffres : un SIREN en a 9, un SIRET 14."),
            params={"typed": typed[:40], "given": len(digits)},
        ) from None
    except InvalidFormat:
        raise ValidationError(
            _("« %(typed)s » contient autre chose que des chiffres : un SIREN a 9 chiffres, un SIRET 14."),
            params={"typed": typed[:40]},
        ) from None
    except InvalidChecksum:
        raise ValidationError(
            _(
                "« %(typed)s » n’est pas un %(kind)s : il a bien %(length)s chiffres, mais sa clé de contrôle est"
                " fausse. Un chiffre a sans doute été mal recopié."
            ),
            params={"typed": typed[:40], "kind": kind, "length": length},
        ) from None


def digits_of(typed: str) -> str:
    """Return what was typed of a number without what people put between its digits."""
    return "".join(mark for mark in typed if not mark.isspace() and mark not in ".-\N{NO-BREAK SPACE}")


class NumberForm(forms.Form):
    """The number as it was typed; ``siret`` and ``siren`` are what it says."""

    number = forms.CharField(
        label=_("SIRET ou SIREN"),
        required=False,
        max_length=40,
        help_text=_("14 chiffres (le site) ou 9 (l’entreprise). Laissez vide si vous ne l’avez pas sous la main."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.siret = self.siren = ""

    def clean_number(self) -> str:
        typed: str = self.cleaned_data["number"].strip()
        if not digits_of(typed):
            return ""
        digits = read_number(typed)
        self.siren = digits[:9]
        self.siret = digits if len(digits) == 14 else ""
        return digits
