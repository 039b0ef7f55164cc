"""Officers drawn by chance, who value things otherwise than the rules: does the order learn it? A simulation.

Everything stays in memory: no review, no file, no version is written, and nothing real is learnt from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import batched
from random import Random
from statistics import fmean, quantiles
from typing import Any

from backend.matchmaking import engine
from backend.matchmaking.learning import learn, learning_rules
from backend.schemes.models import SubNeed
from backend.web.management.simulation import Draw

N_OFFICERS = 4
N_DECIDED = 5  # schemes an officer decides on, of each file, from the top of the list
OWN_SHARE = 0.5  # of the points of the rules that officers share out otherwise
NOISE = 6.0  # points by which the same officer judges otherwise on another day
AT_ONCE = 50  # firms ranked at once: of more, memory
OUTCOMES = ("useless", "kept", "applied", "granted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What was learnt from so many decisions, and how both orders do on the same firms, none of them learnt from."""

    n_decisions: int
    is_on: bool
    rules: float  # mean nDCG of the first ten, against what the officers really value
    learnt: float
    difference: tuple[float, float, float]
    n_moved_up: int  # schemes that are no longer behind what is possible, though a rule excludes the firm


class Simulation:
    """Firms, officers with a common taste, and their decisions; always the same for a seed."""

    def __init__(self, seed: int, *, on: date, n_decisions: int, n_compared: int) -> None:
        self._random = Random(seed)  # noqa: S311
        self._draw = Draw(seed, on=on)
        self._on = on
        self._weights = engine.active_weights()[1]
        self._sentences = dict(SubNeed.objects.values_list("key", "sentences"))
        self._taste = self._draw_taste()
        self._compared = self._requests(n_compared)
        self._before = list(self._ranked(self._compared, None))
        likings = [self._liking(item) for ranked in self._before for item in possible(ranked)[:N_DECIDED]]
        self._steps = quantiles(likings, n=len(OUTCOMES))
        self.decisions = self._decide(n_decisions)

    def learn_from(self, n_decisions: int) -> Round:
        """Learn from the first decisions, as the service does, and compare."""
        ranker = learn(self.decisions[:n_decisions], self._weights, learning_rules())
        after = list(self._ranked(self._compared, ranker))
        pairs = [
            (engine.ndcg(old, old, engine.N_COMPARED), engine.ndcg(new, new, engine.N_COMPARED))
            for old, new in zip(map(self._grades, self._before), map(self._grades, after), strict=True)
            if any(old)
        ]
        return Round(
            n_decisions=min(n_decisions, len(self.decisions)),
            is_on=ranker is not None,
            rules=fmean(old for old, _ in pairs),
            learnt=fmean(new for _, new in pairs),
            difference=engine.paired_interval([new - old for old, new in pairs]),
            n_moved_up=sum(n_out_of_place(ranked) for ranked in after),
        )

    def _draw_taste(self) -> dict[str, float]:
        """Draw what officers value: by contribution, their points for one of the rules."""
        rules = {name: getattr(self._weights, name) for name in engine.LEARNT_FROM}
        lots = {name: self._random.expovariate(1) for name in rules}
        own = sum(rules.values()) / sum(lots.values())
        return {
            name: 1 - OWN_SHARE + OWN_SHARE * own * lots[name] / points if points else 0.0
            for name, points in rules.items()
        }

    def _requests(self, n: int) -> list[engine.Request]:
        """Draw firms that tick their needs and say each in a sentence of the taxonomy."""
        requests = []
        for firm in (self._draw.firm() for _ in range(n)):
            text = " ".join(self._random.choice(self._sentences[need]) for need in firm.needs)
            requests.append(engine.read_request(firm.facts, text, firm.needs, on=self._on)[0])
        return requests

    def _ranked(self, requests: Sequence[engine.Request], ranker: Any) -> Iterator[list[engine.Ranked]]:
        for some in batched(requests, AT_ONCE, strict=False):
            yield from engine.rank(some, weights=self._weights, ranker=ranker)

    def _decide(self, n_decisions: int) -> list[engine.Decision]:
        """Let officers decide on new firms' first schemes, some of them more lenient than others."""
        leniency = [self._random.gauss(0, NOISE / 2) for _ in range(N_OFFICERS)]
        worth = learning_rules().worth
        found: list[engine.Decision] = []
        file = 0
        while len(found) < n_decisions:
            for ranked in self._ranked(self._requests(AT_ONCE), None):
                file += 1
                officer = self._random.randrange(N_OFFICERS)
                for item in possible(ranked)[:N_DECIDED]:
                    liked = self._liking(item) + leniency[officer] + self._random.gauss(0, NOISE)
                    outcome = OUTCOMES[self._grade(liked)]
                    found.append(
                        engine.Decision(file=file, officer=officer, worth=worth[outcome], parts=learnable(item))
                    )
        return found[:n_decisions]

    def _liking(self, item: engine.Ranked) -> float:
        return sum(self._taste[name] * points for name, points in learnable(item).items())

    def _grade(self, liking: float) -> int:
        return sum(liking > step for step in self._steps)

    def _grades(self, ranked: Sequence[engine.Ranked]) -> list[int]:
        return [self._grade(self._liking(item)) for item in possible(ranked)]


def possible(ranked: Sequence[engine.Ranked]) -> list[engine.Ranked]:
    """Return what answers the need and may be had, in order."""
    return [item for item in ranked if item.answers]


def learnable(item: engine.Ranked) -> dict[str, float]:
    return {name: points for name, points in item.parts.items() if name in engine.LEARNT_FROM}


def n_out_of_place(ranked: Sequence[engine.Ranked]) -> int:
    """Count the schemes that a rule excludes and that come before one that is possible, or have a score."""
    last = max((item.rank for item in ranked if item.is_possible), default=0)
    excluded = [item for item in ranked if not item.is_possible]
    return sum(item.rank < last or item.score is not None for item in excluded)
