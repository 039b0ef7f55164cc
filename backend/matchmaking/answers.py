"""The answer to one question from outside, of which nothing is kept: schemes in order, and what would settle more."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from backend.matchmaking import engine
from backend.matchmaking.known import FACT_NAMES
from backend.matchmaking.lines import Question
from backend.matchmaking.models import Match
from backend.matchmaking.presentation import Card, explain_ranked

# What to ask for a fact, and who knows.
FACT_QUESTIONS = {
    "commune": _("Dans quelle commune l’établissement se trouve-t-il ?"),
    "naf": _("Quelle est l’activité de l’établissement (code NAF) ?"),
    "headcount": _("Combien de salariés l’entreprise compte-t-elle ?"),
    "turnover": _("Quel est le chiffre d’affaires de l’an dernier ?"),
    "balance_sheet": _("Quel est le total du bilan ?"),
    "created_on": _("Quand l’entreprise a-t-elle été créée ?"),
    "legal_category": _("Quelle est la forme juridique de l’entreprise ?"),
    "micro_entrepreneur": _("L’entreprise est-elle au régime micro-entrepreneur ?"),
    "naf_2025": _("Quelle est l’activité de l’établissement (code NAF 2025) ?"),
    "craft_register": _("L’entreprise est-elle artisanale (secteur des métiers et de l’artisanat) ?"),
    "public_body": _("L’entreprise est-elle un organisme public ?"),
    "in_difficulty": _("L’entreprise est-elle en difficulté, au sens européen ?"),
    "taxes_up_to_date": _("L’entreprise est-elle à jour de ses impôts et de ses cotisations sociales ?"),
    "group": _("Quelles autres entreprises en détiennent 25 % ou plus, ou sont détenues par elle ?"),
    "previous_years": _("Quels étaient l’effectif, le chiffre d’affaires et le bilan des exercices précédents ?"),
    "schemes": _("Quels dispositifs l’entreprise a-t-elle déjà obtenus ?"),
    "project.started": _("Un devis ou un bon de commande est-il déjà signé pour ce projet ?"),
    "project.spend_kinds": _("Que comprend le projet : des équipements, des travaux, du conseil… ?"),
    "project.tenure": _("L’entreprise est-elle propriétaire ou locataire de ses locaux ?"),
    "project.horizon": _("Pour quand est le projet ?"),
    "project.spend": _("Combien le projet coûtera-t-il, hors taxes ?"),
    "window": _("Le dispositif prend-il des demandes ce jour-là ?"),
}
ASKED_OF_OPERATOR = frozenset({"window"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A fact that undecided schemes wait for; ``settled`` are those for which nothing else is missing."""

    fact: str
    waiting: tuple[str, ...]
    settled: tuple[str, ...]

    @property
    def label(self) -> str:
        return str(FACT_NAMES[self.fact])

    @property
    def question(self) -> str:
        return str(FACT_QUESTIONS[self.fact])

    @property
    def ask(self) -> str:
        return "operator" if self.fact in ASKED_OF_OPERATOR else "firm"

    @property
    def field(self) -> str | None:
        """Where the answer goes in a line, as a JSON pointer; nowhere where the firm does not know."""
        return None if self.fact in ASKED_OF_OPERATOR else f"/{self.fact.replace('.', '/')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Schemes in order, the first of them explained."""

    question: Question
    weights: str
    needs: tuple[engine.Understood, ...]
    n_matches: int
    cards: tuple[Card, ...]
    undecided: tuple[OpenQuestion, ...]


def answer(question: Question, *, limit: int) -> Answer:
    """Rank the schemes for a question and explain the first ``limit`` of them."""
    weight_set, weights = engine.active_weights()
    needs = engine.understand(question.text, question.needs)
    (ranked,) = engine.rank([as_line(question, needs)], weights=weights)
    possible = proposed(ranked)
    matches = [replace(item, rank=rank) for rank, item in enumerate([*possible, *opening_later(ranked)], 1)]
    return Answer(
        question=question,
        weights=weight_set.version,
        needs=tuple(needs),
        n_matches=len(matches),
        cards=tuple(explain_ranked(matches[:limit], question.facts, on=question.on)),
        undecided=open_questions(possible),
    )


def as_line(
    question: Question, needs: Iterable[engine.Understood]
) -> tuple[Mapping[str, Any], date, dict[str, float], bool]:
    """Put a question as the engine takes it."""
    return question.facts, question.on, {need.sub_need: need.weight for need in needs}, question.stated


def proposed(ranked: Iterable[engine.Ranked]) -> list[engine.Ranked]:
    """Return the schemes that the firm has or may have, and that address its needs."""
    return [item for item in ranked if item.addresses and item.eligibility != Match.Verdict.INELIGIBLE]


def opening_later(ranked: Iterable[engine.Ranked]) -> list[engine.Ranked]:
    """Return the schemes that address its needs and have nothing against them but a first day to come."""
    return [item for item in ranked if item.addresses and item.opens_later]


def open_questions(ranked: Sequence[engine.Ranked]) -> tuple[OpenQuestion, ...]:
    """Return what is left to ask, first what settles most."""
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    settled: defaultdict[str, list[str]] = defaultdict(list)
    for item in ranked:
        for fact in item.unknown:
            waiting[fact].append(item.scheme_key)
            if len(item.unknown) == 1:
                settled[fact].append(item.scheme_key)
    questions = [
        OpenQuestion(fact=fact, waiting=tuple(keys), settled=tuple(settled[fact])) for fact, keys in waiting.items()
    ]
    return tuple(sorted(questions, key=lambda asked: (-len(asked.settled), -len(asked.waiting), asked.fact)))
