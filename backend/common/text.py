"""French text as people type it."""

import unicodedata


def fold(text: str) -> str:
    """Return a name in lower case without accents, for look-ups that forgive."""
    text = text.replace("’", "'").replace("œ", "oe").replace("Œ", "oe")
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))
