"""Finding an activity of the NAF rév. 2 by plain words: what trades are called first, then what labels say."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from django.conf import settings

from backend.common.files import read_yaml
from backend.common.text import fold
from backend.territories.models import Nomenclature
from backend.territories.services import find_communes

WORD = re.compile(r"[a-z]{3,}")
# Words of labels and of what is typed that say nothing of an activity.
EMPTY = frozenset({"les", "des", "une", "aux", "pour", "avec", "dans", "sur", "par", "nous", "activite", "activites"})
ONLINE = re.compile(r"\be[- ](?=[a-z]{3})")  # « e-commerce » is no commerce of whatever
LEAST, ENDING = 5, 4  # letters of a word that are always compared, and those at its end that may differ
MOST_OF_PLACE = 5  # words of the name of a commune at the end of what is typed
MORE = 3  # letters that a label may add to a shorter word: « bar » finds « barres », « spa » not « spatiaux »


def find_activities(text: str) -> list[Nomenclature]:
    """Return the activities that some words may mean, the likeliest first; none where a word is in no label.

    Words are compared but for their ends: « menuisier » finds « menuiserie », « chaudronnerie » « chaudronnées ». What
    they name together comes first; without such a name, labels that say all of them come before what some name. The
    commune at the end is left out where nothing is found with it.
    """
    return _find(text) or _find(_without_commune(text))


def _find(text: str) -> list[Nomenclature]:
    wanted = _words(text)
    if not wanted:
        return []
    said = [_saying(word) for word in wanted]
    together = _named(" ".join(wanted))
    partly = [] if together else [code for words in _runs(wanted) for code in _named(words)]
    rows = {row.code: row for row in Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2)}
    labels = _words_of(rows)
    of_labels = [
        code for code, (own, above) in labels.items() if all(any(map(says.match, (*own, *above))) for says in said)
    ]
    of_labels.sort(key=lambda code: _rank(labels[code][0], said))
    return [rows[code] for code in dict.fromkeys((*together, *of_labels, *partly)) if code in labels]


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
    return list(_table()["trades"])


def _without_commune(text: str) -> str:
    """Return what stands before the name of a commune at the end of a text; nothing where it ends with none."""
    words = text.split()
    starts = range(max(1, len(words) - MOST_OF_PLACE), len(words))
    return next((" ".join(words[:at]) for at in starts if find_communes(" ".join(words[at:]), limit=1)), "")


def _words(text: str) -> list[str]:
    return [word for word in WORD.findall(ONLINE.sub("e", fold(text))) if word not in EMPTY]


def _runs(words: Sequence[str]) -> list[str]:
    """Return words that follow each other in threes, in twos, and alone: « coach sportif » comes before « coach »."""
    return [" ".join(words[at : at + n]) for n in (3, 2, 1) for at in range(len(words) - n + 1)]


def _named(words: str) -> list[str]:
    """Return the codes of a trade by its words, whichever are in the plural."""
    return _trades().get(words) or _singular_trades().get(_singular(words), [])


def _singular(words: str) -> str:
    return " ".join(word.removesuffix("s").removesuffix("x") for word in words.split())


def _saying(word: str) -> re.Pattern[str]:
    """Return what the words of labels are that say a word: no other where its look-alikes mean other trades."""
    if (singular := _singular(word)) in _searched():
        return re.compile(rf"{singular}s?x?$")
    return re.compile(rf"{word}[a-z]{{,{MORE}}}$" if len(word) < LEAST else word[: max(LEAST, len(word) - ENDING)])


def _rank(own: Sequence[str], said: Sequence[re.Pattern[str]]) -> tuple[int, int]:
    """Return a key by which a label that says it early, in few words, comes before what only its class says."""
    positions = (position for position, word in enumerate(own) if any(says.match(word) for says in said))
    return next(positions, 99), len(own)


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, list[str]]]:
    table: dict[str, dict[str, list[str]]] = read_yaml(settings.BASE_DIR / "fixtures" / "trades.yaml")
    return table


@lru_cache(maxsize=1)
def _trades() -> dict[str, list[str]]:
    table = _table()
    return {" ".join(_words(trade)): codes for trade, codes in (*table["searched"].items(), *table["trades"].items())}


@lru_cache(maxsize=1)
def _singular_trades() -> dict[str, list[str]]:
    return {_singular(trade): codes for trade, codes in _trades().items()}


@lru_cache(maxsize=1)
def _searched() -> frozenset[str]:
    """Return the trades of our table, in the singular, that are compared whole with what labels say."""
    return frozenset(_singular(" ".join(_words(trade))) for trade in _table()["searched"])


def _words_of(rows: Mapping[str, Nomenclature]) -> dict[str, tuple[list[str], list[str]]]:
    """Return the words of each sub-class and those of its class, by code."""
    words = {code: WORD.findall(fold(row.name)) for code, row in rows.items()}
    return {code: (words[code], words.get(code[:-1], [])) for code, row in rows.items() if row.level == "subclass"}
