"""Keys of rows that a page sends back: of the one that a button names, of those that were ticked."""

from collections.abc import Mapping


def key_of(sent: str) -> int:
    """Return the key that a button or a box names, 0 where it is none."""
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0


def seen_key(sent: Mapping[str, str]) -> int | None:
    """Return the key of what the page of a form showed, ``None`` where it does not say."""
    return key_of(sent["seen"]) if "seen" in sent else None
