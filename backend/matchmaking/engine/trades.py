"""The trade that a firm speaks of: a fact only on its word; until then what it could not have comes last."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings

import matching
from backend.common.files import read_yaml
from backend.territories.trades import trade_codes, trade_names


def read_trades(text: str) -> dict[str, matching.Span]:
    """Return the codes of the NAF rév. 2 that the trades of a text may have, each with the sentence that says it."""
    found: dict[str, matching.Span] = {}
    for phrase in _reader().read(text) if text.strip() else ():
        for code in _codes_of(phrase.said["trade"] or ""):
            found.setdefault(code, phrase.sentence)
    return found


def spoken_activities(text: str) -> frozenset[str]:
    """Return these codes alone."""
    return frozenset(read_trades(text))


def _codes_of(name: str) -> Sequence[str]:
    name = name.replace("-", " ")
    return _content()["sectors"].get(name) or trade_codes(name)


@lru_cache(maxsize=1)
def _reader() -> matching.PhraseReader:
    content = _content()
    trades = {name for name in trade_names() if name not in content["elsewhere"]}
    houses = set(content["houses"])
    return matching.PhraseReader(
        {"trade": content["patterns"]},
        parts=content["parts"],
        words={
            "houses": _spelt(houses),
            "persons": _spelt(trades - houses),
            "names": _spelt(trades | content["sectors"].keys()),
        },
    )


def _spelt(names: set[str]) -> set[str]:
    """Return names as they are written, with hyphens too."""
    return names | {name.replace(" ", "-") for name in names}


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(settings.BASE_DIR / "fixtures" / "spoken_trades.yaml")
    return content
