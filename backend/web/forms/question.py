"""The next question and the form of its answer, with the very fields by which firms state the fact."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.forms import ChoiceField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backend.accounts.models import User
from backend.companies.models import Fact
from backend.matchmaking.in_charge import OutsideTerritory
from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import known_values
from backend.matchmaking.questions import NextQuestion, Open, Questions, questions_of
from backend.matchmaking.services import PLACES, correct_submission, decline_question
from backend.web.forms.answers import UNKNOWN as UNANSWERED
from backend.web.forms.answers import trilean
from backend.web.forms.fact_fields import FORM_OF_FACT
from backend.web.forms.fact_fields.base import FactFields
from backend.web.forms.fact_fields.rows import ADD_ROW
from backend.web.forms.facts import TOLD_WITH
from backend.web.forms.late_answers import LateAnswer, late_answer


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
    value: str = ""  # of a condition, as it was ticked among several questions
    is_unknown: bool = False  # that one does not know was ticked among several questions

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
    return None if question is None else _put(known, question, data)


def _put(known: Mapping[str, Any], question: NextQuestion, data: Mapping[str, Any] | None) -> Asked:
    form_class = FORM_OF_FACT.get(_fact_of(question.name))
    if form_class is None:
        return Asked(question, None)
    return Asked(question, form_class(data, initial=form_class.initial_of(known), auto_id="question_%s"))


def first_asked(known: Mapping[str, Any], questions: Questions, n: int) -> list[Asked]:
    """Put the first questions for a call, each with its form: two that one form answers are one."""
    found: dict[str, Asked] = {}
    for question in questions.of_firm:
        if len(found) < n and _fact_of(question.name) not in found:
            found[_fact_of(question.name)] = _by_telephone(_put(known, question, None))
    return list(found.values())


def _by_telephone(asked: Asked) -> Asked:
    """Say of what was not answered that it was not asked yet: a box beside it says that the firm does not know."""
    for form_field in asked.form.fields.values() if asked.form else ():
        if isinstance(form_field, ChoiceField):
            choices: Any = form_field.choices
            form_field.choices = [
                (key, NOT_ASKED_YET if (key, label) == UNANSWERED else label) for key, label in choices
            ]
    return asked


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


NOT_ASKED_YET = gettext_lazy("Pas encore demandé")
UNKNOWN = "unknown"  # the box of a question that one cannot answer, and that answer to a condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of answers that were sent together."""

    n_noted: int = 0
    again: tuple[Asked, ...] = ()  # to be shown as they were typed: nothing of these is noted
    late: tuple[LateAnswer, ...] = ()  # to questions that are no longer asked


@transaction.atomic
def take_answers(submission: Submission, questions: Questions, sent: QueryDict, *, on: date, author: User) -> Taken:
    """Record all that was answered to the questions that one form asked; what was left as it was stays open.

    An answer that cannot be read, or a commune outside the territory, keeps no other one back. Where one more row is
    asked for, nothing is recorded yet.
    """
    known = known_values(submission)
    names = list(dict.fromkeys(sent.getlist("question")))
    asked = [_as_sent(known, question, sent) for name in names if (question := questions.named(name))]
    forms = [one.form for one in asked if one.form]
    if any(form.asks_for_row for form in forms):
        for form in forms:
            form.forget_errors()
        return Taken(again=tuple(asked))
    late = [one for name in names if not questions.named(name) if (one := _late(submission, name, sent, author))]
    replies = [
        read_answer(one.question, known, _alone(one, sent))
        for one in asked
        if _is_answered(one) and not _says_both(one)
    ]
    said = [row for row in replies if isinstance(row, Said)]
    again = [_by_telephone(row) for row in replies if isinstance(row, Asked)]
    again += [_refused_both(one) for one in asked if _says_both(one)]
    facts = [row for row in said if row.facts]
    try:
        _record(submission, facts, on=on, author=author)
    except OutsideTerritory:
        outside = [row for row in facts if not PLACES.isdisjoint(row.facts)]
        again += [_refused_place(row, asked) for row in outside]
        said = [row for row in said if row not in outside]
        _record(submission, [row for row in facts if row not in outside], on=on, author=author)
    for row in said:
        if not row.facts:
            decline_question(submission=submission, question=row.question, on=on, author=author)
    return Taken(n_noted=len(said), again=tuple(again), late=tuple(late))


def _as_sent(known: Mapping[str, Any], question: NextQuestion, sent: QueryDict) -> Asked:
    asked = _by_telephone(_put(known, question, sent))
    value = "" if asked.form else sent.get(question.name, "")
    is_unknown = value == UNKNOWN or question.name in sent.getlist(UNKNOWN)
    return replace(asked, value=value, is_unknown=is_unknown)


def _is_answered(asked: Asked) -> bool:
    return asked.is_unknown or bool(asked.form.changed_data if asked.form else asked.value)


def _says_both(asked: Asked) -> bool:
    """Tell whether something was typed beside the box that says that one does not know."""
    return asked.is_unknown and asked.form is not None and bool(asked.form.changed_data)


def _refused_both(asked: Asked) -> Asked:
    form = asked.form
    if form:
        words = _("Une réponse, et « L’entreprise ne sait pas » : gardez l’une des deux. Rien n’est noté ici.")
        form.forget_errors()
        form.add_error(form.changed_data[0], words)
    return asked


def _late(submission: Submission, name: str, sent: QueryDict, author: User) -> LateAnswer | None:
    form_class = FORM_OF_FACT.get(_fact_of(name))
    if form_class is None and not name.startswith(Fact.ANSWER):
        return None
    is_unknown = name in sent.getlist(UNKNOWN) or (form_class is None and sent.get(name) == UNKNOWN)
    form = form_class(sent) if form_class else None
    return late_answer(submission, name, form, sent, is_unknown=is_unknown, author=author)


def _alone(asked: Asked, sent: QueryDict) -> Mapping[str, Any]:
    """Return the answer to one question as if it had been sent by itself."""
    if asked.form and asked.form.changed_data:
        return sent
    return {"skip": "1"} if asked.is_unknown else {"value": asked.value}


def _record(submission: Submission, said: Sequence[Said], *, on: date, author: User) -> None:
    facts = {name: value for one in said for name, value in one.facts.items()}
    origins = {name: origin for one in said if one.form for name, origin in one.form.origins().items()}
    if facts:
        correct_submission(submission=submission, facts=facts, origins=origins, on=on, author=author)


def _refused_place(said: Said, asked: Iterable[Asked]) -> Asked:
    """Return a question whose answer lies outside the territory, with that said beside its field."""
    form = said.form
    fact = next(iter(PLACES & set(said.facts)))
    if form:
        form.add_error(
            form.fields_of_fact[fact][0],
            _("Cette commune est hors du territoire : cette réponse n’est pas notée."),
        )
    return replace(next(one for one in asked if one.question.name == said.question), form=form)
