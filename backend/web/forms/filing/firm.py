"""The step that asks which firm it is, and what it does."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from backend.common.fields import PlainText
from backend.companies.registered import Registered
from backend.matchmaking.models import Submission
from backend.web.forms.fact_fields.base import Facts
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
    """Typed by hand, or what the register says of the establishment that was chosen and what the firm says instead.

    ``known`` is what an earlier request knows of the firm: it holds where its field is sent as it was shown.
    """

    title = _("Votre entreprise")
    assisted_title = _("L’entreprise")
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

    def __init__(
        self, *args: Any, registered: Registered | None = None, known: Facts | None = None, **kwargs: Any
    ) -> None:
        self.known = {name: value for name, value in (known or {}).items() if name in self.fields_of_fact}
        if registered or self.known:
            shown = {**(registered.facts() if registered else {}), **self.known}
            kwargs["initial"] = self.initial_of(shown) | {"company_name": registered.name if registered else ""}
        super().__init__(*args, **kwargs)
        self.registered = registered
        if registered:
            del self.fields["number"]
            self.siret, self.siren = registered.siret, registered.siren

    @property
    def official(self) -> dict[str, Any]:
        """What the register says, under the names of facts."""
        return self.registered.facts() if self.registered else {}

    def facts(self) -> dict[str, Any]:
        """Return what the firm says, and only that where the register says the rest; ``None`` is unknown."""
        facts, official = super().facts(), self.official
        if not self.registered and not self.known:
            return facts
        said = {**self.known, **self._changed(facts)}
        return {name: value for name, value in said.items() if value != official.get(name)}

    def as_shown(self, **more: str) -> dict[str, list[str]]:
        """Return what sending the form as it is shown would send; rows that are not sent stay as they are known."""
        shown = {name: str(self[name].value() or "") for name in self.fields}
        return {name: [value] for name, value in {**shown, **more}.items() if name in self.fields}

    @classmethod
    def initial_for(cls, submission: Submission) -> dict[str, Any]:
        return {
            **super().initial_for(submission),
            "company_name": submission.sheet.name,
            "number": number_of(submission),
        }
