"""A text and ticked boxes → the sub-needs they speak of, how sure that is, and the words that say so.

A text is read sentence by sentence. What only greets, presents or thanks is left out; a sub-need is heard in what
is left as a whole, or in its best sentence: a boss with two needs gives each a sentence of its own. Statements
weigh less than requests: what a long message tells of is mostly not what it is written for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, batched, chain, islice, pairwise, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.centroids import Centroids
from matching.certainty import Certainty, Signs, log_of
from matching.grammar import Grammar
from matching.language import FILLER, NOISE, NOTHING, Heard, Language
from matching.parts import Part, PartedText, Words
from matching.sentences import Sentence, Span
from matching.terms import Floats, summed
from matching.wishes import Wish, ticked_alone

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
TOGETHER = 128  # texts that are heard together: what the words that they have in common say is added up once
N_EVIDENCE, EVIDENCE_SHARE = 4, 0.1  # words named of those that decided, and what each decided at least


@dataclass(frozen=True, slots=True)
class Shares:
    """What was heard of each class, in all that is left of a text and in parts of it.

    Parameters
    ----------
    heard : (n_texts, n_classes) ndarray of float64
        Of all that is left, then its sentences or clauses; then the clauses of sentences, where there are several.
    nothing : (n_texts,) ndarray of float64
        The most that no scheme is for in each.
    out_of_scope : float
        Log-odds that no scheme is for all that is left.
    spans : sequence of Span
        Of these parts.
    written : sequence of str
        The words of all that is left.
    part_weights : (n_texts,) ndarray of float64
        Weight of all that is left and of each part, in ]0, 1].
    n_main : int
        How many of the first texts say which need is the likeliest; the clauses after them say what stands beside it.
    elsewhere : float
        The greatest share of what no scheme is for in all that is left; noise apart.
    is_small_talk : bool
        Whether no need is heard well enough to outweigh greetings and noise.
    """

    heard: Floats
    nothing: Floats
    out_of_scope: float
    spans: Sequence[Span]
    written: Sequence[str]
    part_weights: Floats
    n_main: int
    elsewhere: float
    is_small_talk: bool

    def counted(self) -> Floats:
        """Return what each class counts for in each of these texts: of shape (n_texts, n_classes)."""
        return self.heard * self.part_weights[:, np.newaxis]


type Known = dict[Words, Floats]  # the shares of some texts, by their stems


class Left(NamedTuple):
    """What is left of a text without filler: its words as written and as stems, its parts, and what is known of these.

    The first ``n_main`` parts are its sentences or clauses; those after them are the clauses of its sentences.
    """

    written: Words
    stems: Words
    spans: list[Span]
    parts: list[Part]
    n_main: int
    known: Known

    @property
    def unknown(self) -> list[Words]:
        """Return the stems of the parts that nothing is known of."""
        return [*dict.fromkeys(part.stems for part in self.parts if part.stems not in self.known)]


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
        self._filler = np.array([name == FILLER for name in names], bool)
        self._nothing = np.array([name.startswith(NOTHING) for name in names], bool)
        self._elsewhere = self._nothing & np.array([name != NOISE for name in names], bool)
        self._needs = ~(self._filler | self._nothing)
        self._chatter = ~(self._needs | self._elsewhere)
        self._states = np.array([name not in (FILLER, guidance) for name in names], bool)

    def read(self, text: str, ticked: Iterable[str] = (), *, centroids: Centroids | None = None) -> Wish:
        """Weigh the sub-needs of a text and of ticked boxes: see :meth:`read_all`."""
        (wish,) = self.read_all([(text, ticked)], centroids=centroids)
        return wish

    def read_all(
        self, asked: Iterable[tuple[str, Iterable[str]]], *, centroids: Centroids | None = None
    ) -> Iterator[Wish]:
        """Weigh the sub-needs of texts, each with ticked boxes; a ticked one weighs 1 and is certain.

        With ``centroids``, of schemes by key, a wish says how close the words come to each. A text is read the same
        whatever the others are.
        """
        for some in batched(asked, TOGETHER, strict=False):
            found, heard = self._hear([text for text, _ in some])
            n_said = sum(each is not None for each in found)
            brought = iter(self.language.brought(heard, n_said))
            closeness: Iterator[Mapping[str, float]] = repeat({})
            if centroids:
                closeness = iter(centroids.closeness(heard, n_said))
            for (text, ticked), shares in zip(some, found, strict=True):
                if shares is None:
                    yield ticked_alone(ticked, is_stated=bool(text.strip()))
                else:
                    yield self._wish(shares, ticked, next(brought), next(closeness))

    def _wish(self, found: Shares, ticked: Iterable[str], brought: Floats, closeness: Mapping[str, float]) -> Wish:
        """Weigh the sub-needs of what was heard in a text, whose words brought so much to each class."""
        ticked = list(ticked)
        weights, probabilities = dict.fromkeys(ticked, 1.0), dict.fromkeys(ticked, 1.0)
        evidence: dict[str, tuple[str, ...]] = {}
        sentences: dict[str, Span] = {}
        counted = found.counted()
        most = counted.max(axis=0)
        understood = np.flatnonzero(self._needs & (most >= (np.inf if found.is_small_talk else FLOOR)))
        understood = understood[(-most[understood]).argsort(kind="stable")]
        shares = counted[:, understood]
        chances = self._chances(shares, found)
        said_best = (shares[1:] if len(shares) > 1 else shares).argmax(axis=0)
        deciding = _deciding(found.written, brought[:, understood])
        columns = zip(*(each.tolist() for each in (understood, most[understood], chances, said_best)), strict=True)
        for (column, share, chance, part), words_of_need in zip(columns, deciding, strict=True):
            need = self.language.classes[column]
            probabilities.setdefault(need, chance)
            weights.setdefault(need, (min(1.0, share / WHOLE) + probabilities[need]) / 2.0)
            evidence[need] = words_of_need
            if need not in ticked:
                sentences[need] = found.spans[part]
        return Wish(
            weights,
            evidence,
            stated=True,
            ticked=frozenset(ticked),
            probabilities=probabilities,
            sentences=sentences,
            closeness=closeness,
            elsewhere=found.elsewhere,
        )

    def shares(self, text: str) -> Shares | None:
        """Hear all that is left of a text without filler, and its parts; nothing where it has no word."""
        (found,), _ = self._hear([text])
        return found

    def _hear(self, texts: Sequence[str]) -> tuple[list[Shares | None], Heard]:
        """Hear what is left of texts, and its parts; and all that is left of those with words, which comes first."""
        cut = [PartedText(text, self._grammar) for text in texts]
        left = [_left(text, *kept) for text, kept in zip(cut, self._kept(cut), strict=True)]
        said = [each for each in left if each]
        unknown = [each.unknown for each in said]
        heard = self.language.hear([*(each.stems for each in said), *chain.from_iterable(unknown)])
        rest = iter(heard.shares[len(said) :])
        rows: list[Floats] = []
        for each, several, whole in zip(said, unknown, heard.shares, strict=False):
            known = each.known | dict(zip(several, islice(rest, len(several)), strict=True))
            rows += [whole, *(known[part.stems] for part in each.parts)]
        found = self._shares(said, np.array(rows), heard.out_of_scope)
        return [next(found) if each else None for each in left], heard

    def _shares(self, several: Sequence[Left], heard: Floats, out_of_scope: Floats) -> Iterator[Shares]:
        """Yield what was heard in each text: ``heard`` is of all that is left of it, then of its parts."""
        if not several:
            return
        starts = [*accumulate((1 + len(each.parts) for each in several), initial=0)]
        wholes = heard[starts[:-1]]
        nothing = heard[:, self._nothing].max(axis=1, initial=0.0)
        said = np.where(self._filler, 0.0, heard)
        states = ((said.max(axis=1) >= LEAST_REQUESTED) & self._states[said.argmax(axis=1)]).tolist()
        weights = [
            weight
            for each, (start, end) in zip(several, pairwise(starts), strict=True)
            for weight in _part_weights(each, states[start + 1 : end])
        ]
        part_weights = np.array(weights)
        most = np.maximum.reduceat(heard[:, self._needs].max(axis=1, initial=0.0), starts[:-1])
        chatter = wholes[:, self._chatter].sum(axis=1)
        is_small_talk = ((most < FAINT) & (chatter > most)).tolist()
        elsewhere = wholes[:, self._elsewhere].max(axis=1, initial=0.0).tolist()
        for at, (each, (start, end)) in enumerate(zip(several, pairwise(starts), strict=True)):
            yield Shares(
                heard[start:end],
                nothing[start:end],
                float(out_of_scope[at]),
                [part.span for part in each.parts] or each.spans[:1],
                each.written,
                part_weights[start:end],
                1 + each.n_main,
                elsewhere[at],
                is_small_talk[at],
            )

    def _chances(self, shares: Floats, found: Shares) -> Floats:
        """Return the probability of each need that is understood, of shares (n_texts, n_needs): see Certainty."""
        if not shares.size:
            return np.zeros(0)
        n_main = found.n_main
        sure = self._certainty.probabilities(shares[:n_main], found.nothing[:n_main, np.newaxis], found.out_of_scope)
        best, surest = sure.argmax(axis=0), sure.max(axis=0)
        likeliest = surest.argmax()
        chances: Floats = surest[likeliest] * self._certainty.of_others(_in_parts(shares, best, n_main), shares[0])
        chances[likeliest] = surest[likeliest]
        return chances

    def signs(self, text: str, certainty: Certainty) -> Signs | None:
        """Return what :class:`Certainty` reads of a text, the likeliest as this one says; nothing without words."""
        found = self.shares(text)
        if found is None:
            return None
        shares, nothing, n_main = found.counted(), found.nothing, found.n_main
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
        cut = PartedText(text, self._grammar)
        ((sentences, _),) = self._kept([cut])
        parts = cut.propositions(sentences)
        if len(parts) < 2:
            return []
        shares = self.language.hear([part.stems for part in parts]).shares
        nothing = shares[:, self._elsewhere].sum(axis=1)
        needs = shares[:, self._needs].max(axis=1, initial=0.0)
        unread = (nothing >= UNREAD) & (needs < SPEAKS)
        return [
            part.span
            for part, is_unread in zip(parts, unread.tolist(), strict=True)
            if is_unread and (part.is_request or part.is_fragment)
        ]

    # -- what a text is read by

    def _kept(self, texts: Sequence[PartedText]) -> Iterator[tuple[Sequence[Sentence], Known]]:
        """Yield the sentences of each text that are not filler, and what was heard in its parts.

        A text of one sentence of one clause has nothing else.
        """
        spans_of_texts = (
            [span for sentence in text.sentences for span in (sentence.span, *sentence.clauses)] for text in texts
        )
        parts = [[*dict.fromkeys(spans)] if len(spans) > 2 else [] for spans in spans_of_texts]
        stems = [[*map(text.stems, spans)] for text, spans in zip(texts, parts, strict=True)]
        shares = self.language.hear([*chain.from_iterable(stems)]).shares
        filling, others = (shares[:, which].max(axis=1, initial=0.0) for which in (self._filler, ~self._filler))
        fillers = (filling >= IS_FILLER) | ((filling >= LIKE_FILLER) & (others <= QUIET))
        needs = shares[:, self._needs]
        speakers = (needs.max(axis=1, initial=0.0) >= SPEAKS) | (needs.sum(axis=1) >= SPEAK_TOGETHER)
        flags = zip(fillers.tolist(), speakers.tolist(), shares, strict=True)
        for text, spans, said in zip(texts, parts, stems, strict=True):
            heard = [*islice(flags, len(spans))]
            is_filler, speaks = ({span: each[at] for span, each in zip(spans, heard, strict=True)} for at in (0, 1))
            kept = _without_filler(text.sentences, is_filler, speaks) if spans else ()
            yield kept or text.sentences, {stems: row for stems, (_, _, row) in zip(said, heard, strict=True)}


def _left(text: PartedText, kept: Sequence[Sentence], known: Known) -> Left | None:
    """Return what is left of a text of which some sentences are kept; nothing where it has no word."""
    spans = [span for span, _ in kept]
    written, stems = text.asserted(spans)
    if not stems:  # a text of which all is refused complains: "pas de bus ici"
        written, stems = text.asserted(spans, complains=True)
    if not stems:
        return None
    parts = text.clauses(kept[0]) if len(kept) == 1 else text.propositions(kept)
    if len(parts) < 2:
        parts = []
    clauses = text.finer(kept, parts) if len(kept) > 1 else []
    return Left(written, stems, spans, [*parts, *clauses], len(parts), known)


def _part_weights(left: Left, states: Sequence[bool]) -> list[float]:
    """Return the weight of all that is left, then of each part of it: statements beside requests weigh less.

    ``states`` tells which parts say what they are for.
    """
    parts = left.parts[: left.n_main]
    specific = [part.is_request and says for part, says in zip(parts, states, strict=False)]
    is_telegraphic = all(part.is_request or part.is_fragment for part in parts)
    least = STATEMENT if any(specific) and not is_telegraphic else 1.0
    weights = [ONE if is_specific else ONE * least for is_specific in specific]
    return [1.0, *weights, *[CLAUSE] * (len(left.parts) - len(parts))]


def _without_filler(
    sentences: Iterable[Sentence], is_filler: Mapping[Span, bool], speaks: Mapping[Span, bool]
) -> list[Sentence]:
    """Return the sentences that are not filler, without clauses of filler at their ends.

    Of one that is filler as a whole, from its first clause that speaks of a need to its last.
    """
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
    return kept


def _in_parts(shares: Floats, best: NDArray[np.intp], n_main: int) -> Floats:
    """Return the share of each class in its ``best`` text of the first ones, or in a clause that says it better."""
    in_best = shares[best, np.arange(shares.shape[1])]
    said: Floats = np.maximum(in_best, shares[n_main:].max(axis=0, initial=0.0))
    return said


def _deciding(written: Sequence[str], brought: Floats) -> list[tuple[str, ...]]:
    """Return the words that brought a text to each class, most first, from what each brought: (n_words, n_classes).

    Figures are left out: "240 000" says nothing to who reads why.
    """
    said = [*dict.fromkeys(written)]
    if len(said) < len(written):
        number = {word: at for at, word in enumerate(said)}
        brought = summed(np.array([number[word] for word in written], np.intp), brought, len(said))
    total = brought.T
    decides = (total > 0.0) & (total >= EVIDENCE_SHARE * np.maximum(total, 0.0).sum(axis=1, keepdims=True))
    found: list[list[tuple[float, str]]] = [[] for _ in total]
    places = (each.tolist() for each in np.nonzero(decides))
    for column, place, value in zip(*places, total[decides].tolist(), strict=True):
        if not said[place].isdigit():
            found[column].append((-value, said[place]))
    return [tuple(word for _, word in sorted(each)[:N_EVIDENCE]) for each in found]
