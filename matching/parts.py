"""The parts of a text that may say a need: sentences, propositions, clauses, each with the words that it asserts."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from matching.grammar import Grammar
from matching.sentences import Sentence, Span, clauses_of, coordinated, infinitives, listed, sentences_of
from matching.text import words

MOST_CLAUSES = 40  # read of a text for what stands beside the likeliest: a page has them, and more only takes time

type Words = tuple[str, ...]


class Part(NamedTuple):
    """A part of a text: its span or that of its sentence, its stems, and whether it is a request, or a fragment."""

    span: Span
    stems: Words
    is_request: bool = False
    is_fragment: bool = False


class PartedText:
    """A text that a grammar cuts into parts; what each clause asserts is read once for all parts that hold it.

    Parameters
    ----------
    text : str
    grammar : Grammar
    """

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.sentences = sentences_of(text)
        self._text, self._grammar = text, grammar
        self._spans: dict[tuple[Span, bool], tuple[Words, Words]] = {}
        self._clauses: dict[tuple[Span, bool], tuple[Words, Words]] = {}
        self._openings: dict[Span, set[int]] = {}

    def asserted(self, spans: Iterable[Span], *, complains: bool = False) -> tuple[Words, Words]:
        """Return the words of some parts that no negation covers, as written and as stems."""
        return _joined([self._asserted(span, complains=complains) for span in spans])

    def stems(self, span: Span) -> Words:
        """Return the stems of a part that no negation covers."""
        return self._asserted(span, complains=False)[1]

    def propositions(self, sentences: Iterable[Sentence]) -> list[Part]:
        """Return the parts of sentences with a subject or infinitive of their own; all of one are requests or none."""
        return self._that_say_something(
            Part(
                span,
                self.stems(span),
                self._grammar.is_request(self._text, proposition) or bool(self._opening(proposition)),
                self._grammar.is_fragment(self._text, proposition),
            )
            for sentence in sentences
            for subject in coordinated(self._text, sentence.span)
            for proposition in listed(self._text, subject)
            for span in infinitives(self._text, proposition)
        )

    def clauses(self, sentence: Sentence) -> list[Part]:
        """Return the clauses of a sentence: a second need often stands in one of its own."""
        return self._that_say_something(self._clauses_of(sentence))

    def finer(self, sentences: Iterable[Sentence], parts: Iterable[Part]) -> list[Part]:
        """Return the first clauses of sentences that are none of some parts."""
        known = {part.stems for part in parts}
        clauses = (clause for sentence in sentences for clause in self._clauses_of(sentence))
        finer = (clause for clause in clauses if clause.stems not in known and self._says_something(clause))
        return [*islice(finer, MOST_CLAUSES)]

    def _clauses_of(self, sentence: Sentence) -> Iterator[Part]:
        joints = self._grammar.joints
        for clause in sentence.clauses:
            stems = self._of_clause(clause, complains=False)[1]
            start = 0
            if not joints.isdisjoint(stems):
                for place, stem in enumerate(stems):
                    if stem in joints:
                        yield Part(sentence.span, stems[start:place])
                        start = place + 1
            yield Part(sentence.span, stems[start:])

    def _that_say_something(self, parts: Iterable[Part]) -> list[Part]:
        return [part for part in parts if self._says_something(part)]

    def _says_something(self, part: Part) -> bool:
        return self._grammar.says_something(part.stems)

    def _asserted(self, span: Span, *, complains: bool) -> tuple[Words, Words]:
        known = self._spans.get((span, complains))
        if known is None:
            clauses = [self._of_clause(clause, complains=complains) for clause in clauses_of(self._text, span)]
            known = self._spans[span, complains] = _joined(clauses)
        return known

    def _of_clause(self, clause: Span, *, complains: bool) -> tuple[Words, Words]:
        known = self._clauses.get((clause, complains))
        if known is None:
            known = self._clauses[clause, complains] = self._read(clause, complains=complains)
        return known

    def _read(self, clause: Span, *, complains: bool) -> tuple[Words, Words]:
        found: Sequence[tuple[str, str]] = words(self._text[clause.start : clause.end])
        stems = tuple(stem for _, stem in found)
        if covered := self._grammar.negated(stems, complains=complains):
            found = [pair for place, pair in enumerate(found) if place not in covered]
            stems = tuple(stem for _, stem in found)
            if not self._grammar.says_something(stems):
                return (), ()  # all that the clause says is refused: "je ne cherche pas de prêt"
        elif opening := self._opening(clause):
            wanted = [pair for place, pair in enumerate(found) if place not in opening]
            if self._grammar.says_something(stem for _, stem in wanted):  # it does not in "pouvez-vous nous aider"
                found, stems = wanted, tuple(stem for _, stem in wanted)
        return tuple(written for written, _ in found), stems

    def _opening(self, span: Span) -> set[int]:
        known = self._openings.get(span)
        if known is None:
            known = self._openings[span] = self._grammar.opening(self._text, span)
        return known


def _joined(found: Sequence[tuple[Words, Words]]) -> tuple[Words, Words]:
    if len(found) == 1:
        return found[0]
    written, stems = (tuple(chain.from_iterable(each[at] for each in found)) for at in (0, 1))
    return written, stems
