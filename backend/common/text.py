"""French text as people type it."""

import unicodedata
from collections.abc import Callable
from functools import lru_cache, wraps

SHORT, MANY = 300, 4096  # characters of a text whose answer is remembered, and how many are


def remember_short(read: Callable[[str], str]) -> Callable[[str], str]:
    """Remember what a function made of the latest short texts: the same words come back from record to record."""
    recent = lru_cache(maxsize=MANY)(read)

    @wraps(read)
    def answer(text: str) -> str:
        return recent(text) if len(text) <= SHORT else read(text)

    return answer


def fold(text: str) -> str:
    """Return a name in lower case without accents, for look-ups that forgive."""
    text = text.replace("’", "'").replace("œ", "oe").replace("Œ", "oe")
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))
