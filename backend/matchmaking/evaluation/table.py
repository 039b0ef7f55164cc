"""The evaluation: our order and the others on the same judged requests, need by need."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backend.matchmaking import engine
from backend.matchmaking.evaluation.judgements import Judged, load_judgements
from backend.matchmaking.evaluation.orders import Orders, sheets_of
from backend.matchmaking.match_input import as_requests, proposed

OURS = "Jonction"
FIRST, LISTED = 5, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A judged request over the schemes that its firm can or may have: what fits it, and each way's answer."""

    judged: Judged
    grades: dict[str, float]  # of the possible schemes, by key
    chance: float  # that something answers, as we state it
    lists: dict[str, list[str]]  # by way: keys in order, silence tuned or not
    best: dict[str, float]  # by way: what its first is worth, for its threshold

    @property
    def fits(self) -> bool:
        """Whether a scheme fits."""
        return any(grade >= engine.RELEVANT for grade in self.grades.values())

    @property
    def counts(self) -> bool:
        """Whether the readers are clear: something fits, or nothing at all."""
        return self.fits or not self.grades


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A way in the table: means over the needs, and both errors; each list of measures is need by need."""

    name: str
    ndcg_5: list[float]
    ndcg_10: list[float]
    recall_10: list[float]
    reciprocal_rank: list[float]
    silences: engine.Silences


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Every way on one half of the requests of a catalogue."""

    source: str
    rows: list[Row]  # ours first
    n_needs: int
    n_hopeless: int
    n_unclear: int
    calibration: engine.Calibration
    kappa: float
    kappa_named: float

    @property
    def ours(self) -> Row:
        """Return our row."""
        return self.rows[0]

    def gain(self, other: Row, measure: str) -> tuple[float, float, float]:
        """Return what we gain on another way in a measure, need by need, with its 95 % interval."""
        differences = np.array(getattr(self.ours, measure)) - np.array(getattr(other, measure))
        return engine.paired_interval(differences)


def evaluate(source: str, *, held_out: bool) -> Table:
    """Compare every way over one half of the judged requests; thresholds of silence are tuned on the other half."""
    judged = load_judgements(source)
    cases = cases_of(source, [one for one in judged if held_out or not one.held_out])
    tuned = [case for case in cases if case.counts and not case.judged.held_out]
    shown = [case for case in cases if case.judged.held_out == held_out]
    clear = [case for case in shown if case.counts]
    needs = [case for case in clear if case.fits]
    rows = [_row(name, needs, clear, _threshold(name, tuned)) for name in clear[0].lists]
    kappa, kappa_named = _agreement(judged, len(engine.catalogue(source).schemes))
    return Table(
        source=source,
        rows=rows,
        n_needs=len(needs),
        n_hopeless=len(clear) - len(needs),
        n_unclear=len(shown) - len(clear),
        calibration=engine.calibration([case.chance for case in clear], [case.fits for case in clear]),
        kappa=kappa,
        kappa_named=kappa_named,
    )


def cases_of(source: str, judged: Sequence[Judged]) -> list[Case]:
    """Answer each request in every way."""
    catalogue = engine.catalogue(source)
    language = engine.language_in_force()
    questions = [one.question for one in judged]
    requests = [request for request, _ in as_requests(questions, catalogue, language=language)]
    answers = engine.answer(requests, compiled=catalogue)
    sheets = sheets_of(catalogue)
    keys = np.array([sheet.key for sheet in sheets])
    ways = Orders(sheets).ways()
    cases = []
    for one, answer in zip(judged, answers, strict=True):
        can_have = {item.scheme_key for item in answer.ranked if item.is_possible}
        possible = np.array([key in can_have for key in keys])
        ours = [item.scheme_key for item in proposed(answer.ranked)]
        grades = {key: grade for key, grade in one.grades.items() if key in can_have}
        lists, best = {OURS: ours}, {OURS: float(_is_answer(answer.decision.reply, grades))}
        for name, scores_of in ways.items():
            scores = np.where(possible, scores_of(one.question.text), -np.inf)
            order = np.argsort(-scores, kind="stable")
            lists[name] = [str(key) for key in keys[order] if key in can_have]
            best[name] = float(scores[order[0]])
        cases.append(Case(judged=one, grades=grades, chance=answer.decision.chance, lists=lists, best=best))
    return cases


def _is_answer(reply: str, grades: Mapping[str, float]) -> bool:
    """Tell whether a reply counts as an answer: a question what is meant is none where nothing fits, nor a silence."""
    fits = any(grade >= engine.RELEVANT for grade in grades.values())
    return reply != engine.Reply.NOTHING if fits else reply == engine.Reply.ANSWERED


def _threshold(name: str, cases: Sequence[Case]) -> float:
    """Return from what a way answers: ours decides for itself, the others as is best for them."""
    if name == OURS:
        return 0.5
    return engine.best_threshold([case.best[name] for case in cases], [case.fits for case in cases])


def _row(name: str, needs: Sequence[Case], clear: Sequence[Case], threshold: float) -> Row:
    def measured(measure: Callable[[list[float], list[float]], float]) -> list[float]:
        values = []
        for case in needs:
            shown = case.lists[name] if case.best[name] >= threshold else []
            values.append(measure([case.grades.get(key, 0.0) for key in shown], list(case.grades.values())))
        return values

    return Row(
        name=name,
        ndcg_5=measured(lambda shown, every: engine.ndcg(shown, every, FIRST)),
        ndcg_10=measured(lambda shown, every: engine.ndcg(shown, every, LISTED)),
        recall_10=measured(lambda shown, every: engine.recall(shown, every, LISTED)),
        reciprocal_rank=measured(lambda shown, _: engine.reciprocal_rank(shown)),
        silences=engine.silences([case.best[name] >= threshold for case in clear], [case.fits for case in clear]),
    )


def _agreement(judged: Sequence[Judged], n_schemes: int) -> tuple[float, float]:
    """Return how far both readers agree: over all pairs, and over those that one of them named."""
    named = [
        (one.readings[0].get(key, 0), one.readings[1].get(key, 0)) for one in judged for key in sorted(one.grades)
    ]
    unnamed = len(judged) * n_schemes - len(named)
    first, second = zip(*named, strict=True)
    return (
        engine.agreement([*first, *[0] * unnamed], [*second, *[0] * unnamed]),
        engine.agreement(first, second),
    )
