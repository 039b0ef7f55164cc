"""The next question and the form of its answer, with the very fields by which firms state the fact."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from backend.accounts.models import User
from backend.companies.models import Fact
from backend.matchmaking.models import Result, Submission
from backend.matchmaking.ownership import known_values
from backend.matchmaking.questions import NextQuestion, Questions, questions_of
from backend.matchmaking.services import answer_condition, answer_question, decline_question
from backend.web.forms.answers import trilean
from backend.web.forms.fact_fields import FORM_OF_FACT
from backend.web.forms.fact_fields.base import FactFields
from backend.web.forms.facts import TOLD_WITH


def open_questions(submission: Submission, result: Result) -> Questions:
    """Return what is left to ask, where there is a form to answer it."""
    return questions_of(submission, result, told_with=TOLD_WITH, can_ask=lambda name: _fact_of(name) in FORM_OF_FACT)


def _fact_of(name: str) -> str:
    """Return the fact whose form answers a question: the schemes that a firm has are told together."""
    return "schemes" if name.startswith(Fact.SCHEME) else name


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the form that answers it; none for a condition, which is a yes or a no."""

    question: NextQuestion
    form: FactFields | None

    @property
    def is_in_the_form(self) -> bool:
        """Whether a field of the form asks it in the same words."""
        return self.form is not None and any(field.label == self.question.question for field in self.form)


def asked_with(
    submission: Submission, question: NextQuestion | None, data: Mapping[str, Any] | None = None
) -> Asked | None:
    """Put a question with its form, empty or with what was typed."""
    if question is None:
        return None
    form_class = FORM_OF_FACT.get(_fact_of(question.name))
    if form_class is None:
        return Asked(question, None)
    initial = form_class.initial_of(known_values(submission))
    return Asked(question, form_class(data, initial=initial, auto_id="question_%s"))


def take_answer(
    submission: Submission, result: Result, data: Mapping[str, Any], *, on: date, author: User | None = None
) -> Asked | None:
    """Record the answer to the question of the page; return the question to show again where it cannot be read.

    The answer to a question that is no longer asked (a page left open, a second click) is not taken. Raises
    ``OutsideTerritory``.
    """
    first = open_questions(submission, result).first
    if first is None or first.name != data.get("question"):
        return None
    if "skip" in data:
        decline_question(submission=submission, question=first.name, on=on, author=author)
        return None
    if first.is_condition:
        condition, value = first.name.removeprefix(Fact.ANSWER), trilean(data.get("value", ""))
        answer_condition(submission=submission, condition=condition, value=value, on=on, author=author)
        return None
    asked = asked_with(submission, first, data)
    if asked is None or asked.form is None:
        return None
    if asked.form.asks_for_row:
        asked.form.forget_errors()
        return asked
    if asked.form.errors:
        return asked
    answer_question(
        submission=submission,
        question=first.name,
        facts=asked.form.changed_facts(),
        origins=asked.form.origins(),
        on=on,
        author=author,
    )
    return None
