"""The step that asks which firm it is, and what it does."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from stdnum.exceptions import InvalidChecksum, InvalidFormat, InvalidLength
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from backend.common.fields import PlainText
from backend.matchmaking.models import Submission
from backend.web.forms.fact_fields.firm import Activity2025Fields, ActivityFields, CreationFields, LegalFormFields
from backend.web.forms.fact_fields.group import GroupFields
from backend.web.forms.fact_fields.places import CommuneFields
from backend.web.forms.filing.steps import StepForm


class FirmForm(
    CommuneFields, ActivityFields, Activity2025Fields, LegalFormFields, CreationFields, GroupFields, StepForm
):
    title = _("Votre entreprise")
    field_order = (
        "company_name",
        "number",
        "commune",
        "division",
        "naf",
        "naf_2025",
        "legal_form",
        "created_on",
        "independent",
    )

    company_name = PlainText(label=_("Nom de l’entreprise"), required=False, max_length=160)
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
        digits = "".join(mark for mark in typed if not mark.isspace() and mark not in ".-\N{NO-BREAK SPACE}")
        if not digits:
            return ""
        module, kind, length = (stdnum_siren, "SIREN", 9) if len(digits) <= 11 else (stdnum_siret, "SIRET", 14)
        try:
            digits = str(module.validate(digits))
        except InvalidLength:
            raise ValidationError(
                _("« %(typed)s » a %(given)s chiffres : un SIREN en a 9, un SIRET 14."),
                params={"typed": typed[:40], "given": len(digits)},
            ) from None
        except InvalidFormat:
            raise ValidationError(
                _("« %(typed)s » contient autre chose que des chiffres : un SIREN a 9 chiffres, un SIRET 14."),
                params={"typed": typed[:40]},
            ) from None
        except InvalidChecksum:
            raise ValidationError(
                _(
                    "« %(typed)s » n’est pas un %(kind)s : il a bien %(length)s chiffres, mais sa clé de contrôle est"
                    " fausse. Un chiffre a sans doute été mal recopié."
                ),
                params={"typed": typed[:40], "kind": kind, "length": length},
            ) from None
        self.siren = digits[:9]
        self.siret = digits if length == 14 else ""
        return digits

    @classmethod
    def initial_for(cls, submission: Submission) -> dict[str, Any]:
        sheet = submission.sheet
        return {
            **super().initial_for(submission),
            "company_name": sheet.name,
            "number": str(sheet.establishment or sheet.company or ""),
        }
