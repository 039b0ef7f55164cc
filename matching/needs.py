"""A text and ticked boxes → the sub-needs they speak of, how sure that is, and the words that say so.

A text is read sentence by sentence. What only greets, presents or thanks is left out; a sub-need is heard in what
is left as a whole, or in its best sentence: a boss with two needs gives each a sentence of its own. Statements
weigh less than requests: what a long message tells of is mostly not what it is written for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.centroids import Centroids
from matching.certainty import Certainty, Signs, log_of
from matching.grammar import Grammar
from matching.language import FILLER, NOISE, NOTHING, Heard, Language, summed
from matching.sentences import Sentence, Span, clauses_of, coordinated, infinitives, listed, sentences_of
from matching.text import words

IS_FILLER, SPEAKS = 0.5, 0.3  # share from which a part is filler, unless a clause of it has so much of a sub-need
SPEAK_TOGETHER = 0.9  # or so much of all sub-needs: "réduire notre consommation de gaz" may be four of them
LIKE_FILLER, QUIET = 0.3, 0.08  # with so much, too, where no other class has more: "je suis menuisier à Noyon"
ONE = 0.65  # what the best sentence counts for beside all that is left
CLAUSE = 0.4  # and a clause of one of several sentences, for a need beside the likeliest: it tells what each thing is
STATEMENT = 0.3  # weight of a sentence that states something, beside one that requests something
LEAST_REQUESTED = 0.15  # share of a class from which a request says what it is for
WHOLE = 0.5  # a sub-need with half of a text weighs 1: a boss often has two
UNREAD = 0.6  # share of what no scheme is for, from which a part of a text is left unanswered
FLOOR = 0.04  # a smaller share is noise
FAINT = 0.25  # a text with no greater share of a sub-need, and more that is filler or noise, is small talk
MOST_CLAUSES = 40  # read of a text for what stands beside the likeliest: a page has them, and more only takes time
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
        The greatest share of what no scheme answers in the text; noise apart, which says nothing.
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


@dataclass(frozen=True, slots=True)
class Shares:
    """What was heard of each class, in all that is left of a text and in parts of it.

    Parameters
    ----------
    heard : Heard
        All that is left, then its sentences or clauses; then the clauses of sentences, where there are several.
    spans : sequence of Span
        Of these parts.
    written : sequence of str
        The words of all that is left.
    part_weights : (n_texts,) ndarray of float64
        Weight of all that is left and of each part, in ]0, 1].
    n_main : int
        How many of the first texts say which need is the likeliest; the clauses after them say what stands beside it.
    """

    heard: Heard
    spans: Sequence[Span]
    written: Sequence[str]
    part_weights: NDArray[np.float64]
    n_main: int

    @property
    def out_of_scope(self) -> float:
        """Return the log-odds that no scheme is for all that is left."""
        return float(self.heard.out_of_scope[0])


type Known = dict[tuple[str, ...], NDArray[np.float64]]  # the shares of some texts, by their stems


class Part(NamedTuple):
    """A part of a text: its span or that of its sentence, its stems, and whether it is a request, or a fragment."""

    span: Span
    stems: list[str]
    is_request: bool = False
    is_fragment: bool = False


class NeedReader:
    """Reads needs in one language.

    Parameters
    ----------
    language : Language
        Of sub-needs, of ``FILLER`` and of classes that start with ``NOTHING``.
    certainty : Certainty
    grammar : Grammar
    guidance : str
        The sub-need of who asks to be guided: a request for nothing else takes no weight from the other sentences.
    """

    def __init__(self, language: Language, certainty: Certainty, grammar: Grammar, *, guidance: str = "") -> None:
        self.language = language
        self._certainty, self._grammar = certainty, grammar
        names = language.classes
        self._needs = np.array([name != FILLER and not name.startswith(NOTHING) for name in names], bool)
        self._nothing = np.array([name.startswith(NOTHING) for name in names], bool)
        self._filler = np.array([name == FILLER for name in names], bool)
        self._noise = np.array([name == NOISE for name in names], bool)
        self._states = np.array([name not in (FILLER, guidance) for name in names], bool)

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
        sure = self._certainty.probabilities(
            shares[: found.n_main], nothing[: found.n_main, np.newaxis], found.out_of_scope
        )
        most = shares.max(axis=0)
        is_small_talk = self._is_small_talk(found.heard.shares)
        understood = np.flatnonzero(self._needs & (most >= (np.inf if is_small_talk else FLOOR)))
        chances = self._chances(shares, sure, understood)
        understood = understood[np.argsort(-most[understood], kind="stable")]
        deciding = _deciding(found.written, self.language.brought(found.heard, len(found.written), understood))
        for column, words_of_need in zip(understood.tolist(), deciding, strict=True):
            need = self.language.classes[column]
            probabilities.setdefault(need, float(chances[column]))
            weights.setdefault(need, (min(1.0, float(most[column]) / WHOLE) + probabilities[need]) / 2.0)
            evidence[need] = words_of_need
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
            elsewhere=float(found.heard.shares[0, self._nothing & ~self._noise].max(initial=0.0)),
        )

    def shares(self, text: str) -> Shares | None:
        """Hear all that is left of a text without filler, and its parts; nothing where it has no word."""
        kept, known = self._kept(text, sentences_of(text))
        spans = [span for span, _ in kept]
        written, stems = self._asserted(text, spans)
        if not stems:  # a text of which all is refused complains: "pas de bus ici"
            written, stems = self._asserted(text, spans, complains=True)
        if not stems:
            return None
        parts = self._clauses(text, kept[0]) if len(kept) == 1 else self._propositions(text, kept)
        parts = [part for part in parts if self._grammar.says_something(part.stems)]
        if len(parts) < 2:
            parts = []
        clauses = self._finer(text, kept, parts) if len(kept) > 1 else []
        several = [tuple(part.stems) for part in (*parts, *clauses)]
        new = [*dict.fromkeys(part for part in several if part not in known)]
        heard = self.language.hear([stems, *new])
        known |= zip(new, heard.shares[1:], strict=True)
        heard = replace(heard, shares=np.array([heard.shares[0], *(known[part] for part in several)]))
        spans = [part.span for part in (*parts, *clauses)] or [kept[0].span]
        part_weights = np.array([*self._part_weights(parts, heard), *[CLAUSE] * len(clauses)])
        return Shares(heard, spans, written, part_weights, 1 + len(parts))

    def _finer(self, text: str, sentences: Iterable[Sentence], parts: Iterable[Part]) -> list[Part]:
        """Return the first clauses of sentences that say something and are none of some parts."""
        known = {tuple(part.stems) for part in parts}
        clauses = (clause for sentence in sentences for clause in self._clauses(text, sentence))
        finer = (
            clause
            for clause in clauses
            if tuple(clause.stems) not in known and self._grammar.says_something(clause.stems)
        )
        return [*islice(finer, MOST_CLAUSES)]

    def counted(self, found: Shares) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what each class counts for in the whole and in the parts, and the most that is nothing in each.

        Returns
        -------
        (shares, nothing) : ndarray of float64, shapes (n_texts, n_classes) and (n_texts,)
        """
        nothing = found.heard.shares[:, self._nothing].max(axis=1, initial=0.0)
        return found.heard.shares * found.part_weights[:, np.newaxis], nothing

    def _part_weights(self, parts: Sequence[Part], heard: Heard) -> NDArray[np.float64]:
        """Return the weight of all that is left, then of each part of it: statements beside requests weigh less."""
        weights = np.array([1.0, *[ONE] * len(parts)])
        said = np.where(self._filler, 0.0, heard.shares[1 : 1 + len(parts)])
        states = (said.max(axis=1, initial=0.0) >= LEAST_REQUESTED) & self._states[said.argmax(axis=1)]
        specific = states & np.array([part.is_request for part in parts], bool)
        is_telegraphic = all(part.is_request or part.is_fragment for part in parts)
        if specific.any() and not is_telegraphic:
            weights[1:][~specific] *= STATEMENT
        return weights

    def _chances(
        self, shares: NDArray[np.float64], sure: NDArray[np.float64], understood: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the probability of each class, of which some are ``understood``: of the likeliest, then beside it."""
        if not understood.size:
            return np.zeros(len(self._needs))
        best = sure.argmax(axis=0)
        likeliest = understood[sure.max(axis=0)[understood].argmax()]
        chance = sure[best[likeliest], likeliest]
        in_parts = _in_parts(shares, best, len(sure))
        chances: NDArray[np.float64] = chance * self._certainty.of_others(in_parts, shares[0])
        chances[likeliest] = chance
        return chances

    def signs(self, text: str, certainty: Certainty) -> Signs | None:
        """Return what :class:`Certainty` reads of a text, the likeliest as this one says; nothing without words."""
        found = self.shares(text)
        if found is None:
            return None
        shares, nothing = self.counted(found)
        n_main = found.n_main
        sure = certainty.probabilities(shares[:n_main], nothing[:n_main, np.newaxis], found.out_of_scope)
        sure = np.where(self._needs, sure, -1.0)
        best = sure.argmax(axis=0)
        likeliest = int(sure.max(axis=0).argmax())
        others = np.flatnonzero(self._needs & (shares.max(axis=0) >= FLOOR)).tolist()
        of_need, in_parts = log_of(shares), log_of(_in_parts(shares, best, n_main))
        return Signs(
            (float(of_need[best[likeliest], likeliest]), float(log_of(nothing)[best[likeliest]]), found.out_of_scope),
            {
                self.language.classes[at]: (float(in_parts[at]), float(of_need[0, at]))
                for at in others
                if at != likeliest
            },
        )

    def unread(self, text: str) -> list[Span]:
        """Return the parts that request what no scheme is for, of a text with several: "former Léa et divorcer"."""
        parts = self._propositions(text, self._kept(text, sentences_of(text))[0])
        parts = [part for part in parts if self._grammar.says_something(part.stems)]
        if len(parts) < 2:
            return []
        shares = self.language.hear([part.stems for part in parts]).shares
        nothing = shares[:, self._nothing & ~self._noise].sum(axis=1)
        needs = shares[:, self._needs].max(axis=1, initial=0.0)
        unread = (nothing >= UNREAD) & (needs < SPEAKS)
        return [
            part.span
            for part, is_unread in zip(parts, unread.tolist(), strict=True)
            if is_unread and (part.is_request or part.is_fragment)
        ]

    # -- what a text is read by

    def _kept(self, text: str, sentences: Sequence[Sentence]) -> tuple[Sequence[Sentence], Known]:
        """Return the sentences of a text that are not filler, without clauses of filler at their ends; never none.

        Of one that is filler as a whole, from its first clause that speaks of a need to its last. And what was heard.
        """
        spans = [span for sentence in sentences for span in (sentence.span, *sentence.clauses)]
        if len(spans) <= 2:  # one sentence of one clause: it is all that there is
            return sentences, {}
        stems = [self._asserted(text, [span])[1] for span in spans]
        shares = self.language.hear(stems).shares
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
        return kept or sentences, dict(zip(map(tuple, stems), shares, strict=True))

    def _propositions(self, text: str, sentences: Iterable[Sentence]) -> list[Part]:
        """Return the parts of sentences with a subject or infinitive of their own; all of one are requests or none."""
        return [
            Part(
                span,
                self._asserted(text, [span])[1],
                self._grammar.is_request(text, proposition),
                self._grammar.is_fragment(text, proposition),
            )
            for sentence in sentences
            for subject in coordinated(text, sentence.span)
            for proposition in listed(text, subject)
            for span in infinitives(text, proposition)
        ]

    def _clauses(self, text: str, sentence: Sentence) -> list[Part]:
        """Return the clauses of a sentence: a second need often stands in one of its own."""
        parts: list[Part] = []
        for clause in sentence.clauses:
            stems: list[str] = []
            for stem in self._asserted(text, [clause])[1]:
                if stem in self._grammar.joints:
                    parts.append(Part(sentence.span, stems))
                    stems = []
                else:
                    stems.append(stem)
            parts.append(Part(sentence.span, stems))
        return parts

    def _is_small_talk(self, shares: NDArray[np.float64]) -> bool:
        most = float(shares[:, self._needs].max(initial=0.0))
        return most < FAINT and float(shares[0, self._filler | self._noise].sum()) > most

    def _asserted(self, text: str, spans: Iterable[Span], *, complains: bool = False) -> tuple[list[str], list[str]]:
        """Return the words of some parts of a text that no negation covers, as written and as stems."""
        kept: list[tuple[str, str]] = []
        for span in spans:
            for start, end in clauses_of(text, span):
                found = words(text[start:end])
                stems = [stem for _, stem in found]
                if covered := self._grammar.negated(stems, complains=complains):
                    found = [pair for place, pair in enumerate(found) if place not in covered]
                    if not self._grammar.says_something(stem for _, stem in found):
                        continue  # all that the clause says is refused: "je ne cherche pas de prêt"
                kept += found
        return [written for written, _ in kept], [stem for _, stem in kept]


def _in_parts(shares: NDArray[np.float64], best: NDArray[np.intp], n_main: int) -> NDArray[np.float64]:
    """Return the share of each class in its ``best`` text of the first ones, or in a clause that says it better."""
    in_best = np.take_along_axis(shares, best[np.newaxis], axis=0)[0]
    said: NDArray[np.float64] = np.maximum(in_best, shares[n_main:].max(axis=0, initial=0.0))
    return said


def _deciding(written: Sequence[str], brought: NDArray[np.float64]) -> list[tuple[str, ...]]:
    """Return the words that brought a text to each class, most first, from what each brought: (n_words, n_classes).

    Figures are left out: "240 000" says nothing to who reads why.
    """
    number = {word: at for at, word in enumerate(dict.fromkeys(written))}
    total = summed(np.array([number[word] for word in written], np.intp), brought, len(number))
    enough = EVIDENCE_SHARE * np.maximum(total, 0.0).sum(axis=0)
    said = [*number]
    decides = (total > 0.0) & (total >= enough) & ~np.array([[word.isdigit()] for word in said], bool)
    ordered = (
        sorted((-total[at, column], said[at]) for at in np.flatnonzero(decides[:, column]).tolist())
        for column in range(total.shape[1])
    )
    return [tuple(word for _, word in words_of_class[:N_EVIDENCE]) for words_of_class in ordered]
