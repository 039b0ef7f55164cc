"""Questions that drawn firms ask of a drawn catalogue, as the API and ``match`` take them."""

from collections.abc import Iterator
from math import inf
from random import Random
from typing import Any

from benchmarks.synthetic import DAY, SEED, Country, Firm, firms


def questions(country: Country, n: int) -> Iterator[dict[str, Any]]:
    """Draw questions: what is known of a firm, and four needs."""
    draw = Random(SEED)  # noqa: S311
    for number, firm in enumerate(firms(country, n)):
        yield {"id": number, "on": str(DAY), "needs": draw.sample(country.sub_needs, 4), **known(firm)}


def known(firm: Firm) -> dict[str, Any]:
    """Return what is known of a firm, as the API takes it."""
    intervals = {"headcount": firm.staff, "turnover": firm.turnover}
    facts = {
        "commune": firm.commune,
        "naf": firm.naf[1:],
        "legal_category": firm.category,
        "created_on": str(firm.created_on or ""),
        "micro_entrepreneur": firm.micro,
        "craft_register": firm.craft,
        **{name: [_end(low), _end(high)] for name, (low, high) in intervals.items() if low > -inf},
    }
    return {name: value for name, value in facts.items() if value not in ("", None)}


def _end(number: float) -> float | None:
    return None if number == inf else number
