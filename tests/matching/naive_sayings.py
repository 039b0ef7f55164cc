"""How close a text comes to what is said of subjects, slow and obvious: one term after another, as documented."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from zlib import crc32

from matching import Example, Rarity, tokens

type Vector = dict[int, float]


class Naive:
    """Subjects as vectors over terms, each of length 1."""

    def __init__(self, examples: Sequence[Example], rarity: Rarity) -> None:
        self.rarity = rarity
        said: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
        for example in examples:
            spoken = sayings(tokens(example.text), rarity.stop_words)
            length = math.sqrt(sum(much * much * self.square(saying) for saying, much in spoken.items())) or 1.0
            for subject, weight in example.subjects.items():
                for saying, much in spoken.items():
                    said[subject][saying] += weight * example.share * much / length
        self.vectors = {subject: self.vector(spoken) for subject, spoken in said.items()}
        self.subjects = [*dict.fromkeys(subject for example in examples for subject in example.subjects)]

    def weight(self, place: int) -> float:
        return float(self.rarity.weights[place])

    def square(self, saying: tuple[str, ...]) -> float:
        return sum((count * self.weight(place)) ** 2 for place, count in Counter(terms(saying)).items())

    def vector(self, spoken: Counter[tuple[str, ...]]) -> Vector:
        """Return the terms of words and pairs, damped: with a byte each, and measured apart."""
        loudest = max(spoken.values(), default=1.0)
        kinds: list[Counter[int]] = [Counter(), Counter()]
        for saying, much in spoken.items():
            for place in terms(saying):
                kinds[len(saying) - 1][place] += round(255 * math.sqrt(much / loudest)) * self.weight(place)
        length = math.sqrt(sum(value * value for kind in kinds for value in kind.values()))
        whole = kinds[0] + kinds[1]
        return {place: value / length for place, value in whole.items()}

    def closeness(self, text: str) -> dict[str, float]:
        asked: Counter[int] = Counter()
        for saying, times in counted(tokens(text), self.rarity.stop_words).items():
            for place in terms(saying):
                asked[place] += times
        values = {place: (1 + math.log(times)) * self.weight(place) for place, times in asked.items()}
        length = math.sqrt(sum(value * value for value in values.values())) or 1.0
        found = {}
        for subject in self.subjects:
            vector = self.vectors.get(subject, {})
            found[subject] = sum(value * vector.get(place, 0.0) for place, value in values.items()) / length
        return found


def counted(stems: Sequence[str], stops: frozenset[str]) -> Counter[tuple[str, ...]]:
    """Return how often words that say something are said, and pairs with one of them."""
    words = Counter((stem,) for stem in stems if stem not in stops)
    pairs = Counter(pair for pair in pairwise(stems) if not stops.issuperset(pair))
    return words + pairs


def sayings(stems: Sequence[str], stops: frozenset[str]) -> dict[tuple[str, ...], float]:
    return {saying: 1 + math.log(times) for saying, times in counted(stems, stops).items()}


def terms(saying: tuple[str, ...]) -> list[int]:
    """Return where a pair falls, or a word and its pieces."""
    found = [" ".join(saying)]
    if len(saying) == 1 and len(saying[0]) >= 4:
        marked = f"<{saying[0]}>"
        found += [f"#{marked[start : start + size]}" for size in (4, 5) for start in range(len(marked) - size + 1)]
    return [crc32(term.encode()) % (1 << 18) for term in found]
