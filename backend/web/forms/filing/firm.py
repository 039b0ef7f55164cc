"""The step that asks which firm it is, and what it does."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.matchmaking.models import Submission
from backend.web.forms.fact_fields.firm import Activity2025Fields, ActivityFields, CreationFields, LegalFormFields
from backend.web.forms.fact_fields.group import GroupFields
from backend.web.forms.fact_fields.places import CommuneFields
from backend.web.forms.filing.number import NumberForm, number_of
from backend.web.forms.filing.steps import StepForm


class FirmForm(
    CommuneFields,
    ActivityFields,
    Activity2025Fields,
    LegalFormFields,
    CreationFields,
    GroupFields,
    NumberForm,
    StepForm,
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

    @classmethod
    def initial_for(cls, submission: Submission) -> dict[str, Any]:
        return {
            **super().initial_for(submission),
            "company_name": submission.sheet.name,
            "number": number_of(submission),
        }
