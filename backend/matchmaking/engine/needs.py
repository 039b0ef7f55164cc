"""What a firm asks for, read from ticked boxes and from words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import BinaryField
from django.db.models.functions import Length, Substr

import matching
from backend.common.files import read_yaml
from backend.matchmaking.engine.places import without_place_names
from backend.matchmaking.engine.preferences import Preference
from backend.matchmaking.models import Language
from backend.schemes.models import SubNeed

LEAST_LETTERS = 4  # of a stem by which a text is known to be French: shorter ones are found in any language
PIECE = 1 << 20  # bytes of a language that are read at once
FILLER, NOTHING = matching.FILLER, matching.NOTHING
Example = matching.Example


@dataclass(frozen=True, slots=True)
class Understood:
    """A need read from ticked boxes or from words.

    ``probability`` is that the firm has it; ``sentence`` is where the text says it best, none for a tick.
    """

    sub_need: str
    weight: float
    ticked: bool
    evidence: tuple[str, ...]
    probability: float = 1.0
    sentence: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood: needs, the ticked ones first, and preferences.

    ``closeness`` is to what is said of each scheme, by key, where a catalogue was given; ``elsewhere`` is the greatest
    share of what no scheme answers; nothing is read in words that are ``foreign``.
    """

    needs: tuple[Understood, ...]
    closeness: Mapping[str, float]
    elsewhere: float = 0.0
    foreign: bool = False
    preferences: tuple[Preference, ...] = ()


def understand(
    text: str, ticked: Iterable[str], *, language: str = "", centroids: matching.Centroids | None = None
) -> Reading:
    """Read the needs of a submission, and how close its words come to the schemes of a catalogue.

    In the language learnt last unless another version is named.
    """
    (reading,) = understand_all([(text, ticked)], language=language, centroids=centroids)
    return reading


def understand_all(
    asked: Iterable[tuple[str, Iterable[str]]], *, language: str = "", centroids: matching.Centroids | None = None
) -> Iterator[Reading]:
    """Read the needs of submissions, texts with ticked boxes, together: see :func:`understand`."""
    given = [(text, sorted(set(ticked))) for text, ticked in asked]
    other = [text.strip() and other_language(text) for text, _ in given]
    words = [
        (without_place_names(text), ticked)
        for (text, ticked), foreign in zip(given, other, strict=True)
        if text.strip() and not foreign
    ]
    wishes: Iterator[matching.Wish] = iter(())
    if words:  # a start without words does not wait for the language
        wishes = reader_of(language or language_in_force()).read_all(words, centroids=centroids)
    for (text, ticked), foreign in zip(given, other, strict=True):
        if foreign or not text.strip():
            needs = tuple(Understood(need, 1.0, True, ()) for need in ticked)
            yield Reading(needs, {}, foreign=bool(foreign))
        else:
            yield _reading(next(wishes))


def _reading(wish: matching.Wish) -> Reading:
    found = [
        Understood(
            key,
            weight,
            key in wish.ticked,
            wish.evidence.get(key, ()),
            wish.probabilities[key],
            wish.sentences.get(key),
        )
        for key, weight in wish.weights.items()
    ]
    found.sort(key=lambda need: (not need.ticked, -need.probability, -need.weight, need.sub_need))
    return Reading(tuple(found), wish.closeness, wish.elsewhere)


def unread_of(text: str, *, language: str) -> list[tuple[int, int]]:
    """Return the parts of a text that request what no scheme is for, beside others."""
    if not text.strip() or other_language(text):
        return []
    return [(start, end) for start, end in reader_of(language).unread(without_place_names(text))]


def words_of(text: str) -> list[str]:
    """Return the stems of a text that say something of a need, in order."""
    silent = stop_words()
    return [stem for stem in matching.tokens(text) if stem not in silent]


def signs_of(text: str, coefficients: Mapping[str, float]) -> matching.Signs | None:
    """Return what the probabilities of the needs of a text are read from, with some coefficients."""
    reader = reader_of(language_in_force())
    return reader.signs(without_place_names(text), matching.Certainty(**coefficients))


# -- other languages


def other_language(text: str) -> str:
    """Return the code of the language of a text that is not French; empty where it may be."""
    return _identifier().identify(text)


def told_in(language: str) -> list[str]:
    """Return what people who write in another language are told, in it."""
    told: list[str] = _languages()[language]["told"]
    return told


