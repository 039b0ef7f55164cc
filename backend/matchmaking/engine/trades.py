"""The trade that a firm speaks of: a fact only on its word; until then what it plainly could not have comes last."""

from collections.abc import Container, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings

import matching
from backend.common.files import read_yaml
from backend.territories.trades import trade_codes, trade_names

# Names of patterns: what firms say of themselves, surely or not, and what speaks against any trade.
PLAIN, LIKELY, AGAINST = "plain", "likely", "against"
DIVISION = 2  # digits of a code


class _Trade(NamedTuple):
    codes: Sequence[str]
    sentence: matching.Span
    is_plain: bool


def read_trades(text: str, denied: Container[str] = ()) -> dict[str, matching.Span]:
    """Return the codes of the NAF rév. 2 that the trades of a text may have, each with the sentence that says it.

    Those that were ``denied`` are left out.
    """
    found: dict[str, matching.Span] = {}
    for trade in _trades(_read(text), denied):
        for code in trade.codes:
            found.setdefault(code, trade.sentence)
    return found


def spoken_activities(text: str, denied: Container[str] = ()) -> frozenset[str]:
    """Return the codes of the trade that a text plainly says the firm has; none where anything in it contradicts that.

    Industry does, and a job, a firm to be founded, or another trade of no division that is the same.
    """
    trades = _trades(_read(text), denied)
    plain = [trade.codes for trade in trades if trade.is_plain]
    if not plain or any(_reader_against().read(text)):
        return frozenset()
    divisions = ({code[:DIVISION] for code in trade.codes} for trade in trades)
    return frozenset().union(*plain) if set.intersection(*divisions) else frozenset()


@lru_cache(maxsize=512)  # who answers many lines together reads each for its activity, then for what it offers
def _read(text: str) -> Sequence[matching.Phrase]:
    return tuple(_reader().read(text)) if text.strip() else ()


def forget_texts() -> None:
    """Let go of the texts that were read, here and below: a web process keeps nobody's words for the next page."""
    matching.forget_texts()
    _read.cache_clear()


def _trades(phrases: Sequence[matching.Phrase], denied: Container[str]) -> list[_Trade]:
    read = (_Trade(_codes_of(phrase.said["trade"] or ""), phrase.sentence, phrase.name == PLAIN) for phrase in phrases)
    left = (trade._replace(codes=[code for code in trade.codes if code not in denied]) for trade in read)
    return [trade for trade in left if trade.codes]


def _codes_of(name: str) -> Sequence[str]:
    name = name.replace("-", " ")
    return _content()["sectors"].get(name) or trade_codes(name)


@lru_cache(maxsize=1)
def _reader() -> matching.PhraseReader:
    words = _words()
    return _reader_of(PLAIN, LIKELY, nouns=words["names"] | words["shops"] | words["workshops"])


@lru_cache(maxsize=1)
def _reader_against() -> matching.PhraseReader:
    return _reader_of(AGAINST)


def _reader_of(*names: str, nouns: Iterable[str] | None = None) -> matching.PhraseReader:
    content = _content()
    patterns = {name: content["patterns"][name] for name in names}
    table = matching.PatternTable(patterns, parts=content["parts"], words=_words())
    return matching.PhraseReader(table, nouns=nouns)


def _words() -> dict[str, set[str]]:
    content = _content()
    trades = {name for name in trade_names() if name not in content["elsewhere"]}
    shops, workshops = set(content["shops"]), set(content["workshops"])
    return {
        "shops": _spelt(shops),
        "workshops": _spelt(workshops),
        "persons": _spelt(trades - shops - workshops),
        "names": _spelt(trades | content["sectors"].keys()),
    }


def _spelt(names: set[str]) -> set[str]:
    """Return names as they are written, with hyphens too."""
    return names | {name.replace(" ", "-") for name in names}


@lru_cache(maxsize=1)
def _content() -> dict[str, Any]:
    content: dict[str, Any] = read_yaml(settings.BASE_DIR / "fixtures" / "spoken_trades.yaml")
    return content
