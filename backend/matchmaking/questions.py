"""What is left to ask, in words: the best question first, why it is asked and what it costs to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml
from django.conf import settings


@dataclass(frozen=True, slots=True)
class FactQuestion:
    """How a fact is asked, of whom, and what answering costs."""

    question: str
    effort: float
    ask: str = "firm"
    likely: Mapping[Any, float] = field(default_factory=dict)


@lru_cache(maxsize=1)
def _written() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((settings.BASE_DIR / "fixtures" / "questions.yaml").read_text())
    return content


@lru_cache(maxsize=1)
def fact_questions() -> Mapping[str, FactQuestion]:
    """Return how each fact is asked."""
    return {fact: FactQuestion(**row) for fact, row in _written()["facts"].items()}


def efforts() -> dict[str, float]:
    """Return what answering costs, by fact."""
    return {fact: asked.effort for fact, asked in fact_questions().items()}


def likely() -> dict[str, Mapping[Any, float]]:
    """Return typical answers and how common they are, by fact."""
    return {fact: asked.likely for fact, asked in fact_questions().items() if asked.likely}


def condition_effort() -> float:
    """Return what answering a condition left to a person costs."""
    return float(_written()["condition_effort"])
