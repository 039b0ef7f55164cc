"""A sentence and ticked boxes → weights over the sub-needs, with the words that decided.

The vocabulary is an argument: words and sentences of the trade, by sub-need. A word counts by how few sub-needs share
it; a word under a negation ("pas de prêt") does not count.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log, sqrt

from matching.text import tokens

NEGATION_SPAN = 4  # words after a negation that it covers: "pas besoin d'un prêt"
WORD_WEIGHT = 1.0  # one word of the vocabulary that only one sub-need has is enough
SENTENCE_WEIGHT = 1.2
FLOOR = 0.3  # what weighs less is noise
SHARE = 0.3  # so is what weighs much less than the clearest need of the text
FROM_TEXT = 0.8  # what we understood weighs less than what was ticked


@dataclass(frozen=True, slots=True)
class Words:
    """The words and sentences by which people express one sub-need."""

    words: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a submission asks for.

    Parameters
    ----------
    weights : mapping of str to float
        Weight in ]0, 1] of each sub-need; empty when nothing was understood.
    evidence : mapping of str to tuple of str
        The words of the vocabulary that decided, by sub-need; ticked ones have none.
    stated : bool
        Whether anything was ticked or written: if not, every scheme is of interest.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stated: bool = False


class NeedReader:
    """Reads needs with one vocabulary.

    Parameters
    ----------
    vocabulary : mapping of str to Words
        By sub-need.
    stop_words : iterable of str
        Words that say nothing of a need.
    negations, verb_negations : iterable of str
        Words that deny what follows ("sans"), and words after which they only deny a verb ("ne", "n").
    """

    def __init__(
        self,
        vocabulary: Mapping[str, Words],
        *,
        stop_words: Iterable[str] = (),
        negations: Iterable[str] = (),
        verb_negations: Iterable[str] = (),
    ) -> None:
        self._stop_words = frozenset(stem for word in stop_words for stem in tokens(word))
        self._negations = frozenset(stem for word in negations for stem in tokens(word))
        self._verb_negations = frozenset(stem for word in verb_negations for stem in tokens(word))
        self._phrases: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        documents: list[tuple[str, Counter[str]]] = []
        for sub_need, entry in vocabulary.items():
            for word in entry.words:
                phrase = tuple(tokens(word))
                if phrase:
                    self._phrases.setdefault(phrase, []).append((sub_need, word))
            documents += [(sub_need, self._bag(tokens(sentence))) for sentence in entry.sentences]
        frequency = Counter(word for _, bag in documents for word in bag)
        self._rarity = {word: log(1 + len(documents) / count) for word, count in frequency.items()}
        self._sentences = [(sub_need, bag, self._length(bag)) for sub_need, bag in documents]
        self._longest = max(map(len, self._phrases), default=0)

    def read(self, text: str, ticked: Iterable[str] = ()) -> Wish:
        """Weigh the sub-needs of a text and of ticked boxes; a ticked one weighs 1."""
        ticked = list(ticked)
        weights = dict.fromkeys(ticked, 1.0)
        evidence: dict[str, tuple[str, ...]] = {}
        understood = self._understood(text)
        floor = max(FLOOR, SHARE * max((weight for weight, _ in understood.values()), default=0.0))
        for sub_need, (weight, words) in understood.items():
            if weight >= floor:
                weights.setdefault(sub_need, min(1.0, weight) * FROM_TEXT)
                evidence[sub_need] = words
        return Wish(weights, evidence, stated=bool(ticked or text.strip()))

    def _understood(self, text: str) -> dict[str, tuple[float, tuple[str, ...]]]:
        words = tokens(text)
        covered = self._negated(words)
        found: dict[str, dict[str, float]] = {}
        for start in range(len(words)):
            for length in range(1, min(self._longest, len(words) - start) + 1):
                if covered.isdisjoint(range(start, start + length)):
                    owners = self._phrases.get(tuple(words[start : start + length]), [])
                    for sub_need, word in owners:
                        found.setdefault(sub_need, {})[word] = WORD_WEIGHT / len(owners)
        bag = self._bag(word for position, word in enumerate(words) if position not in covered)
        length_of_text = self._length(bag)
        for sub_need, sentence, length_of_sentence in self._sentences:
            likeness = self._dot(bag, sentence) / (length_of_text * length_of_sentence or 1.0)
            best = found.setdefault(sub_need, {})
            best[""] = max(best.get("", 0.0), SENTENCE_WEIGHT * likeness)
        return {
            sub_need: (sum(parts.values()), tuple(sorted(filter(None, parts)))) for sub_need, parts in found.items()
        }

    def _length(self, bag: Counter[str]) -> float:
        return sqrt(self._dot(bag, bag))

    def _dot(self, one: Counter[str], other: Counter[str]) -> float:
        return sum(self._rarity.get(word, 1.0) ** 2 for word in one.keys() & other.keys())

    def _negated(self, words: list[str]) -> set[int]:
        """Return the positions that a negation covers.

        A negation after a verb denies the verb ("je ne trouve pas de soudeur" asks for a welder): only one that opens
        a group of words ("pas de prêt", "sauf un prêt") hides what follows it.
        """
        covered: set[int] = set()
        for position, word in enumerate(words):
            before = words[max(0, position - 3) : position]
            if word in self._negations and self._verb_negations.isdisjoint(before):
                covered.update(range(position + 1, position + 1 + NEGATION_SPAN))
        return covered

    def _bag(self, words: Iterable[str]) -> Counter[str]:
        return Counter(word for word in words if word not in self._stop_words and len(word) > 1)
