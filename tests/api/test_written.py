"""What is written field by field, beside what REST framework would write."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework import serializers

from backend.api.serializers.match import (
    AnswerSerializer,
    EstimateSerializer,
    MatchSerializer,
    OpenQuestionSerializer,
    ReasonSerializer,
    UnderstoodSerializer,
)
from backend.api.serializers.written import WrittenSerializer
from backend.matchmaking.answers import Answer, answer
from backend.matchmaking.condition_views import LineView
from backend.matchmaking.match_codes import load_codes
from backend.matchmaking.match_input import read_line
from tests.factories import DAY

pytestmark = pytest.mark.django_db
PLACED = {"commune": "60159", "naf": "25.62B"}
LINES = [
    {"needs": ["numerique.robot"], "text": "robotiser la soudure", "project": {"spend": 80_000, "started": False}},
    {"id": "a", "headcount": [10, 19], "unknown": 1},
    {"id": 1.5, "schemes": {"jonction:adie": True}, "created_on": "2026-01-31"},
]


def parts_of(found: Answer) -> Iterator[tuple[type[WrittenSerializer[Any]], Any]]:
    yield AnswerSerializer, found
    yield from ((UnderstoodSerializer, need) for need in found.understood)
    yield from ((OpenQuestionSerializer, question) for question in found.undecided)
    for card in found.cards:
        yield MatchSerializer, card
        yield from ((ReasonSerializer, line) for line in _each(card.reasons))
        if card.estimate:
            yield EstimateSerializer, card.estimate


def _each(lines: tuple[LineView, ...]) -> Iterator[LineView]:
    for line in lines:
        yield line
        yield from _each(line.parts)


@pytest.mark.parametrize("line", LINES)
def test_it_is_what_the_library_writes(line: dict[str, Any]) -> None:
    codes = load_codes()
    found = answer(read_line(json.dumps({**PLACED, **line}).encode(), codes, on=DAY), limit=50)
    context = {"labels": codes.sub_needs, "root": "https://example.org"}
    kinds = set()
    for kind, part in parts_of(found):
        written = kind(context=context).to_representation(part)
        by_the_library = serializers.Serializer.to_representation(kind(context=context), part)
        assert json.dumps(written) == json.dumps(by_the_library)
        kinds.add(kind)
    assert {AnswerSerializer, MatchSerializer, ReasonSerializer, OpenQuestionSerializer} <= kinds


def test_a_part_that_the_library_would_write_is_refused() -> None:
    class Inner(serializers.Serializer[Any]):
        name = serializers.CharField()

    class Outer(WrittenSerializer[Any]):
        inner = Inner(many=True)

    with pytest.raises(TypeError, match="no WrittenSerializer"):
        Outer().to_representation(object())
