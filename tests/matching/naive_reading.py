"""What a text speaks of, slow and obvious: one term after another, as the documentation says it."""

import math
import re
from collections import Counter
from dataclasses import dataclass
from zlib import crc32

from scipy.sparse import csr_array

from matching import NOTHING, Lexicon, tokens
from matching.text import words


@dataclass
class Spoken:
    """The words that deny, those after which these only deny a verb, and those that open a clause; as stems."""

    negations: set[str]
    verb_negations: set[str]
    joints: set[str]


@dataclass
class Read:
    weights: dict[str, float]
    evidence: dict[str, tuple[str, ...]]
    likeness: dict[str, float]
    nothing: float


def read(text: str, lexicon: Lexicon, spoken: Spoken) -> Read:
    stops = lexicon.rarity.stop_words
    asserted = not_denied(words(text), spoken)
    stems = [stem for _, stem in asserted]
    whole = likeness(stems, lexicon)
    shares = shares_of(whole)
    for clause in clauses_of(text, spoken, stops):
        heard = likeness(clause, lexicon)
        sure = min(1.0, max(heard.values()) / max(*whole.values(), 0.02)) ** 4
        for subject, share in shares_of(heard).items():
            shares[subject] = max(shares[subject], 0.5 * sure * share)
    understood = {
        subject: share for subject, share in shares.items() if share >= 0.04 and not subject.startswith(NOTHING)
    }
    return Read(
        weights={subject: min(1.0, share / 0.5) for subject, share in understood.items()},
        evidence={subject: evidence(asserted, lexicon, subject) for subject in understood},
        likeness={subject: value for subject, value in whole.items() if value > 0 and not subject.startswith(NOTHING)},
        nothing=max(value for subject, value in whole.items() if subject.startswith(NOTHING)),
    )


def not_denied(found: list[tuple[str, str]], spoken: Spoken) -> list[tuple[str, str]]:
    denied = set()
    for position, (_, stem) in enumerate(found):
        before = {word for _, word in found[max(0, position - 3) : position]}
        if stem in spoken.negations and not before & spoken.verb_negations:
            denied.update(range(position + 1, position + 5))
    return [pair for position, pair in enumerate(found) if position not in denied]


def clauses_of(text: str, spoken: Spoken, stops: frozenset[str]) -> list[list[str]]:
    found: list[list[str]] = []
    for part in re.split(r"[.,;:!?\n()]+", text):
        found.append([])
        for _, stem in not_denied(words(part), spoken):
            if stem in spoken.joints:
                found.append([])
            else:
                found[-1].append(stem)
    enough = [clause for clause in found if len([stem for stem in clause if stem not in stops]) >= 2]
    return enough if len(enough) > 1 else []


def terms(stems: list[str], stops: frozenset[str]) -> list[tuple[int, int]]:
    """Return the position of the word that each term comes from, and where it falls."""
    found = []
    for position, stem in enumerate(stems):
        if stem not in stops:
            found.append((position, stem))
            if len(stem) >= 4:
                marked = f"<{stem}>"
                found += [
                    (position, f"#{marked[start : start + size]}")
                    for size in (4, 5)
                    for start in range(len(marked) - size + 1)
                ]
        if position and not (stem in stops and stems[position - 1] in stops):
            found.append((position, f"{stems[position - 1]} {stem}"))
    return [(position, crc32(term.encode()) % (1 << 18)) for position, term in found]


def row(matrix: csr_array, place: int) -> dict[int, float]:
    start, end = matrix.indptr[place], matrix.indptr[place + 1]
    return dict(zip(matrix.indices[start:end].tolist(), matrix.data[start:end].tolist(), strict=True))


def bag(stems: list[str], lexicon: Lexicon) -> dict[int, float]:
    counts = Counter(place for _, place in terms(stems, lexicon.rarity.stop_words))
    values = {place: (1 + math.log(count)) * float(lexicon.rarity.weights[place]) for place, count in counts.items()}
    return of_length_one(values)


def of_length_one(values: dict[int, float]) -> dict[int, float]:
    length = math.sqrt(sum(value * value for value in values.values()))
    return {place: value / length for place, value in values.items()}


def likeness(stems: list[str], lexicon: Lexicon) -> dict[str, float]:
    found = [0.0] * len(lexicon.subjects)
    for place, value in bag(stems, lexicon).items():
        for column, weight in row(lexicon.matrix, place).items():
            found[column] += value * weight
    return dict(zip(lexicon.subjects, found, strict=True))


def shares_of(heard: dict[str, float]) -> dict[str, float]:
    most = max(heard.values())
    sharp = {subject: (value / most) ** 8 if most >= 0.02 else 0.0 for subject, value in heard.items()}
    return {subject: value / (sum(sharp.values()) or 1.0) for subject, value in sharp.items()}


def evidence(asserted: list[tuple[str, str]], lexicon: Lexicon, subject: str) -> tuple[str, ...]:
    stems = [stem for _, stem in asserted]
    values, column = bag(stems, lexicon), lexicon.subjects.index(subject)
    found = terms(stems, lexicon.rarity.stop_words)
    counts = Counter(place for _, place in found)
    total: dict[str, float] = {}
    for position, place in found:
        brought = values[place] / counts[place] * row(lexicon.matrix, place).get(column, 0.0)
        written = asserted[position][0]
        total[written] = total.get(written, 0.0) + brought
    ordered = sorted(total, key=lambda word: (-total[word], word))
    return tuple(word for word in ordered[:4] if total[word] > 0 and total[word] >= 0.1 * sum(total.values()))


def spoken_of(negations: str, verb_negations: str, joints: str) -> Spoken:
    return Spoken(set(tokens(negations)), set(tokens(verb_negations)), set(tokens(joints)))
