"""The step that asks for the size of the firm and for its project."""

from django.utils.translation import gettext_lazy as _

from backend.web.forms.fact_fields.places import ProjectPlaceFields
from backend.web.forms.fact_fields.project import SpendFields, SpendKindFields, StartedFields, TenureFields
from backend.web.forms.fact_fields.size import BalanceSheetFields, HeadcountFields, TurnoverFields
from backend.web.forms.filing.steps import StepForm


class ProjectForm(
    HeadcountFields,
    TurnoverFields,
    BalanceSheetFields,
    StartedFields,
    SpendFields,
    SpendKindFields,
    TenureFields,
    ProjectPlaceFields,
    StepForm,
):
    title = _("Taille et projet")
    field_order = (
        "headcount", "headcount_band", "turnover_band", "balance_sheet_band",
        "started", "spend", "spend_kinds", "tenure", "project_place", "project_commune",
    )  # fmt: skip
