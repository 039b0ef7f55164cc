"""The judged requests: what bosses typed, how useful two readers found each scheme for it, and what it asks for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings

from backend.common.files import read_yaml
from backend.matchmaking.match_codes import Codes, load_codes
from backend.matchmaking.match_input import Question, read_record

FOLDER = settings.BASE_DIR / "fixtures" / "judgements"
READINGS = ("first", "second")


@dataclass(frozen=True, slots=True)
class Judged:
    """A request, and the grades of the schemes of one catalogue by scheme key, 0 left out.

    ``grades`` is the mean of both readings, 0 to 3; ``readings`` holds each of them.
    """

    question: Question
    grades: Mapping[str, float]
    readings: tuple[Mapping[str, int], Mapping[str, int]]
    held_out: bool

    @property
    def id(self) -> str:
        return str(self.question.id)


def load_judgements(source: str) -> list[Judged]:
    """Return the requests that readers graded a catalogue for, in the order of the files."""
    first, second = (_grades(source, reading) for reading in READINGS)
    return [
        Judged(question, _mean(first[key], second[key]), (first[key], second[key]), is_held_out(key))
        for question in load_requests()
        for key in [str(question.id)]
        if key in first
    ]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A request of a family, and the sub-needs that it asks for: the mean of both readings, from 1 on.

    ``needs`` is empty for what no scheme is for; 2 is what is asked, 1 what an adviser would think of as well.
    """

    question: Question
    family: str
    needs: Mapping[str, float]
    held_out: bool


def load_labelled() -> list[Labelled]:
    """Return the requests of all families with what two readers say that they ask for."""
    readings = [read_yaml(FOLDER / "labels" / f"{reading}.yaml")["labels"] for reading in READINGS]
    found = []
    for family, questions in _families().items():
        for question in questions:
            key = str(question.id)
            first, second = (reading.get(key, {}).get("needs", {}) for reading in readings)
            needs = {need: mean for need, mean in _mean(first, second).items() if mean >= 1}
            found.append(Labelled(question, family, needs, is_held_out(key)))
    return found


@lru_cache(maxsize=1)
def load_requests() -> tuple[Question, ...]:
    """Return the requests as the service reads them: the first ones, then those of each family."""
    return (*_read_all(FOLDER / "requests.yaml"), *(each for family in _families().values() for each in family))


@lru_cache(maxsize=1)
def _families() -> dict[str, tuple[Question, ...]]:
    return {path.stem: _read_all(path) for path in sorted(FOLDER.glob("families/*.yaml"))}


def _read_all(path: Path) -> tuple[Question, ...]:
    content = read_yaml(path)
    codes, on = load_codes(), date.fromisoformat(content["dated"])
    return tuple(_read(row, codes, on) for row in content["requests"])


def is_held_out(key: str) -> bool:
    """Tell whether a request belongs to the half that is never used for tuning: one bit of a hash of its id."""
    return bool(sha256(key.encode()).digest()[0] & 1)


def judged_sources() -> list[str]:
    """Return the catalogues that have grades."""
    return sorted(path.stem.removesuffix(f"-{READINGS[0]}") for path in FOLDER.glob(f"grades/*-{READINGS[0]}.yaml"))


def _read(row: dict[str, Any], codes: Codes, on: date) -> Question:
    known = {name: value for name, value in row.items() if name not in ("intent", "about", "refuses")}
    return read_record(json.loads(json.dumps(known)), codes, on=on)


def _grades(source: str, reading: str) -> dict[str, dict[str, int]]:
    path: Path = FOLDER / "grades" / f"{source}-{reading}.yaml"
    grades: dict[str, dict[str, int]] = read_yaml(path)["grades"]
    return {key: {f"{source}:{name}": grade for name, grade in row.items()} for key, row in grades.items()}


def _mean(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, float]:
    return {key: (one.get(key, 0) + other.get(key, 0)) / 2 for key in sorted(one.keys() | other.keys())}
