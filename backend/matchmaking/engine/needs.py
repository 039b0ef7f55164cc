"""What a firm asks for, read from ticked boxes and from words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
import scipy  # its parts are loaded when first used: a start without words does not wait for them
from django.conf import settings

import matching
from backend.common.files import read_yaml
from backend.matchmaking.models import Language

NOTHING = matching.NOTHING
Example = matching.Example


@dataclass(frozen=True, slots=True)
class Understood:
    """A need read from ticked boxes or from words."""

    sub_need: str
    weight: float
    ticked: bool
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood: needs, the ticked ones first; how close the words come to each, and to what is not ours.

    ``closeness`` is to what is said of each scheme, by key, where a catalogue was given.
    """

    needs: tuple[Understood, ...]
    likeness: Mapping[str, float]
    nothing: float
    closeness: Mapping[str, float]


def understand(
    text: str, ticked: Iterable[str], *, language: str = "", postings: matching.Postings | None = None
) -> Reading:
    """Read the needs of a submission, and how close its words come to the schemes of a catalogue.

    In the language learnt last unless another version is named.
    """
    ticked = set(ticked)
    if not text.strip():  # a start without words does not wait for the language
        return Reading(tuple(Understood(need, 1.0, True, ()) for need in sorted(ticked)), {}, 0.0, {})
    wish = reader_of(language or language_in_force()).read(text, sorted(ticked), postings=postings)
    found = [
        Understood(key, weight, key in ticked, wish.evidence.get(key, ())) for key, weight in wish.weights.items()
    ]
    found.sort(key=lambda need: (not need.ticked, -need.weight, need.sub_need))
    return Reading(tuple(found), wish.likeness, wish.nothing, wish.closeness)


def words_of(text: str) -> list[str]:
    """Return the stems of a text that say something of a need, in order."""
    silent = stop_words()
    return [stem for stem in matching.tokens(text) if stem not in silent]


# -- the language learnt


def learn(examples: Iterable[matching.Example]) -> bytes:
    """Learn how people speak of each subject; return arrays that :func:`lexicon_of` reads, in numpy's own format.

    Nothing in them can run: they are loaded without pickle.
    """
    examples = list(examples)
    rarity = matching.Rarity.learn((example.text for example in examples), stop_words())
    lexicon = matching.Lexicon.learn(examples, rarity)
    kept = BytesIO()
    np.savez_compressed(
        kept,
        subjects=np.array(lexicon.subjects),
        rarity=rarity.weights,
        values=lexicon.matrix.data,
        columns=lexicon.matrix.indices.astype(np.int32),
        rows=lexicon.matrix.indptr.astype(np.int32),
    )
    return kept.getvalue()


def language_in_force() -> str:
    """Return the version of the language learnt last."""
    version: str = Language.objects.values_list("version", flat=True).latest()
    return version


@lru_cache(maxsize=2)
def lexicon_of(version: str) -> matching.Lexicon:
    """Return what a version of the language knows of each sub-need, and of what no scheme answers."""
    arrays = np.load(BytesIO(Language.objects.get(version=version).arrays), allow_pickle=False)
    rarity = matching.Rarity(arrays["rarity"], stop_words())
    shape = (rarity.weights.size, arrays["subjects"].size)
    matrix = scipy.sparse.csr_array((arrays["values"], arrays["columns"], arrays["rows"]), shape=shape)
    return matching.Lexicon(tuple(map(str, arrays["subjects"])), matrix, rarity)


@lru_cache(maxsize=2)
def reader_of(version: str) -> matching.NeedReader:
    """Return the reader of needs for a version of the language."""
    spoken = _spoken()
    return matching.NeedReader(
        lexicon_of(version),
        negations=spoken["negations"].split(),
        verb_negations=spoken["verb_negations"].split(),
        joints=spoken["joints"].split(),
    )


@lru_cache(maxsize=8)
def answering(source: str) -> matching.Answering:
    """Return what tells whether a catalogue answers, as fitted on it, or on all where it was not judged."""
    content = read_yaml(settings.BASE_DIR / "fixtures" / "answering.yaml")
    coefficients = content["coefficients"]
    return matching.Answering(**coefficients.get(source, coefficients["all"]))


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Return the stems that say nothing of a need."""
    return frozenset(stem for word in _spoken()["stop_words"].split() for stem in matching.tokens(word))


@lru_cache(maxsize=1)
def _spoken() -> dict[str, str]:
    spoken: dict[str, str] = read_yaml(settings.BASE_DIR / "fixtures" / "language.yaml")
    return spoken


def clear_caches() -> None:
    """Forget the language: after it was learnt again, or its words changed, in this process."""
    for cached in (lexicon_of, reader_of, answering, stop_words, _spoken):
        cached.cache_clear()
