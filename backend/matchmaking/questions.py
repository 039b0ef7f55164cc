"""What is left to ask, in words: the best question first, why it is asked and what it costs to answer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from backend.common.files import read_yaml
from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.known import FACT_NAMES
from backend.matchmaking.models import Match, Result, Submission
from backend.schemes.models import Criterion
from backend.schemes.services import manual_sentences
from backend.schemes.wording import scheme_name

N_WHY = 5  # schemes named to say why a question is asked


@dataclass(frozen=True, slots=True)
class FactQuestion:
    """How a fact is asked, of whom, and what answering costs."""

    question: str
    effort: float
    ask: str = "firm"
    likely: Mapping[Any, float] = field(default_factory=dict)


@lru_cache(maxsize=1)
def _written() -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(settings.BASE_DIR / "fixtures" / "questions.yaml")
    return content


@lru_cache(maxsize=1)
def fact_questions() -> Mapping[str, FactQuestion]:
    """Return how each fact is asked."""
    return {fact: FactQuestion(**row) for fact, row in _written()["facts"].items()}


def efforts() -> dict[str, float]:
    """Return what answering costs, by fact."""
    return {fact: asked.effort for fact, asked in fact_questions().items()}


def likely() -> dict[str, Mapping[Any, float]]:
    """Return typical answers and how common they are, by fact."""
    return {fact: asked.likely for fact, asked in fact_questions().items() if asked.likely}


def condition_effort() -> float:
    """Return what answering a condition left to a person costs."""
    return float(_written()["condition_effort"])


def question_of(name: str) -> str:
    """Return how a fact is asked; another scheme is a fact of its own."""
    if name.startswith(Fact.SCHEME):
        return _("Avez-vous déjà obtenu « %(name)s » ?") % {"name": scheme_name(name.removeprefix(Fact.SCHEME))}
    return fact_questions()[name].question


def label_of(name: str) -> str:
    """Return the name of a fact in words."""
    if name.startswith(Fact.SCHEME):
        return _("« %(name)s » (déjà obtenu ou non)") % {"name": scheme_name(name.removeprefix(Fact.SCHEME))}
    return str(FACT_NAMES[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class NextQuestion:
    """One question as a page asks it: why, and what the answer settles."""

    name: str
    question: str
    ask: str
    why: tuple[str, ...]
    n_waiting: int
    n_can_settle: int
    n_undecided: int

    @property
    def is_condition(self) -> bool:
        """Whether it is a condition that only a person can check."""
        return self.name.startswith(Fact.ANSWER)

    @property
    def n_more(self) -> int:
        return self.n_waiting - len(self.why)

    @property
    def promise(self) -> str:
        """What answering brings, in one sentence."""
        if self.n_undecided == 1:
            return _("La réponse peut trancher le dernier dispositif à préciser.")
        words = {"n": self.n_can_settle or self.n_waiting, "total": self.n_undecided}
        if not self.n_can_settle:
            return _("La réponse compte pour %(n)s des %(total)s dispositifs à préciser.") % words
        return _("La réponse peut trancher %(n)s des %(total)s dispositifs à préciser.") % words


@dataclass(frozen=True, slots=True)
class Questions:
    """What is left to ask of a result: the best question for the firm, and what only others know."""

    first: NextQuestion | None
    of_others: tuple[NextQuestion, ...]


def questions_of(
    submission: Submission, result: Result, *, told_with: Mapping[str, str], can_ask: Callable[[str], bool]
) -> Questions:
    """Return what is left to ask: facts first, then conditions; what was declined is not asked again.

    ``can_ask`` tells which facts have a form.
    """
    possible = result.matches.filter(addresses=True).exclude(eligibility=Match.Verdict.INELIGIBLE)
    matches = {match.scheme.key: match for match in possible.select_related("scheme", "revision")}
    declined = submission.sheet.declined()
    facts, on, compiled = result.facts, result.on, engine.catalogue()
    worth = engine.worth(
        ((key, match.score, match.parts) for key, match in matches.items()), engine.weights_of(result.weights)
    )
    undecided = {key: worth[key] for key, match in matches.items() if match.typed == Match.Verdict.UNDECIDED}
    unsure = {key: worth[key] for key, match in matches.items() if match.eligibility == Match.Verdict.UNDECIDED}
    open_facts = engine.next_questions(
        facts,
        undecided,
        on=on,
        efforts=efforts(),
        skip=declined,
        likely=likely(),
        told_with=told_with,
        compiled=compiled,
    )
    conditions = engine.next_conditions(
        facts, unsure, on=on, effort=condition_effort(), skip=declined, compiled=compiled
    )
    sentences = _sentences(matches.values())
    askable = [asked for asked in open_facts if asked.ask != "firm" or can_ask(asked.name)]
    asked = [
        *(_put(one, matches, len(undecided), question_of(one.name)) for one in askable),
        *(_put(one, matches, len(unsure), sentences[one.name]) for one in conditions),
    ]
    return Questions(
        first=next((question for question in asked if question.ask == "firm"), None),
        of_others=tuple(question for question in asked if question.ask != "firm"),
    )


def _put(asked: engine.Asked, matches: Mapping[str, Match], n_undecided: int, question: str) -> NextQuestion:
    return NextQuestion(
        name=asked.name,
        question=question,
        ask=asked.ask,
        why=tuple(matches[key].revision.name for key in asked.waiting[:N_WHY]),
        n_waiting=len(asked.waiting),
        n_can_settle=len(asked.can_settle),
        n_undecided=n_undecided,
    )


def _sentences(matches: Iterable[Match]) -> dict[str, str]:
    """Return the sentences of the conditions that the schemes leave to a person."""
    revisions = [match.revision_id for match in matches]
    rows = Criterion.objects.filter(revision__in=revisions).order_by("pk").values_list("definition", flat=True)
    return {f"{Fact.ANSWER}{name}": sentence for row in rows for name, sentence in manual_sentences(row).items()}