@lru_cache(maxsize=1)
def _identifier() -> matching.LanguageIdentifier:
    common = {code: row["words"].split() for code, row in _languages().items()}
    words = (word for row in SubNeed.objects.values_list("words", flat=True) for word in row)
    stems = {stem for word in words for stem in matching.tokens(word) if len(stem) >= LEAST_LETTERS}
    return matching.LanguageIdentifier(common, own="fr", known=stems - stop_words())


@lru_cache(maxsize=1)
def _languages() -> dict[str, Any]:
    languages: dict[str, Any] = read_yaml(settings.BASE_DIR / "fixtures" / "other_languages.yaml")["languages"]
    return languages


# -- the language learnt


def learn(examples: Iterable[matching.Example]) -> bytes:
    """Learn how people speak of each subject; return arrays that :func:`language_of` reads, in numpy's own format.

    Nothing in them can run: they are loaded without pickle.
    """
    language = matching.Language.learn(examples)
    kept = BytesIO()
    np.savez_compressed(
        kept,
        classes=np.array(language.classes),
        rarity=language.rarity,
        weights=language.weights,
        intercepts=language.intercepts,
        scope_weights=language.scope_weights,
        scope_intercept=language.scope_intercept,
    )
    return kept.getvalue()


def language_in_force() -> str:
    """Return the version of the language learnt last."""
    version: str = Language.objects.values_list("version", flat=True).latest()
    return version


@lru_cache(maxsize=2)
def language_of(version: str) -> matching.Language:
    """Return what a version of the language knows of each sub-need, of filler, and of what no scheme answers."""
    arrays = np.load(BytesIO(_arrays_of(version)), allow_pickle=False)
    return matching.Language(
        tuple(map(str, arrays["classes"])),
        arrays["rarity"],
        arrays["weights"],
        arrays["intercepts"],
        arrays["scope_weights"],
        float(arrays["scope_intercept"]),
    )


def _arrays_of(version: str) -> bytes:
    """Return what is kept of a version, read in pieces: a connection keeps the room of the longest row it has read."""
    rows = Language.objects.filter(version=version)
    size: int = rows.values_list(Length("arrays"), flat=True).get()
    places = range(1, size + 1, PIECE)
    pieces = (Substr("arrays", place, PIECE, output_field=BinaryField()) for place in places)
    return b"".join(rows.values_list(piece, flat=True).get() for piece in pieces)


@lru_cache(maxsize=2)
def reader_of(version: str) -> matching.NeedReader:
    """Return the reader of needs for a version of the language."""
    spoken = _spoken()
    openings = spoken["openings"]
    denied = {name: spoken[name].split() for name in ("exceptions", "will", "need", "refusable")}
    grammar = matching.Grammar(
        negation=matching.Negation(words=spoken["negations"].split(), lacking=spoken["lacking"], **denied),
        joints=spoken["joints"].split(),
        requests=spoken["requests"],
        verbs=spoken["verbs"],
        openings=matching.PatternTable(
            {name: row["patterns"] for name, row in openings.items()},
            parts=spoken["parts"],
            words={},
            about={name: row["about"] for name, row in openings.items()},
        ),
        stop_words=stop_words(),
    )
    return matching.NeedReader(language_of(version), certainty(), grammar, guidance=spoken["guidance"])


@lru_cache(maxsize=1)
def certainty() -> matching.Certainty:
    """Return what a share of a sub-need in a text is worth as a probability, as fitted on judged requests."""
    return matching.Certainty(**read_yaml(settings.BASE_DIR / "fixtures" / "certainty.yaml")["coefficients"])


@lru_cache(maxsize=1)
def stop_words() -> frozenset[str]:
    """Return the stems that say nothing of a need."""
    return frozenset(stem for word in _spoken()["stop_words"].split() for stem in matching.tokens(word))


@lru_cache(maxsize=1)
def _spoken() -> dict[str, Any]:
    spoken: dict[str, Any] = read_yaml(settings.BASE_DIR / "fixtures" / "language.yaml")
    return spoken


def clear_caches() -> None:
    """Forget the language: after it was learnt again, or its words changed, in this process."""
    for cached in (language_of, reader_of, certainty, stop_words, _spoken, _identifier, _languages):
        cached.cache_clear()
