"""A sentence and ticked boxes → weights over the sub-needs, with the words that decided.

How people speak of each sub-need, and of what no scheme answers, is learnt from sentences (:class:`Lexicon`). A word
under a negation ("pas de prêt") does not count.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matching.lexicon import Lexicon
from matching.text import tokens, words

_STOPS = re.compile(r"[.,;:!?\n()]+")

NOTHING = "nothing."  # subjects that no scheme answers are named so
SHARPNESS = 8.0  # of the shares of a text between subjects: half as like, 256 times less
WHOLE = 0.5  # a sub-need with half of a text weighs 1: a boss often has two
FLOOR = 0.04  # a smaller share is noise
SILENCE = 0.02  # a likeness under it says nothing at all
NEGATION_SPAN = 4  # words after a negation that it covers: "pas besoin d'un prêt"
CLAUSE, LEAST_WORDS = 0.5, 2  # what a clause counts for beside the whole text, and the words it needs to count
LONELY = 4  # a clause half as like anything as the whole text counts for 2 to this power less
N_EVIDENCE, EVIDENCE_SHARE = 4, 0.1  # words named of those that decided, and what each decided at least


@dataclass(frozen=True, slots=True)
class Wish:
    """What a submission asks for.

    Parameters
    ----------
    weights : mapping of str to float
        Weight in ]0, 1] of each sub-need; empty when nothing was understood.
    evidence : mapping of str to tuple of str
        The words of the text that decided, as written, by sub-need; ticked ones have none.
    stated : bool
        Whether anything was ticked or written: if not, every scheme is of interest.
    ticked : frozenset of str
        The sub-needs that were ticked.
    likeness : mapping of str to float
        By sub-need, how close the text comes to how people speak of it: a cosine in [0, 1].
    nothing : float
        How close it comes to what no scheme answers.
    closeness : mapping of str to float
        By scheme key, how close the text comes to what is said of the scheme: a cosine in [0, 1].
    chance : float, optional
        That something answers, where it was computed before: to replay an old answer.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stated: bool = False
    ticked: frozenset[str] = frozenset()
    likeness: Mapping[str, float] = field(default_factory=dict)
    nothing: float = 0.0
    closeness: Mapping[str, float] = field(default_factory=dict)
    chance: float | None = None


class NeedReader:
    """Reads needs with one lexicon.

    Parameters
    ----------
    lexicon : Lexicon
        Of sub-needs, and of subjects that start with ``NOTHING``.
    negations, verb_negations : iterable of str
        Words that deny what follows ("sans"), and words after which they only deny a verb ("ne", "n").
    joints : iterable of str
        Words that open another clause ("et", "mais").
    """

    def __init__(
        self,
        lexicon: Lexicon,
        *,
        negations: Iterable[str] = (),
        verb_negations: Iterable[str] = (),
        joints: Iterable[str] = (),
    ) -> None:
        self._lexicon = lexicon
        self._negations = frozenset(stem for word in negations for stem in tokens(word))
        self._verb_negations = frozenset(stem for word in verb_negations for stem in tokens(word))
        self._joints = frozenset(stem for word in joints for stem in tokens(word))
        self._served = np.array([not subject.startswith(NOTHING) for subject in lexicon.subjects], bool)

    def read(self, text: str, ticked: Iterable[str] = ()) -> Wish:
        """Weigh the sub-needs of a text and of ticked boxes; a ticked one weighs 1."""
        ticked = list(ticked)
        weights = dict.fromkeys(ticked, 1.0)
        evidence: dict[str, tuple[str, ...]] = {}
        written, stems = self.asserted(text)
        likeness, *of_clauses = self._lexicon.likeness([stems, *self._clauses(text)]).astype(float)
        shares = self._shares(likeness)
        for clause in of_clauses:
            sure = min(1.0, clause.max(initial=0.0) / max(likeness.max(initial=0.0), SILENCE)) ** LONELY
            shares = np.maximum(shares, CLAUSE * sure * self._shares(clause))
        understood = [
            column
            for column in np.argsort(-shares, kind="stable").tolist()
            if self._served[column] and shares[column] >= FLOOR
        ]
        for column, brought in zip(understood, self._lexicon.shares(stems, understood).T, strict=True):
            sub_need = self._lexicon.subjects[column]
            weights.setdefault(sub_need, min(1.0, float(shares[column]) / WHOLE))
            evidence[sub_need] = _evidence(written, brought.tolist())
        return Wish(
            weights,
            evidence,
            stated=bool(ticked or text.strip()),
            ticked=frozenset(ticked),
            likeness={
                subject: value
                for subject, value, served in zip(self._lexicon.subjects, likeness.tolist(), self._served, strict=True)
                if served and value > 0.0
            },
            nothing=float(likeness[~self._served].max(initial=0.0)),
        )

    def asserted(self, text: str) -> tuple[list[str], list[str]]:
        """Return the words of a text that no negation covers, as written and as stems."""
        found = words(text)
        covered = self._negated([stem for _, stem in found])
        kept = [pair for position, pair in enumerate(found) if position not in covered]
        return [written for written, _ in kept], [stem for _, stem in kept]

    def _clauses(self, text: str) -> list[list[str]]:
        """Return the stems of each clause of a text that has several: a second need often stands in one of its own."""
        clauses: list[list[str]] = []
        for part in _STOPS.split(text):
            _, stems = self.asserted(part)
            clauses.append([])
            for stem in stems:
                if stem in self._joints:
                    clauses.append([])
                else:
                    clauses[-1].append(stem)
        silent = self._lexicon.rarity.stop_words
        kept = [clause for clause in clauses if sum(stem not in silent for stem in clause) >= LEAST_WORDS]
        return kept if len(kept) > 1 else []

    def _shares(self, likeness: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of each subject in a text; none where it is like nothing we know."""
        if likeness.max(initial=0.0) < SILENCE:
            return np.zeros_like(likeness)
        shares: NDArray[np.float64] = (likeness / likeness.max()) ** SHARPNESS
        return shares / shares.sum()

    def _negated(self, stems: list[str]) -> set[int]:
        """Return the positions that a negation covers.

        A negation after a verb denies the verb ("je ne trouve pas de soudeur" asks for a welder): only one that opens
        a group of words ("pas de prêt", "sauf un prêt") hides what follows it.
        """
        covered: set[int] = set()
        for position, stem in enumerate(stems):
            before = stems[max(0, position - 3) : position]
            if stem in self._negations and self._verb_negations.isdisjoint(before):
                covered.update(range(position + 1, position + 1 + NEGATION_SPAN))
        return covered


def _evidence(written: Sequence[str], brought: Sequence[float]) -> tuple[str, ...]:
    """Return the words that brought a text close to a subject, those that brought most first."""
    total: dict[str, float] = {}
    for word, value in zip(written, brought, strict=True):
        total[word] = total.get(word, 0.0) + value
    least = EVIDENCE_SHARE * sum(total.values())
    ordered = sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(word for word, value in ordered[:N_EVIDENCE] if value > 0 and value >= least)
