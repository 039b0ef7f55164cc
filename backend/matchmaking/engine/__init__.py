"""The door to the engine: rows of the database in, plain answers out. The rest of the backend never sees its types."""

from backend.matchmaking.engine import compiled, firms
from backend.matchmaking.engine.compiled import Catalogue, catalogue, catalogue_of, typed_facts
from backend.matchmaking.engine.firms import Facts, held_schemes, is_same_activity, profile
from backend.matchmaking.engine.learning import (
    LEARNT_FROM,
    Comparison,
    Decision,
    adopted_ranker,
    compare,
    exposure,
    fit_ranker,
    ndcg,
    paired_interval,
    ranker_of,
    restate,
)
from backend.matchmaking.engine.needs import Understood, need_reader, understand
from backend.matchmaking.engine.questions import Asked, changes, next_conditions, next_questions, worth
from backend.matchmaking.engine.ranking import (
    CONTRIBUTIONS,
    OUTCOMES,
    TARGETED,
    VERDICTS,
    Line,
    Ranked,
    active_weights,
    explain,
    rank,
    reaching,
    weights_of,
)
from backend.matchmaking.engine.relations import Conflict, Link, conflicts, plan
from backend.matchmaking.engine.state_aid import (
    Left,
    Rate,
    Rates,
    Size,
    Sum,
    de_minimis_left,
    fits_left,
    leaves_window_on,
    rates_of,
    size_of,
)

__all__ = [
    "CONTRIBUTIONS",
    "LEARNT_FROM",
    "OUTCOMES",
    "TARGETED",
    "VERDICTS",
    "Asked",
    "Catalogue",
    "Comparison",
    "Conflict",
    "Decision",
    "Facts",
    "Left",
    "Line",
    "Link",
    "Ranked",
    "Rate",
    "Rates",
    "Size",
    "Sum",
    "Understood",
    "active_weights",
    "adopted_ranker",
    "catalogue",
    "catalogue_of",
    "changes",
    "clear_caches",
    "compare",
    "conflicts",
    "de_minimis_left",
    "explain",
    "exposure",
    "fit_ranker",
    "fits_left",
    "held_schemes",
    "is_same_activity",
    "leaves_window_on",
    "ndcg",
    "need_reader",
    "next_conditions",
    "next_questions",
    "paired_interval",
    "plan",
    "profile",
    "rank",
    "ranker_of",
    "rates_of",
    "reaching",
    "restate",
    "size_of",
    "typed_facts",
    "understand",
    "weights_of",
    "worth",
]


def clear_caches() -> None:
    """Forget what was compiled: after reference data was loaded again in this process."""
    compiled.clear_cache()
    firms.clear_caches()
    need_reader.cache_clear()
