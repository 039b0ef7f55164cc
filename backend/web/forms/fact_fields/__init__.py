"""One form for each fact that is asked: the steps of the filing, the corrections and the next question all use it.

``FORM_OF_FACT[name]`` is its class. Show it with ``form_class(initial=form_class.initial_of(facts))``, render it with
``web/parts/fact_fields.html``, read it with ``form_class(data, initial=…)`` and ``changed_facts()``.
"""

from backend.web.forms.fact_fields.base import FactFields
from backend.web.forms.fact_fields.firm import Activity2025Fields, ActivityFields, CreationFields, LegalFormFields
from backend.web.forms.fact_fields.group import GroupFields, PreviousYearsFields
from backend.web.forms.fact_fields.places import CommuneFields, ProjectPlaceFields
from backend.web.forms.fact_fields.project import (
    HorizonFields,
    SpendFields,
    SpendKindFields,
    StartedFields,
    TenureFields,
)
from backend.web.forms.fact_fields.schemes import SchemesFields
from backend.web.forms.fact_fields.size import BalanceSheetFields, HeadcountFields, InseeCategoryFields, TurnoverFields
from backend.web.forms.fact_fields.status import YES_NO_FORMS

FORMS: tuple[type[FactFields], ...] = (
    HorizonFields,
    CommuneFields,
    ActivityFields,
    Activity2025Fields,
    LegalFormFields,
    CreationFields,
    HeadcountFields,
    TurnoverFields,
    BalanceSheetFields,
    GroupFields,
    PreviousYearsFields,
    InseeCategoryFields,
    *YES_NO_FORMS,
    StartedFields,
    SchemesFields,
    SpendFields,
    SpendKindFields,
    TenureFields,
    ProjectPlaceFields,
)
FORM_OF_FACT = {fact: form for form in FORMS for fact in form.fields_of_fact}
