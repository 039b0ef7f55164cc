"""The door to the engine: rows of the database in, plain answers out. The rest of the backend never sees its types."""

import matching
from backend.matchmaking.engine import compiled, firms, needs, packed, places, tagging
from backend.matchmaking.engine.amounts import Estimate, Project
from backend.matchmaking.engine.compiled import (
    Catalogue,
    Condition,
    catalogue,
    catalogue_of,
    conditions_of,
    typed_facts,
)
from backend.matchmaking.engine.figures import read_figures
from backend.matchmaking.engine.firms import Facts, held_schemes, is_same_activity, profile, with_correspondents
from backend.matchmaking.engine.in_force import InForce, in_force
from backend.matchmaking.engine.learning import (
    LEARNT_FROM,
    N_COMPARED,
    Comparison,
    Decision,
    adopted_ranker,
    compare,
    fit_ranker,
    ranker_of,
    restate,
)
from backend.matchmaking.engine.needs import (
    FILLER,
    NOTHING,
    Example,
    Reading,
    Understood,
    language_in_force,
    learn,
    other_language,
    signs_of,
    told_in,
    understand,
    unread_of,
    words_of,
)
from backend.matchmaking.engine.packed import PackedFacts
from backend.matchmaking.engine.percolation import LATER, Counts, Firms
from backend.matchmaking.engine.places import place_names, without_place_names
from backend.matchmaking.engine.preferences import Preference, preference_labels, read_preferences
from backend.matchmaking.engine.presuming import presumed_facts, with_presumed
from backend.matchmaking.engine.questions import (
    Asked,
    changes,
    implausible,
    next_conditions,
    next_questions,
    parse_rules,
    worth,
)
from backend.matchmaking.engine.ranking import (
    OUTCOMES,
    POINTS,
    TARGETED,
    VERDICTS,
    Answer,
    Cause,
    Line,
    Query,
    Ranked,
    Reply,
    Request,
    Served,
    active_weights,
    answer,
    explain,
    listed,
    rank,
    reaching,
    read_request,
    read_requests,
    weights_of,
)
from backend.matchmaking.engine.relations import Conflict, Link, conflicts, plan
from backend.matchmaking.engine.spoken import personal_sentences, read_spoken
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
from backend.matchmaking.engine.tagging import ProposedTag, propose_tags, transversal_needs, vocabularies
from backend.matchmaking.engine.trades import forget_texts, read_trades, spoken_activities

# How good an order is.
RELEVANT = matching.RELEVANT
type Calibration = matching.Calibration
type Silences = matching.Silences
type Ranker = matching.Ranker
type Criterion = matching.Criterion
type Weights = matching.Weights
agreement, best_threshold, calibration = matching.agreement, matching.best_threshold, matching.calibration
ndcg, paired_interval, recall = matching.ndcg, matching.paired_interval, matching.recall
exposure, reciprocal_rank, silences = matching.exposure, matching.reciprocal_rank, matching.silences

__all__ = [
    "FILLER",
    "LATER",
    "LEARNT_FROM",
    "NOTHING",
    "N_COMPARED",
    "OUTCOMES",
    "POINTS",
    "RELEVANT",
    "TARGETED",
    "VERDICTS",
    "Answer",
    "Asked",
    "Calibration",
    "Catalogue",
    "Cause",
    "Comparison",
    "Condition",
    "Conflict",
    "Counts",
    "Criterion",
    "Decision",
    "Estimate",
    "Example",
    "Facts",
    "Firms",
    "InForce",
    "Left",
    "Line",
    "Link",
    "PackedFacts",
    "Preference",
    "Project",
    "ProposedTag",
    "Query",
    "Ranked",
    "Ranker",
    "Rate",
    "Rates",
    "Reading",
    "Reply",
    "Request",
    "Served",
    "Silences",
    "Size",
    "Sum",
    "Understood",
    "Weights",
    "active_weights",
    "adopted_ranker",
    "agreement",
    "answer",
    "best_threshold",
    "calibration",
    "catalogue",
    "catalogue_of",
    "changes",
    "clear_caches",
    "compare",
    "conditions_of",
    "conflicts",
    "de_minimis_left",
    "explain",
    "exposure",
    "fit_ranker",
    "fits_left",
    "forget_texts",
    "held_schemes",
    "implausible",
    "in_force",
    "is_same_activity",
    "language_in_force",
    "learn",
    "leaves_window_on",
    "listed",
    "ndcg",
    "next_conditions",
    "next_questions",
    "other_language",
    "paired_interval",
    "parse_rules",
    "personal_sentences",
    "place_names",
    "plan",
    "preference_labels",
    "presumed_facts",
    "profile",
    "propose_tags",
    "rank",
    "ranker_of",
    "rates_of",
    "reaching",
    "read_figures",
    "read_preferences",
    "read_request",
    "read_requests",
    "read_spoken",
    "read_trades",
    "recall",
    "reciprocal_rank",
    "restate",
    "signs_of",
    "silences",
    "size_of",
    "spoken_activities",
    "told_in",
    "transversal_needs",
    "typed_facts",
    "understand",
    "unread_of",
    "vocabularies",
    "weights_of",
    "with_correspondents",
    "with_presumed",
    "without_place_names",
    "words_of",
    "worth",
]


def clear_caches() -> None:
    """Forget what was compiled: after reference data was loaded again in this process."""
    compiled.clear_cache()
    firms.clear_caches()
    packed.clear_cache()
    needs.clear_caches()
    places.clear_cache()
    tagging.clear_caches()
