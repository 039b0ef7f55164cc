"""One fact at a time, corrected from the file, with the very fields by which firms state it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from backend.matchmaking.models import Submission
from backend.web.forms.filing import FirmForm, NeedForm, ProjectForm, StepForm

FORMS: tuple[type[StepForm], ...] = (NeedForm, FirmForm, ProjectForm)
# One question stands for two facts: it is shown with the first.
TOLD_WITH = {"micro_entrepreneur": "legal_category"}


@dataclass(frozen=True, slots=True)
class FactForm:
    """A fact and the fields by which it is stated."""

    fact: str
    form: StepForm

    def __iter__(self) -> Iterator[forms.BoundField]:
        return (self.form[name] for name in self.form.fields_of_fact[self.fact])

    @property
    def errors(self) -> list[str]:
        names = self.form.fields_of_fact[self.fact]
        return [str(error) for name in names for error in self.form.errors.get(name, [])]

    @property
    def choices_of_commune(self) -> list[Any]:
        return next(iter(getattr(self.form, "choices_of", {}).values()), [])

    def changed(self) -> dict[str, Any]:
        """Return the fact and those that go with it, where they were changed."""
        told = {self.fact, *(other for other, first in TOLD_WITH.items() if first == self.fact)}
        return {name: value for name, value in self.form.changed_facts().items() if name in told}


def fact_forms(submission: Submission) -> dict[str, FactForm]:
    """Return the forms of all facts, by fact; each shows what is known."""
    found = {}
    for form_class in FORMS:
        form = form_class(initial=form_class.initial_for(submission))
        found.update({fact: FactForm(fact, form) for fact in form.fields_of_fact if fact not in TOLD_WITH})
    return found


def bound_fact_form(submission: Submission, fact: str, data: QueryDict) -> FactForm | None:
    """Return the form of a fact with what was typed, the other fields as they are known; none for an unknown fact."""
    form_class = next((form for form in FORMS if fact in form.fields_of_fact and fact not in TOLD_WITH), None)
    if form_class is None:
        return None
    initial = form_class.initial_for(submission)
    typed: Mapping[str, Any] = {
        **{name: "" if value is None else value for name, value in initial.items()},
        **{name: data.get(name, "") for name in form_class.fields_of_fact[fact]},
        **{name: value for name, value in data.items() if name.endswith("_choice")},
    }
    return FactForm(fact, form_class(typed, initial=initial))
