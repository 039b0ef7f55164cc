"""The names of the communes served, which say nothing of a need: nobody of Vieux-Moulin asks for a windmill."""

import re
from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings

from backend.common.files import read_yaml
from backend.territories.services import served_communes

LEAST_LETTERS = 5  # of the first word of a name, to be one by itself: "Choisy" is Choisy-au-Bac
_APART = re.compile(r"[\s'’-]+")
# Who writes in a hurry leaves accents out, and shortens "saint".
_SPELT = str.maketrans({"a": "[aàâ]", "c": "[cç]", "e": "[eéèêë]", "i": "[iîï]", "o": "[oô]", "u": "[uùûü]"})
_SHORTENED = {"saint": "st", "sainte": "ste"}


def without_place_names(text: str) -> str:
    """Return a text of the same length in which spaces stand for the communes served, by their names or short ones."""
    return _names().sub(lambda name: " " * len(name[0]), text)


def place_names() -> list[tuple[str, ...]]:
    """Return the words of the names that are left out, without accents, the longest names first."""
    common = read_yaml(settings.BASE_DIR / "fixtures" / "language.yaml")["common_in_place_names"].split()
    names = {tuple(_APART.split(commune.search_name)) for commune in served_communes()}
    short = {name[:1] for name in names if len(name[0]) >= LEAST_LETTERS and name[0] not in common}
    return sorted(names | short, key=lambda name: (-len(name), name))


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    names = place_names()
    initials = "".join(sorted({name[0][0].translate(_SPELT).strip("[]") for name in names}))  # few: tried first
    return re.compile(rf"(?<!\w)(?=[{initials}])(?:{'|'.join(map(_pattern, names))})(?!\w)", re.IGNORECASE)


def _pattern(name: Sequence[str]) -> str:
    return _APART.pattern.join(
        f"(?:{word.translate(_SPELT)}|{_SHORTENED[word]})" if word in _SHORTENED else word.translate(_SPELT)
        for word in name
    )


def clear_cache() -> None:
    """Forget the names: after the territory was loaded again in this process."""
    _names.cache_clear()
