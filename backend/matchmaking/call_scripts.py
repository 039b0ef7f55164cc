"""What the operator of a scheme will ask a firm, and what is known of it already: to call, and to copy into a form."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

from django.utils.translation import gettext as _

from backend.matchmaking import engine
from backend.matchmaking.cards import Card
from backend.matchmaking.condition_views import LineView, open_conditions
from backend.matchmaking.fact_display import says, value_text, values_in_words
from backend.matchmaking.models import Result, Submission
from backend.schemes.typography import NBSP

MOST = 5  # questions of one call
TO_COMPLETE = "…………"
NARROW = "\N{NARROW NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what is known of it; empty where the firm has to find out."""

    text: str
    known: str = ""
    is_listed: bool = False  # a condition or a document, which the answers sheet lists before its questions


def script_of(card: Card, facts: engine.Facts) -> list[Question]:
    """Return three to five questions: of what is open, weighed, costs and is to be given, one of each first."""
    open_ones = (
        Question(_("Est-ce le cas ? {}").format(line.sentence), _values(line), is_listed=True) for line in _open(card)
    )
    weighed = (
        Question(
            _("Que pouvez-vous montrer de ceci ? {}").format(line.sentence),
            _values(line),
            is_listed=bool(line.criterion),
        )
        for line in card.appraisals
    )
    in_turns = chain.from_iterable(
        zip_longest(open_ones, weighed, _of_amounts(card, facts), _of_documents(card), _of_start(card, facts))
    )
    return list(islice((question for question in (*in_turns, *_of_firm(facts)) if question), MOST))


def answers_of(submission: Submission, result: Result, card: Card) -> str:
    """Write what is known of a firm for one scheme as plain text, with dots where it has to complete."""
    revision, company = card.revision, submission.sheet.company
    besides = (question for question in script_of(card, result.facts) if not question.is_listed)
    parts = [
        [f"{submission.sheet}{f' – SIREN {company.siren}' if company else ''}", _("Pour : {}").format(revision.name)],
        [_("LE PROJET"), *_project(submission)],
        [_("L’ENTREPRISE"), *(f"- {label}{NBSP}: {value}" for label, value in values_in_words(result.facts))],
        [_("LES CONDITIONS"), *(f"- {line.sentence}\n  {_answer(line)}" for line in card.reasons if line.criterion)],
        [_("LES PIÈCES"), *(f"[ ] {document}" for document in revision.documents)],
        [
            _("LES QUESTIONS"),
            *(f"{n}. {question.text}\n   {question.known or TO_COMPLETE}" for n, question in enumerate(besides, 1)),
        ],
    ]
    text = "\n\n".join("\n".join(part) for part in parts if len(part) > 1) + "\n"
    return text.replace(NBSP, " ").replace(NARROW, " ")  # a form that takes numbers refuses other spaces


def _open(card: Card) -> Iterator[LineView]:
    """Yield what a person has to say, on which the scheme still depends."""
    return open_conditions(line for line in card.reasons if line.nature != "appraisal")


def _of_amounts(card: Card, facts: engine.Facts) -> Iterator[Question]:
    spend = value_text("project.spend", facts["project.spend"]) if says(facts.get("project.spend")) else ""
    brings = card.estimate.text if card.estimate and card.estimate.high is not None else ""
    known = " ; ".join(part for part in (spend, brings and _("ce dispositif : {}").format(brings)) if part)
    yield Question(_("Combien coûte le projet, et combien demandez-vous ?"), known)


def _of_documents(card: Card) -> Iterator[Question]:
    if card.revision.documents:
        named = " ; ".join(card.revision.documents)
        yield Question(_("Avez-vous ces pièces, et pour quand ? {}").format(named), is_listed=True)


def _of_start(card: Card, facts: engine.Facts) -> Iterator[Question]:
    if card.signs_nothing_first:
        known = facts.get("project.started")
        said = value_text("project.started", known) if says(known) else ""
        yield Question(_("Avez-vous déjà signé ou commandé quelque chose ?"), said)


def _of_firm(facts: engine.Facts) -> Iterator[Question]:
    """Yield what any operator asks."""
    for text, names in (
        (_("Pour quand est le projet ?"), ("project.horizon",)),
        (_("Que fait l’entreprise, où, avec combien de personnes ?"), ("naf", "commune", "headcount")),
    ):
        yield Question(text, ", ".join(value_text(name, facts[name]) for name in names if says(facts.get(name))))


def _project(submission: Submission) -> Iterator[str]:
    for need in submission.needs.select_related("sub_need"):
        if need.is_certain:
            yield f"- {need.sub_need.label}"
    if submission.text:
        yield f"«{NBSP}{submission.text}{NBSP}»"


def _answer(line: LineView) -> str:
    known = _values(line)
    if line.outcome is None or line.outcome == "unknown":
        return known or TO_COMPLETE
    return f"{line.outcome_name}{f'{NBSP}: {known}' if known else ''}"


def _values(line: LineView) -> str:
    return ", ".join(value for value, _origin in line.values)
