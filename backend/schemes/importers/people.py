"""What is left to people of another site's record: sentences that the engine cannot read, quoted word for word."""

import re
from hashlib import sha256
from typing import Any

from backend.schemes.importers.cleaning import clean_line, same_text, typeset

type Row = dict[str, Any]

_BULLET = re.compile(r"[-*•–▪]\s+")
DIGITS = 12  # of the digest that tells two conditions of one record apart


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


def quoted(prefix: str, key: str, text: str, *, ask: str = "operator", fact: str = "") -> Row:
    """Leave a passage to a person; its name is this record's own, unless several share one."""
    line = clean_line(text)
    own = sha256(f"{key} {same_text(line)}".encode()).hexdigest()[:DIGITS]
    sentence = f"L’entreprise ou son projet remplit cette condition : « {line.rstrip(' .;,')} »."
    return condition(fact or f"{prefix}.{own}", sentence, excerpt=text, ask=ask)


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
