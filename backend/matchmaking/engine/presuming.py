"""What is presumed of a firm until it says: that it stands alone, where it is small. Nothing here decides (ADR 41)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import matching
from backend.matchmaking.engine.compiled import Catalogue
from backend.matchmaking.engine.firms import Facts
from backend.matchmaking.engine.ranking import Answer, Ranked, Request, answer

SMALL = 50  # staff: surely fewer, whatever the year
SMALL_CATEGORY = "PME"  # of the register, which counts the groups that it knows


def presumed_facts(facts: Facts) -> dict[str, Any]:
    """Return what is presumed of a firm: that it has no related enterprise, where nobody spoke of any.

    Only where its headcount is surely under 50, and the register says PME or nothing.
    """
    category = facts.get("insee_category")
    says_more = isinstance(category, Mapping) and category.get("category") not in (None, "", SMALL_CATEGORY)
    headcount = facts.get("headcount")
    high = headcount[1] if isinstance(headcount, list | tuple) else headcount
    if facts.get("group") is not None or says_more or high is None or high >= SMALL:
        return {}
    return {"group": []}


def with_presumed(
    found: Answer,
    asked: Request,
    *,
    compiled: Catalogue,
    weights: matching.Weights,
    ranker: matching.Ranker | None,
) -> Answer:
    """Add to each open scheme of an answer the facts that are open only as long as what is presumed is not said.

    None where the presumption would exclude the firm: the verdict, the order and the open facts stay as they are.
    """
    presumed = presumed_facts(asked.facts)
    if not presumed or not any(presumed.keys() & set(item.unknown) for item in found.ranked):
        return found
    request = replace(asked, facts={**asked.facts, **presumed})
    (then,) = answer([request], compiled=compiled, weights=weights, ranker=ranker)
    would_be = {item.scheme_key: item for item in then.ranked}
    return replace(found, ranked=[_with(item, would_be.get(item.scheme_key), presumed) for item in found.ranked])


def _with(item: Ranked, then: Ranked | None, presumed: Mapping[str, Any]) -> Ranked:
    if then is None or then.eligibility == "ineligible" or presumed.keys().isdisjoint(item.unknown):
        return item
    return item._replace(presumed=tuple(fact for fact in item.unknown if fact not in then.unknown))
