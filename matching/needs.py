"""A sentence and ticked boxes → weights over the sub-needs, with the words that decided.

How people speak of each sub-need, and of what no scheme answers, is learnt from sentences (:class:`Lexicon`). A word
under a negation ("pas de prêt") does not count.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matching.hearing import Hearing
from matching.lexicon import Lexicon
from matching.postings import Postings
from matching.text import tokens, words

_STOPS = re.compile(r"[.,;:!?\n()]+")

NOTHING = "nothing."  # subjects that no scheme answers are named so
SQUARED = 3  # times, the shares of a text between subjects: half as like, 256 times less
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
        self._subjects = lexicon.subjects
        self._rarity = lexicon.rarity
        self._hearing = Hearing(lexicon)
        self._negations = frozenset(stem for word in negations for stem in tokens(word))
        self._verb_negations = frozenset(stem for word in verb_negations for stem in tokens(word))
        self._joints = frozenset(stem for word in joints for stem in tokens(word))
        self._served = np.array([not subject.startswith(NOTHING) for subject in lexicon.subjects], bool)

    def read(self, text: str, ticked: Iterable[str] = (), *, postings: Postings | None = None) -> Wish:
        """Weigh the sub-needs of a text and of ticked boxes; a ticked one weighs 1.

        With ``postings``, of schemes by key, the wish says how close the words come to each.
        """
        ticked = list(ticked)
        weights = dict.fromkeys(ticked, 1.0)
        evidence: dict[str, tuple[str, ...]] = {}
        found, covered = self._words(text)
        if not found:
            return Wish(weights, stated=bool(ticked or text.strip()), ticked=frozenset(ticked))
        written, stems = _asserted(found, covered)
        bags = self._rarity.read([stems, *self._clauses(text)])
        heard = self._hearing.hear(bags)
        likeness, shares = heard.likeness[0], _shares(heard.likeness)
        served = np.flatnonzero(self._served & (shares >= FLOOR))
        understood = served[np.argsort(-shares[served], kind="stable")].tolist()
        places: dict[str, int] = {}
        owners = np.array([places.setdefault(word, len(places)) for word in written], np.intp)
        for column, brought in zip(understood, heard.shares(owners, len(places), understood), strict=True):
            sub_need = self._subjects[column]
            weights.setdefault(sub_need, min(1.0, float(shares[column]) / WHOLE))
            evidence[sub_need] = _deciding(list(places), brought)
        return Wish(
            weights,
            evidence,
            stated=bool(ticked or text.strip()),
            ticked=frozenset(ticked),
            likeness={
                subject: value
                for subject, value, served in zip(self._subjects, likeness.tolist(), self._served, strict=True)
                if served and value > 0.0
            },
            nothing=float(likeness[~self._served].max(initial=0.0)),
            closeness=postings.closeness(text, covered) if postings and stems else {},
        )

    def asserted(self, text: str) -> tuple[list[str], list[str]]:
        """Return the words of a text that no negation covers, as written and as stems."""
        return _asserted(*self._words(text))

    def _words(self, text: str) -> tuple[list[tuple[str, str]], set[int]]:
        """Return the words of a text, each with its stem, and the positions of those that a negation covers."""
        found = words(text)
        stems = [stem for _, stem in found]
        return found, set() if self._negations.isdisjoint(stems) else self._negated(stems)

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
        silent = self._rarity.stop_words
        kept = [clause for clause in clauses if sum(stem not in silent for stem in clause) >= LEAST_WORDS]
        return kept if len(kept) > 1 else []

    def _negated(self, stems: list[str]) -> set[int]:
        """Return the positions that a negation covers.

        A negation after a verb denies the verb ("je ne trouve pas de soudeur" asks for a welder): only one that opens
        a group of words ("pas de prêt", "sauf un prêt") hides what follows it.
        """
        covered: set[int] = set()
        for position, stem in enumerate(stems):
            if stem in self._negations and self._verb_negations.isdisjoint(stems[max(0, position - 3) : position]):
                covered.update(range(position + 1, position + 1 + NEGATION_SPAN))
        return covered


def _asserted(found: Sequence[tuple[str, str]], covered: Collection[int]) -> tuple[list[str], list[str]]:
    kept = [pair for position, pair in enumerate(found) if position not in covered] if covered else found
    return [written for written, _ in kept], [stem for _, stem in kept]


def _shares(likeness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each subject in a text, from the likeness of the text and of its clauses, a row each.

    A clause counts for less than the text, and for little where it is like nothing; what is like nothing has no share.
    """
    closest = likeness.max(axis=1, initial=0.0, keepdims=True)
    sharp = np.where(closest < SILENCE, 0.0, likeness / np.maximum(closest, SILENCE))
    for _ in range(SQUARED):
        sharp *= sharp
    totals = sharp.sum(axis=1, keepdims=True)
    sure = CLAUSE * np.minimum(1.0, closest / max(closest[0, 0], SILENCE)) ** LONELY
    sure[0] = 1.0
    found: NDArray[np.float64] = (sure * sharp / np.where(totals > 0, totals, 1.0)).max(axis=0)
    return found


def _deciding(words: Sequence[str], brought: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the words that brought a text close to a subject, most first, from what each of them brought."""
    enough = np.flatnonzero((brought > 0) & (brought >= EVIDENCE_SHARE * brought.sum())).tolist()
    ordered = sorted((-float(brought[place]), words[place]) for place in enough)
    return tuple(word for _, word in ordered[:N_EVIDENCE])
