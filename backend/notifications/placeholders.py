"""Secret links in e-mails: what is kept of a text has a mark in their place, and each sending makes new ones.

A template is rendered with a placeholder that names the link. It starts with random characters of this process, so
that nothing that a person typed can pass for one.
"""

import json
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import NamedTuple

MARK = "[lien]"
TYPED_MARK = "(lien)"  # what becomes of the mark where somebody typed it
PASSWORD = "password"  # noqa: S105 -- the one link that is none of ours: allauth checks it
STOP = "stop"

_START = f"lien.{secrets.token_hex(16)}."
_FOUND = re.compile(rf"{re.escape(_START)}([\w-]*=*)\.")


class LinkSpec(NamedTuple):
    """Which link to make: of what kind, to which row."""

    kind: str
    object_id: int
    scope: str = ""


def placeholder(kind: str, object_id: int = 0, scope: str = "") -> str:
    """Return what stands for a link until the text is kept; a stop link is to the e-mail itself and names no row."""
    content = json.dumps([kind, object_id, scope]).encode()
    return f"{_START}{urlsafe_b64encode(content).decode()}."


def take_out_links(text: str) -> tuple[str, list[LinkSpec]]:
    """Return a text with a mark in place of each link, and which links these are, in order."""
    specs = [LinkSpec(*json.loads(urlsafe_b64decode(content))) for content in _FOUND.findall(text)]
    return _FOUND.sub(MARK, text.replace(MARK, TYPED_MARK)), specs


def put_in_links(text: str, specs: Iterator[LinkSpec], make: Callable[[LinkSpec], str]) -> str:
    """Return a text with a link in place of each mark; takes as many of ``specs`` as there are marks."""
    first, *rest = text.split(MARK)
    return first + "".join(make(next(specs)) + part for part in rest)
