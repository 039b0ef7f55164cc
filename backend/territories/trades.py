"""Finding an activity of the NAF rév. 2 by plain words: what trades are called first, then what labels say."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from django.conf import settings

from backend.common.files import read_yaml
from backend.common.text import fold
from backend.territories.models import Nomenclature

WORD = re.compile(r"[a-z]{3,}")
# Words of labels and of what is typed that say nothing of an activity.
EMPTY = frozenset({"les", "des", "une", "aux", "pour", "avec", "dans", "sur", "par", "nous", "activite", "activites"})
LEAST, ENDING = 5, 4  # letters of a word that are always compared, and those at its end that may differ


def find_activities(text: str) -> list[Nomenclature]:
    """Return the activities that some words may mean, the likeliest first; none where a word is in no label.

    Words are compared but for their ends: « menuisier » finds « menuiserie », « chaudronnerie » « chaudronnées ».
    """
    wanted = _words(text)
    if not wanted:
        return []
    starts = [word[: max(LEAST, len(word) - ENDING)] for word in wanted]
    known = [*_named(" ".join(wanted)), *(code for word in wanted for code in _named(word))]
    rows = {row.code: row for row in Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2)}
    labels = _words_of(rows)
    of_labels = [
        code
        for code, (own, above) in labels.items()
        if all(any(word.startswith(start) for word in (*own, *above)) for start in starts)
    ]
    of_labels.sort(key=lambda code: _rank(labels[code][0], starts))
    return [rows[code] for code in dict.fromkeys((*known, *of_labels)) if code in labels]


def sure_activity(text: str) -> str | None:
    """Return the code of a trade that has one only, where some words name it and nothing else.

    What labels say is never sure: « musique » is in one, of those who make instruments.
    """
    codes = _named(" ".join(_words(text)))
    return codes[0] if len(codes) == 1 else None


def trade_codes(trade: str) -> Sequence[str]:
    """Return the codes of a trade by its name, the most common first; none where it is not in our table."""
    return _named(" ".join(_words(trade)))


def trade_names() -> list[str]:
    """Return the names of the trades of our table, as they are written there."""
    return list(_table())


def _words(text: str) -> list[str]:
    return [word for word in WORD.findall(fold(text)) if word not in EMPTY]


def _named(words: str) -> list[str]:
    """Return the codes of a trade by its words, in the plural too."""
    trades = _trades()
    return trades.get(words) or trades.get(" ".join(word.removesuffix("s") for word in words.split()), [])


def _rank(own: Sequence[str], starts: list[str]) -> tuple[int, int]:
    """Return a key by which a label that says it early, in few words, comes before what only its class says."""
    says = (position for position, word in enumerate(own) if any(map(word.startswith, starts)))
    return next(says, 99), len(own)


@lru_cache(maxsize=1)
def _table() -> dict[str, list[str]]:
    trades: dict[str, list[str]] = read_yaml(settings.BASE_DIR / "fixtures" / "trades.yaml")["trades"]
    return trades


@lru_cache(maxsize=1)
def _trades() -> dict[str, list[str]]:
    return {" ".join(_words(trade)): codes for trade, codes in _table().items()}


def _words_of(rows: Mapping[str, Nomenclature]) -> dict[str, tuple[list[str], list[str]]]:
    """Return the words of each sub-class and those of its class, by code."""
    words = {code: WORD.findall(fold(row.name)) for code, row in rows.items()}
    return {code: (words[code], words.get(code[:-1], [])) for code, row in rows.items() if row.level == "subclass"}
