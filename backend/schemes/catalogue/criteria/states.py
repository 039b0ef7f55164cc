"""Kinds that are true or false of a firm, and a project not yet begun."""

from django import forms

from backend.facts.yes_no import YesNoFact
from backend.schemes.catalogue.criteria.base import Definition, Fields, Kind
from backend.schemes.typography import NBSP


class Expected(Kind):
    """A fact that is yes or no, with the words of its row in the table of facts."""

    def __init__(self, name: str, words: YesNoFact) -> None:
        self.kind = self.fact = name
        self.words = words

    def phrase(self, definition: Definition) -> str:
        yes, no = self.words.conditions
        return yes if definition.get("expected", True) else no

    def fields(self) -> Fields:
        yes, no = self.words.choices
        choices = [("True", yes), ("False", no)]
        return {
            "expected": forms.TypedChoiceField(
                label="L’entreprise", choices=choices, coerce=lambda value: value == "True"
            )
        }

    def contrary(self, definition: Definition) -> Definition | None:
        return {**definition, "expected": not definition.get("expected", True)}


class Autonomous(Kind):
    kind, fact = "autonomous", "group"

    def phrase(self, definition: Definition) -> str:
        return f"n’être liée à aucune autre entreprise (ni part de 25{NBSP}% ou plus, ni contrôle)"

    def negation(self, definition: Definition) -> str:
        return f"être liée à une autre entreprise (part de 25{NBSP}% ou plus, ou contrôle)"


class ProjectNotStarted(Kind):
    kind, fact = "project_not_started", "project.started"

    def phrase(self, definition: Definition) -> str:
        return "projet pas encore commencé (aucun devis ni bon de commande signé)"

    def negation(self, definition: Definition) -> str:
        return "projet déjà commencé (un devis ou un bon de commande est signé)"
