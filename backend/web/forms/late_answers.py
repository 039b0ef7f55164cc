"""Answers that came too late: to questions that a colleague or the firm answered meanwhile, kept in sight."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from backend.accounts.models import User
from backend.companies.models import Fact
from backend.matchmaking.fact_display import FACT_LABELS, beside_label
from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import known_facts
from backend.matchmaking.questions import label_of
from backend.privacy.own_data import condition_sentences
from backend.web.forms.answers import trilean
from backend.web.forms.fact_fields.base import FactFields


@dataclass(frozen=True, slots=True, kw_only=True)
class LateAnswer:
    """An answer that is not noted: to what, what was noted instead, and what was typed."""

    name: str
    question: str
    noted: str
    typed: str

    def __str__(self) -> str:
        words = {"question": self.question, "noted": self.noted, "typed": self.typed}
        return _("%(question)s : %(noted)s ; vous aviez %(typed)s.") % words


def late_answer(
    submission: Submission, name: str, form: FactFields | None, sent: QueryDict, *, is_unknown: bool, author: User
) -> LateAnswer | None:
    """Return what was answered too late to a question; none where nothing was, or the same as was noted.

    ``form`` is bound to what was sent and knows nothing of the file: none for a condition.
    """
    typed = _typed(name, form, sent)
    raw = form.typed() if form and form.changed_data and not form.is_valid() else {}
    words = _words(typed) or ", ".join(value for values in raw.values() for value in values if value)
    if not words and not is_unknown:
        return None
    known = known_facts(submission)
    if typed and all(fact in known and known[fact].value == value for fact, value in typed.items()):
        return None
    noted = known.get(name) or submission.sheet.facts.filter(name=f"{Fact.DECLINED}{name}").last()
    if is_unknown and noted and noted.name != name:
        return None
    typed_words = words or _("« L’entreprise ne sait pas »")
    return LateAnswer(name=name, question=_question(name), noted=_noted(noted, author), typed=typed_words)


def _typed(name: str, form: FactFields | None, sent: QueryDict) -> dict[str, Any]:
    if form is None:
        value = trilean(sent.get(name, ""))
        return {} if value is None else {name: value}
    facts = form.changed_facts() if form.changed_data and form.is_valid() else {}
    said = {fact: value for fact, value in facts.items() if value is not None}
    # One form asks for all schemes that a firm has: what it says of others is not about this one.
    return {fact: value for fact, value in said.items() if fact == name or not name.startswith(Fact.SCHEME)}


def _words(facts: dict[str, Any]) -> str:
    return " ; ".join(beside_label(name, value) for name, value in facts.items())


def _noted(fact: Fact | None, viewer: User) -> str:
    if fact is None:
        return _("cette question n’est plus posée")
    who = fact.author or (_("le registre Sirene") if fact.origin == Fact.Origin.REGISTER else _("l’entreprise"))
    noted = _("vous avez noté") if fact.author == viewer else _("%(who)s a noté") % {"who": who}
    if fact.name.startswith(Fact.DECLINED):
        return _("%(noted)s que l’entreprise ne sait pas") % {"noted": noted}
    return f"{noted} {beside_label(fact.name, fact.value)}"


def _question(name: str) -> str:
    if name.startswith(Fact.ANSWER):
        return condition_sentences().get(name, _("Condition d’une fiche qui a changé")).rstrip(" .")
    return str(dict(FACT_LABELS).get(name) or capfirst(label_of(name)))
