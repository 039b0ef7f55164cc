"""Facts that a firm states in passing other than figures and trades, and which of its sentences speak of a person."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.conf import settings

import matching
from backend.common.files import read_yaml

type Statement = Mapping[str, Any]


def read_spoken(text: str, *, on: date) -> dict[str, tuple[Any, matching.Span]]:
    """Return the facts that a text of a day states, by name, each with its sentence.

    None that it states in two ways, or in a sentence that may mean the opposite.
    """
    found: dict[str, dict[Any, matching.Span]] = {}
    for fact, value, sentence in _stated(text, on):
        found.setdefault(fact, {}).setdefault(value, sentence)
    return {fact: next(iter(said.items())) for fact, said in found.items() if len(said) == 1 and None not in said}


def personal_sentences(text: str) -> list[matching.Span]:
    """Return where a text may speak of the age or the sex of somebody: nothing is learnt of these, last first."""
    return sorted({phrase.sentence for phrase in _personal_reader().read(text)}, reverse=True) if text.strip() else []


def _stated(text: str, on: date) -> Iterator[tuple[str, Any, matching.Span]]:
    """Yield facts with what sentences say of each; ``None`` where that may mean the opposite."""
    if not text.strip():
        return
    phrases = [*_reader().read(text)]
    doubtful = {(phrase.name, phrase.sentence) for phrase in _doubts().read(text)} if phrases else set()
    for phrase in phrases:
        statement = _statements()[int(phrase.name)]
        value = statement["value"] if "value" in statement else _day_in(phrase.said, on)
        if value is not None and _is_of_age(phrase.said, statement):
            is_asked = not statement.get("asked", True) and text[phrase.sentence.end :].lstrip().startswith("?")
            is_doubtful = is_asked or (phrase.name, phrase.sentence) in doubtful
            yield statement["fact"], None if is_doubtful else value, phrase.sentence


def _is_of_age(said: Mapping[str, str | None], statement: Statement) -> bool:
    if "age" not in statement:
        return True
    youngest, oldest = statement["age"]
    return bool(youngest <= int(said["age"] or 0) <= oldest)


def _day_in(said: Mapping[str, str | None], on: date) -> str | None:
    """Return the day that is said, as ISO; none where there is no such day, or it has not come yet."""
    month = _content()["months"][said["month"]]
    try:
        day = date(int(said["year"] or 0), month, int(said["day"] or 0))
    except ValueError:
        return None
    return day.isoformat() if day <= on else None


def _statements() -> list[Statement]:
    statements: list[Statement] = _content()["statements"]
    return statements


@lru_cache(maxsize=1)
def _reader() -> matching.PhraseReader:
    statements = _statements()
    return _reader_of(
        {str(at): row["patterns"] for at, row in enumerate(statements)},
        about={str(at): row["about"] for at, row in enumerate(statements)},
    )


@lru_cache(maxsize=1)
def _doubts() -> matching.PhraseReader:
    return _reader_of({str(at): row["unless"] for at, row in enumerate(_statements())})


@lru_cache(maxsize=1)
def _personal_reader() -> matching.PhraseReader:
    return _reader_of({"personal": _content()["personal"]})


def _reader_of(
    patterns: Mapping[str, list[str]], *, about: Mapping[str, list[str]] | None = None
) -> matching.PhraseReader:
    content = _content()
    words = {"months": content["months"]}
    return matching.PhraseReader(matching.PatternTable(patterns, parts=content["parts"], words=words, about=about))


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(settings.BASE_DIR / "fixtures" / "spoken_facts.yaml")
    return content
