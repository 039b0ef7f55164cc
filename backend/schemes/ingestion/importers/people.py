"""What is left to people of another site's record: sentences that the engine cannot read, quoted word for word."""

import re
from typing import Any

from backend.schemes.typography import typeset

type Row = dict[str, Any]

_BULLET = re.compile(r"[-*•–▪]\s+")


def condition(fact: str, sentence: str, *, excerpt: str, ask: str = "operator", from_text: bool = True) -> Row:
    """Return a condition that a person answers, with the words it stands for."""
    row: Row = {
        "kind": "manual",
        "fact": fact,
        "sentence": typeset(sentence),
        "ask": ask,
        "source": 1,
        "note": None,
        "excerpt": excerpt or None,
    }
    return {**row, "from_text": True} if from_text else row


def blocks(text: str) -> list[str]:
    """Cut a clean text into passages: a list goes with the sentence that opens it, so that "one of" never is "all"."""
    found: list[str] = []
    is_open = False
    for line in filter(None, (part.strip() for part in text.split("\n"))):
        if found and (is_open or _BULLET.match(line)):
            found[-1] += f"\n{line}"
        else:
            found.append(line)
        is_open = line.endswith((":", ";", ","))
    return found
