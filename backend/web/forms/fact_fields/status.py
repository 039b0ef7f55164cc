"""Whether the firm is this or that: each answer is yes, no or unknown."""

from typing import Any

from django import forms

from backend.facts.yes_no import YES_NO, YesNoFact
from backend.web.forms.answers import TRILEAN, trilean, trilean_key
from backend.web.forms.fact_fields.base import FactFields, Facts


def yes_no(label: Any, help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, help_text=help_text, required=False, choices=TRILEAN, widget=forms.RadioSelect
    )


def _form_of(name: str, fact: YesNoFact) -> type[FactFields]:
    class Answer(FactFields):
        fields_of_fact = {name: (name,)}

        def facts(self) -> dict[str, Any]:
            return {**super().facts(), name: trilean(self.cleaned_data[name])}

        @classmethod
        def initial_of(cls, facts: Facts) -> dict[str, Any]:
            return {**super().initial_of(facts), name: trilean_key(facts.get(name))}

    return type(name, (Answer,), {name: yes_no(fact.question, fact.help_text)})


YES_NO_FORMS = tuple(_form_of(name, fact) for name, fact in YES_NO.items() if fact.question)
