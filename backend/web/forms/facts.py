"""One fact at a time, corrected from the file, with the very fields by which firms state it."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import known_values
from backend.web.forms.fact_fields import FORM_OF_FACT
from backend.web.forms.fact_fields.base import FactFields

# One question stands for two facts: it is shown with the first.
TOLD_WITH = {"micro_entrepreneur": "legal_category"}


@dataclass(frozen=True, slots=True)
class FactForm:
    """A fact and the form by which it is stated."""

    fact: str
    form: FactFields

    @property
    def errors(self) -> list[str]:
        return [str(error) for errors in self.form.errors.values() for error in errors]

    def changed(self) -> dict[str, Any]:
        """Return the fact and those that go with it, where they were changed."""
        return self.form.changed_facts()


def has_fact_form(fact: str) -> bool:
    """Tell whether a fact is stated by a form of its own."""
    return fact in FORM_OF_FACT and fact not in TOLD_WITH


def fact_form(submission: Submission, fact: str) -> FactForm | None:
    """Return the form of a fact, which shows what is known; none for an unknown fact."""
    if not has_fact_form(fact):
        return None
    form_class = FORM_OF_FACT[fact]
    return FactForm(fact, form_class(initial=form_class.initial_of(known_values(submission))))


def bound_fact_form(submission: Submission, fact: str, data: QueryDict) -> FactForm | None:
    """Return the form of a fact with what was typed; none for an unknown fact."""
    if not has_fact_form(fact):
        return None
    form_class = FORM_OF_FACT[fact]
    return FactForm(fact, form_class(data, initial=form_class.initial_of(known_values(submission))))
