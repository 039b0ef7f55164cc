"""What commands are given, read once for all of them."""

from argparse import ArgumentTypeError
from datetime import date


def day(text: str) -> date:
    """Return a day written like ``2026-12-15``. Raises ``ArgumentTypeError`` with a sentence."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} n’est pas un jour comme 2026-12-15.") from None
