"""What is left to ask, in words: the best question first, why it is asked and what it costs to answer."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from backend.common.files import read_yaml
from backend.companies.models import Fact
from backend.facts.yes_no import YES_NO
from backend.matchmaking import engine
from backend.matchmaking.fact_display import FACT_NAMES
from backend.matchmaking.models import Match, Result, Submission
from backend.matchmaking.ownership import declined_questions
from backend.matchmaking.standing import asked_of_the_firm
from backend.schemes.catalogue.definitions import manual_sentences
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.catalogue.wording import scheme_name
from backend.schemes.models import Revision

N_WHY = 3  # schemes named to say why a question is asked


@dataclass(frozen=True, slots=True)
class FactQuestion:
    """How a fact is asked, of whom, and what answering costs; ``plausible`` is a criterion on those it is asked of."""

    question: str
    effort: float
    ask: str = "firm"
    likely: Mapping[Any, float] = field(default_factory=dict)
    plausible: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConditionQuestion:
    """Of whom a condition is asked, as of a fact; and the fact after which it is asked, if it then is still open."""

    plausible: Mapping[str, Any] = field(default_factory=dict)
    after: str = ""


@lru_cache(maxsize=1)
def _written() -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(settings.BASE_DIR / "fixtures" / "questions.yaml")
    return content


@lru_cache(maxsize=1)
def fact_questions() -> Mapping[str, FactQuestion]:
    """Return how each fact is asked: as the file says, or as forms ask what is yes or no, known by heart."""
    asked = {name: FactQuestion(str(fact.question), effort=1) for name, fact in YES_NO.items() if fact.question}
    return asked | {fact: FactQuestion(**row) for fact, row in _written()["facts"].items()}


@lru_cache(maxsize=1)
def condition_questions() -> Mapping[str, ConditionQuestion]:
    """Return what is known of how some conditions are asked, by the names of their answers."""
    return {f"{Fact.ANSWER}{name}": ConditionQuestion(**row) for name, row in _written()["conditions"].items()}


@lru_cache(maxsize=1)
def _plausible() -> Mapping[str, engine.Criterion]:
    rules = {name: row.plausible for name, row in fact_questions().items()}
    rules |= {name: row.plausible for name, row in condition_questions().items()}
    return engine.parse_rules({name: rule for name, rule in rules.items() if rule})


def unasked(facts: engine.Facts, *, on: date, spoken: Iterable[str] = ()) -> frozenset[str]:
    """Return the questions that make no sense for a firm."""
    return engine.implausible(facts, _plausible(), on=on, spoken=spoken)


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
    """One question as a page asks it: why, and how many schemes its answer decides."""

    name: str
    question: str
    ask: str
    why: tuple[str, ...]
    n_waiting: int
    n_can_settle: int
    n_undecided: int

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
    """What is left to ask, best first: of the firm, and of those who alone know it."""

    of_firm: tuple[NextQuestion, ...]
    of_others: tuple[NextQuestion, ...]

    def first(self, *, but: Collection[str] = (), rather: Collection[str] = ()) -> NextQuestion | None:
        """Return the best question for the firm, one of ``rather`` first; not those that its page asks elsewhere."""
        asked = [question for question in self.of_firm if question.name not in but]
        return next((question for question in asked if question.name in rather), next(iter(asked), None))

    def named(self, name: str) -> NextQuestion | None:
        """Return a question for the firm, while it is open."""
        return next((question for question in self.of_firm if question.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """The schemes that answer a firm and that it has or may have, and what was said to decide them."""

    matches: tuple[Match, ...]
    facts: engine.Facts
    declined: Collection[str]  # the questions that are not asked again
    spoken: Collection[str]  # codes of the trades that its words speak of
    weights: engine.Weights
    on: date
    compiled: engine.Catalogue


def open_of(
    submission: Submission,
    result: Result,
    compiled: engine.Catalogue | None = None,
    *,
    left_out: Collection[int] = (),
) -> Open:
    """Return what may be asked of a result, of our catalogue as it is unless it was just read.

    ``left_out``: schemes, by key, that were set aside. No answer is asked for them.
    """
    return Open(
        matches=tuple(match for match in result.answering if match.scheme_id not in left_out),
        facts=result.facts,
        declined=declined_questions(submission),
        spoken=result.spoken_activities,
        weights=engine.weights_of(result.weights),
        on=result.on,
        compiled=compiled or engine.catalogue(),
    )


def questions_of(of: Open, *, told_with: Mapping[str, str], can_ask: Callable[[str], bool]) -> Questions:
    """Return what is left to ask: facts first, then conditions; what was declined is not asked again.

    Nor is what makes no sense for this firm. A condition waits while the fact that may settle it is being asked.
    ``can_ask`` tells which facts have a form.
    """
    matches, compiled = {match.scheme.key: match for match in of.matches}, of.compiled
    skip = {*of.declined, *unasked(of.facts, on=of.on, spoken=of.spoken)}
    worth = engine.worth(((key, match.score, match.parts) for key, match in matches.items()), of.weights)
    undecided = {key: worth[key] for key, match in matches.items() if match.typed == Match.Verdict.UNDECIDED}
    unsure = {key: worth[key] for key, match in matches.items() if match.eligibility == Match.Verdict.UNDECIDED}
    open_facts = engine.next_questions(
        of.facts,
        undecided,
        on=of.on,
        efforts=efforts(),
        skip=skip,
        likely=likely(),
        told_with=told_with,
        compiled=compiled,
    )
    askable = [asked for asked in open_facts if asked.ask != "firm" or can_ask(asked.name)]
    being_asked = {asked.name for asked in askable}
    skip |= {name for name, row in condition_questions().items() if row.after in being_asked}
    conditions = engine.next_conditions(
        of.facts, unsure, on=of.on, effort=condition_effort(), skip=skip, compiled=compiled
    )
    n_open = sum(bool(asked_of_the_firm(match)) for match in of.matches)
    revisions = read_revisions({match.revision_id for match in of.matches})
    by_key = {key: revisions[match.revision_id] for key, match in matches.items()}
    asked = [
        *(_put(one, by_key, n_open, question_of(_still_open(one.name, of))) for one in askable),
        *(
            _put(one, by_key, n_open, _sentence(one.name.removeprefix(Fact.ANSWER), by_key[one.waiting[0]]))
            for one in conditions
        ),
    ]
    return Questions(
        of_firm=tuple(question for question in asked if question.ask == "firm"),
        of_others=tuple(question for question in asked if question.ask != "firm"),
    )


def _still_open(name: str, of: Open) -> str:
    """Return what a question still asks: one form tells the legal form and the micro regime of sole traders."""
    return "micro_entrepreneur" if name == "legal_category" and of.facts.get(name) else name


def _put(asked: engine.Asked, sheets: Mapping[str, Revision], n_undecided: int, question: str) -> NextQuestion:
    return NextQuestion(
        name=asked.name,
        question=question,
        ask=asked.ask,
        why=tuple(sheets[key].name for key in asked.waiting[:N_WHY]),
        n_waiting=len(asked.waiting),
        n_can_settle=len(asked.can_settle),
        n_undecided=n_undecided,
    )


def _sentence(name: str, sheet: Revision) -> str:
    """Ask whether the sentence of a condition that a scheme leaves to a person holds, by the name of its answer.

    Some sentences are negative: to none of them does one answer yes or no, but that it is the case, or is not.
    """
    told = (manual_sentences(row.definition) for row in sheet.criteria.all())
    sentence = next(sentences[name] for sentences in told if name in sentences)
    return _("Est-ce exact ? « %(sentence)s »") % {"sentence": sentence.removesuffix(".")}
