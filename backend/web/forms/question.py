"""The next question and the form of its answer, with the very fields by which firms state the fact."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.companies.models import Fact
from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import known_values
from backend.matchmaking.questions import NextQuestion, Open, Questions, questions_of
from backend.matchmaking.services import correct_submission, decline_question
from backend.web.forms.answers import trilean
from backend.web.forms.fact_fields import FORM_OF_FACT
from backend.web.forms.fact_fields.base import FactFields
from backend.web.forms.fact_fields.rows import ADD_ROW
from backend.web.forms.facts import TOLD_WITH


class NotAsked(LookupError):
    """An answer to what is not asked, with a sentence for who gave it."""


def open_questions(of: Open) -> Questions:
    """Return what is left to ask, where there is a form to answer it."""
    return questions_of(of, told_with=TOLD_WITH, can_ask=lambda name: _fact_of(name) in FORM_OF_FACT)


def _fact_of(name: str) -> str:
    """Return the fact whose form answers a question: the schemes that a firm has are told together."""
    return "schemes" if name.startswith(Fact.SCHEME) else name


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the form that answers it; none for a condition, which is a yes or a no."""

    question: NextQuestion
    form: FactFields | None

    def typed(self) -> dict[str, list[str]]:
        """Return what was typed in its form, and whether one more row was asked for."""
        if self.form is None:
            return {}
        return self.form.typed() | ({ADD_ROW: ["1"]} if self.form.asks_for_row else {})

    @property
    def is_in_the_form(self) -> bool:
        """Whether a field of the form asks it, in the words in which one speaks to the firm."""
        return self.form is not None and any(str(field.label).endswith("?") for field in self.form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was answered to a question: facts, or that one does not know."""

    question: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    form: FactFields | None = None


def asked_with(
    known: Mapping[str, Any], question: NextQuestion | None, data: Mapping[str, Any] | None = None
) -> Asked | None:
    """Put a question with its form, showing what is known or what was typed."""
    if question is None:
        return None
    form_class = FORM_OF_FACT.get(_fact_of(question.name))
    if form_class is None:
        return Asked(question, None)
    return Asked(question, form_class(data, initial=form_class.initial_of(known), auto_id="question_%s"))


def first_asked(known: Mapping[str, Any], questions: Questions, n: int) -> list[Asked]:
    """Put the first questions for the firm, each with its form: two that one form answers are one."""
    found: dict[str, Asked] = {}
    for question in questions.of_firm:
        asked = asked_with(known, question) if _fact_of(question.name) not in found else None
        if asked and len(found) < n:
            found[_fact_of(question.name)] = asked
    return list(found.values())


def read_answer(question: NextQuestion, known: Mapping[str, Any], data: Mapping[str, Any]) -> Said | Asked:
    """Return what was answered, or the question to show again where it cannot be read.

    An answer that says nothing new is that one does not know.
    """
    if "skip" in data:
        return Said(question=question.name)
    asked = asked_with(known, question, data)
    form = asked.form if asked else None
    if asked and form and form.asks_for_row:
        form.forget_errors()
        return asked
    if asked and form and form.errors:
        return asked
    facts = form.changed_facts() if form else {question.name: trilean(data.get("value", ""))}
    is_new = any(known.get(name) != value for name, value in facts.items())
    return Said(question=question.name, facts=facts if is_new else {}, form=form)


def take_answer(
    submission: Submission, questions: Questions, data: Mapping[str, Any], *, on: date, author: User | None = None
) -> Asked | None:
    """Record the answer to a question of the page; return the question to show again where it cannot be read.

    Raises ``NotAsked`` where the question is no longer asked (a page left open, a second click): nothing is taken
    then; and ``OutsideTerritory``.
    """
    question = questions.named(data.get("question", ""))
    if question is None:
        raise NotAsked(_("Cette question n’est plus posée : rien de plus n’a été noté."))
    said = read_answer(question, known_values(submission), data)
    if isinstance(said, Asked):
        return said
    if said.facts:
        origins = said.form.origins() if said.form else {}
        correct_submission(submission=submission, facts=said.facts, origins=origins, on=on, author=author)
    else:
        decline_question(submission=submission, question=said.question, on=on, author=author)
    return None
