"""What is left to people of another site's record: sentences that the engine cannot read, quoted word for word."""

import re

from backend.schemes.catalogue.record_types import CriterionRecord
from backend.schemes.catalogue.records import criterion_record
from backend.schemes.models import Definition
from backend.schemes.typography import typeset

_BULLET = re.compile(r"[-*•–▪]\s+")


def condition(
    fact: str, sentence: str, *, excerpt: str, ask: str = "operator", from_text: bool = True
) -> CriterionRecord:
    """Return a condition that a person answers, with the words it stands for."""
    definition: Definition = {"kind": "manual", "fact": fact, "sentence": typeset(sentence), "ask": ask}
    return read_in(definition, excerpt, from_text=from_text)


def read_in(definition: Definition, excerpt: str | None = None, *, from_text: bool = False) -> CriterionRecord:
    """Return a condition read in the page of the site, the only source of such a record, with its words there."""
    return criterion_record(definition, {"source": 1, "note": None, "excerpt": excerpt or None}, from_text=from_text)


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
