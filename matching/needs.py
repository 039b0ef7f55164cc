"""A text and ticked boxes → the sub-needs they speak of, how sure that is, and the words that say so.

A text is read sentence by sentence. What only greets, presents or thanks is left out; a sub-need is heard in what
is left as a whole, or in its best sentence: a boss with two needs gives each a sentence of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.centroids import Centroids
from matching.language import FILLER, NOTHING, Heard, Language
from matching.sentences import Sentence, Span, clauses_of, coordinated, sentences_of
from matching.text import tokens, words

IS_FILLER, SPEAKS = 0.5, 0.3  # share from which a part is filler, unless a clause of it has so much of a sub-need
SPEAK_TOGETHER = 0.9  # or so much of all sub-needs: "réduire notre consommation de gaz" may be four of them
LIKE_FILLER, QUIET = 0.3, 0.08  # with so much, too, where no other class has more: "je suis menuisier à Noyon"
ONE = 0.65  # what the best sentence counts for beside all that is left
WHOLE = 0.5  # a sub-need with half of a text weighs 1: a boss often has two
FLOOR = 0.04  # a smaller share is noise
FAINT = 0.12  # a text with no greater share of a sub-need, and more that is filler, is small talk
LEAST = 1e-3  # a share under it is none
NEGATION_SPAN = 4  # words after a negation that it covers: "pas besoin d'un prêt"
N_EVIDENCE, EVIDENCE_SHARE = 4, 0.1  # words named of those that decided, and what each decided at least


@dataclass(frozen=True, slots=True)
class Wish:
    """What a submission asks for.

    Parameters
    ----------
    weights : mapping of str to float
        Weight in ]0, 1] of each sub-need, of its share and its probability; empty when nothing was understood.
    evidence : mapping of str to tuple of str
        The words of the text that decided, as written, by sub-need; ticked ones have none.
    stated : bool
        Whether anything was ticked or written: if not, every scheme is of interest.
    ticked : frozenset of str
        The sub-needs that were ticked.
    probabilities : mapping of str to float
        By sub-need, that the text asks for it, in [0, 1]: each is decided by itself.
    sentences : mapping of str to Span
        By sub-need, the sentence that says it best.
    closeness : mapping of str to float
        By scheme key, how close the text comes to what is said of the scheme: a cosine in [0, 1].
    elsewhere : float
        The greatest share of what no scheme answers in the text.
    foreign : bool
        Whether the text is in another language: nothing is read in it.
    preferences : frozenset of str
        What schemes had better not be; they lower and never exclude.
    spoken_activities : frozenset of str
        Codes of the NAF rév. 2, one of which the text says is the activity: what none of them could have is lowered,
        and never excluded, while the activity is not known.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stated: bool = False
    ticked: frozenset[str] = frozenset()
    probabilities: Mapping[str, float] = field(default_factory=dict)
    sentences: Mapping[str, Span] = field(default_factory=dict)
    closeness: Mapping[str, float] = field(default_factory=dict)
    elsewhere: float = 0.0
    foreign: bool = False
    preferences: frozenset[str] = frozenset()
    spoken_activities: frozenset[str] = frozenset()

    def percent(self, need: str) -> float:
        """Return how sure a sub-need is, from 0 to 100: wholly where nothing else is said of it."""
        return 100.0 * self.probabilities.get(need, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certainty:
    """From the shares of sub-needs in a text to the probabilities that they are asked for (Platt, 1999).

    That of the likeliest is logistic in the logarithms of its share and of the greatest share of what no scheme
    answers in the same part, and in the log-odds that no scheme is for the text. That of each other one, where the
    likeliest is asked for, is logistic in the logarithms of its share in the part that says it best and in the whole:
    most of what is heard beside a need is a shade of it, or the trade of who writes. Fitted on judged requests.
    """

    intercept: float
    need: float
    nothing: float
    out_of_scope: float
    other_intercept: float
    other_need: float
    other_whole: float

    def probabilities(
        self, shares: NDArray[np.float64], nothing: NDArray[np.float64], out_of_scope: float
    ) -> NDArray[np.float64]:
        """Return the probability of sub-needs, each as the likeliest of its text; arrays that fit each other."""
        logits = self.intercept + self.need * _log(shares) + self.nothing * _log(nothing)
        return _probability(logits + self.out_of_scope * out_of_scope)

    def of_others(self, best: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of sub-needs beside one that is asked for; shares in a part, and in the whole."""
        return _probability(self.other_intercept + self.other_need * _log(best) + self.other_whole * _log(whole))


class Signs(NamedTuple):
    """What :class:`Certainty` reads of a text: of its likeliest sub-need, and of each other one that is heard.

    Logarithms of its share, of the most that is nothing and log-odds; logarithms of its share in a part and the whole.
    """

    likeliest: tuple[float, float, float]
    others: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Shares:
    """What was heard of each class, in all that is left of a text and in parts of it.

    Parameters
    ----------
    heard : Heard
        All that is left, then its sentences or clauses.
    spans : sequence of Span
        Of these parts.
    written : sequence of str
        The words of all that is left.
    """

    heard: Heard
    spans: Sequence[Span]
    written: Sequence[str]

    @property
    def out_of_scope(self) -> float:
        """Return the log-odds that no scheme is for all that is left."""
        return float(self.heard.out_of_scope[0])


class NeedReader:
    """Reads needs in one language.

    Parameters
    ----------
    language : Language
        Of sub-needs, of ``FILLER`` and of classes that start with ``NOTHING``.
    certainty : Certainty
    negations, exceptions, will, need : iterable of str
        Words that deny ("pas"); those of them that hide what follows wherever they stand ("sauf"); words beside which
        the others do: before ("veux") and after ("besoin").
    joints : iterable of str
        Words that open another clause ("et", "mais").
    stop_words : collection of str
        Stems that say nothing.
    """

    def __init__(
        self,
        language: Language,
        certainty: Certainty,
        *,
        negations: Iterable[str] = (),
        exceptions: Iterable[str] = (),
        will: Iterable[str] = (),
        need: Iterable[str] = (),
        joints: Iterable[str] = (),
        stop_words: Iterable[str] = (),
    ) -> None:
        self.language = language
        self._certainty = certainty
        self._exceptions, self._will, self._need = map(_stems, (exceptions, will, need))
        self._negations, self._joints = _stems(negations) | self._exceptions, _stems(joints)
        self._stop_words = frozenset(stop_words)
        names = language.classes
        self._needs = np.array([name != FILLER and not name.startswith(NOTHING) for name in names], bool)
        self._nothing = np.array([name.startswith(NOTHING) for name in names], bool)
        self._filler = np.array([name == FILLER for name in names], bool)

    def read(self, text: str, ticked: Iterable[str] = (), *, centroids: Centroids | None = None) -> Wish:
        """Weigh the sub-needs of a text and of ticked boxes; a ticked one weighs 1 and is certain.

        With ``centroids``, of schemes by key, the wish says how close the words come to each.
        """
        ticked = list(ticked)
        weights, probabilities = dict.fromkeys(ticked, 1.0), dict.fromkeys(ticked, 1.0)
        stated = bool(ticked or text.strip())
        found = self.shares(text)
        if found is None:
            return Wish(weights, stated=stated, ticked=frozenset(ticked), probabilities=probabilities)
        evidence: dict[str, tuple[str, ...]] = {}
        sentences: dict[str, Span] = {}
        shares, nothing = self.counted(found)
        sure = self._certainty.probabilities(shares, nothing[:, np.newaxis], found.out_of_scope)
        most = shares.max(axis=0)
        is_small_talk = self._is_small_talk(found.heard.shares)
        understood = np.flatnonzero(self._needs & (most >= (np.inf if is_small_talk else FLOOR)))
        chances = self._chances(shares, sure, understood)
        for column in understood[np.argsort(-most[understood], kind="stable")].tolist():
            need = self.language.classes[column]
            probabilities.setdefault(need, float(chances[column]))
            weights.setdefault(need, (min(1.0, float(most[column]) / WHOLE) + probabilities[need]) / 2.0)
            brought = self.language.brought(found.heard, len(found.written), column)
            evidence[need] = _deciding(found.written, brought)
            if need not in ticked:
                sentences[need] = found.spans[int(shares[1:, column].argmax()) if len(shares) > 1 else 0]
        return Wish(
            weights,
            evidence,
            stated=stated,
            ticked=frozenset(ticked),
            probabilities=probabilities,
            sentences=sentences,
            closeness=centroids.closeness(found.heard) if centroids else {},
            elsewhere=float(nothing[0]),
        )

    def shares(self, text: str) -> Shares | None:
        """Hear all that is left of a text without filler, and its parts; nothing where it has no word."""
        kept = self._kept(text, sentences_of(text))
        written, stems = self._asserted(text, [span for span, _ in kept])
        if not stems:
            return None
        if len(kept) == 1:
            parts = self._clauses(text, kept[0])
        else:
            spans = [part for span, _ in kept for part in coordinated(text, span)]
            parts = [(span, self._asserted(text, [span])[1]) for span in spans]
        parts = [(span, part) for span, part in parts if self._says_something(part)]
        if len(parts) < 2:
            parts = []
        heard = self.language.hear([stems, *(part for _, part in parts)])
        return Shares(heard, [span for span, _ in parts] or [kept[0].span], written)

    def counted(self, found: Shares) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what each class counts for in the whole and in the parts, and the most that is nothing in each.

        Returns
        -------
        (shares, nothing) : ndarray of float64, shapes (n_texts, n_classes) and (n_texts,)
        """
        shares = found.heard.shares.copy()
        shares[1:] *= ONE
        return shares, found.heard.shares[:, self._nothing].max(axis=1, initial=0.0)

    def _chances(
        self, shares: NDArray[np.float64], sure: NDArray[np.float64], understood: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the probability of each class, of which some are ``understood``: of the likeliest, then beside it."""
        if not understood.size:
            return np.zeros(len(self._needs))
        best = sure.argmax(axis=0)
        likeliest = understood[sure.max(axis=0)[understood].argmax()]
        chance = sure[best[likeliest], likeliest]
        chances: NDArray[np.float64] = chance * self._certainty.of_others(
            np.take_along_axis(shares, best[np.newaxis], axis=0)[0], shares[0]
        )
        chances[likeliest] = chance
        return chances

    def signs(self, text: str, certainty: Certainty) -> Signs | None:
        """Return what :class:`Certainty` reads of a text, the likeliest as this one says; nothing without words."""
        found = self.shares(text)
        if found is None:
            return None
        shares, nothing = self.counted(found)
        sure = np.where(self._needs, certainty.probabilities(shares, nothing[:, np.newaxis], found.out_of_scope), -1.0)
        best = sure.argmax(axis=0)
        likeliest = int(sure.max(axis=0).argmax())
        others = np.flatnonzero(self._needs & (shares.max(axis=0) >= FLOOR)).tolist()
        of_need = _log(shares)
        return Signs(
            (float(of_need[best[likeliest], likeliest]), float(_log(nothing)[best[likeliest]]), found.out_of_scope),
            {
                self.language.classes[at]: (float(of_need[best[at], at]), float(of_need[0, at]))
                for at in others
                if at != likeliest
            },
        )

    # -- what a text is read by

    def _kept(self, text: str, sentences: Sequence[Sentence]) -> Sequence[Sentence]:
        """Return the sentences of a text that are not filler, without clauses of filler at their ends; never none.

        Of one that is filler as a whole, from its first clause that speaks of a need to its last one.
        """
        spans = [span for sentence in sentences for span in (sentence.span, *sentence.clauses)]
        if len(spans) <= 2:  # one sentence of one clause: it is all that there is
            return sentences
        shares = self.language.hear([self._asserted(text, [span])[1] for span in spans]).shares
        filling, others = (shares[:, which].max(axis=1, initial=0.0) for which in (self._filler, ~self._filler))
        fillers = (filling >= IS_FILLER) | ((filling >= LIKE_FILLER) & (others <= QUIET))
        needs = shares[:, self._needs]
        speakers = (needs.max(axis=1, initial=0.0) >= SPEAKS) | (needs.sum(axis=1) >= SPEAK_TOGETHER)
        is_filler, speaks = dict(zip(spans, fillers.tolist(), strict=True)), dict(zip(spans, speakers, strict=True))
        kept = []
        for span, clauses in sentences:
            said = [
                place
                for place, clause in enumerate(clauses)
                if (speaks[clause] if is_filler[span] else not is_filler[clause])
            ]
            if said:
                clauses = clauses[said[0] : said[-1] + 1]
            if said or not is_filler[span]:
                kept.append(Sentence(Span(clauses[0].start, clauses[-1].end), clauses))
        return kept or sentences

    def _clauses(self, text: str, sentence: Sentence) -> list[tuple[Span, list[str]]]:
        """Return the clauses of a sentence: a second need often stands in one of its own."""
        parts: list[tuple[Span, list[str]]] = []
        for clause in sentence.clauses:
            part: list[str] = []
            for stem in self._asserted(text, [clause])[1]:
                if stem in self._joints:
                    parts.append((sentence.span, part))
                    part = []
                else:
                    part.append(stem)
            parts.append((sentence.span, part))
        return parts

    def _is_small_talk(self, shares: NDArray[np.float64]) -> bool:
        most = float(shares[:, self._needs].max(initial=0.0))
        return most < FAINT and float(shares[0, self._filler].max(initial=0.0)) > most

    def _says_something(self, stems: Iterable[str]) -> bool:
        return any(stem not in self._stop_words for stem in stems)

    def _asserted(self, text: str, spans: Iterable[Span]) -> tuple[list[str], list[str]]:
        """Return the words of some parts of a text that no negation covers, as written and as stems."""
        kept: list[tuple[str, str]] = []
        for span in spans:
            for start, end in clauses_of(text, span):
                found = words(text[start:end])
                stems = [stem for _, stem in found]
                covered = () if self._negations.isdisjoint(stems) else self._negated(stems)
                kept += [pair for place, pair in enumerate(found) if place not in covered] if covered else found
        return [written for written, _ in kept], [stem for _, stem in kept]

    def _negated(self, stems: Sequence[str]) -> set[int]:
        """Return the places of a clause that a negation covers, up to a joint.

        "Je n'ai pas de soudeur" asks for a welder: a negation hides what follows it only where it opens the clause
        ("pas de prêt"), stands after a word of will ("je ne veux pas de prêt") or before a word of need ("pas besoin
        de prêt", "aucun souci pour recruter").
        """
        covered: set[int] = set()
        for place, stem in enumerate(stems):
            if stem not in self._negations:
                continue
            follows = stems[place + 1 : place + 3]
            if (
                stem in self._exceptions
                or place == 0
                or stems[place - 1] in self._will
                or not self._need.isdisjoint(follows)
            ):
                for later in range(place + 1, min(place + 1 + NEGATION_SPAN, len(stems))):
                    if stems[later] in self._joints:
                        break
                    covered.add(later)
        return covered


def _stems(spoken: Iterable[str]) -> frozenset[str]:
    return frozenset(stem for word in spoken for stem in tokens(word))


def _probability(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-logits))
    return found


def _log(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.log(np.maximum(shares, LEAST))
    return found


def _deciding(written: Sequence[str], brought: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the words that brought a text to a class, most first, from what each of them brought; each once."""
    total: dict[str, float] = {}
    for word, value in zip(written, brought.tolist(), strict=True):
        total[word] = total.get(word, 0.0) + value
    positive = {word: value for word, value in total.items() if value > 0.0}
    enough = EVIDENCE_SHARE * sum(positive.values())
    ordered = sorted(((-value, word) for word, value in positive.items() if value >= enough))
    return tuple(word for _, word in ordered[:N_EVIDENCE])
