"""The matching engine: which schemes a firm can have, in what order, why, and what is still unknown.

Pure Python and numpy: no framework, no clock, no file, no sentence. The rest of the repository imports this module
only.
"""

from matching.bundles import Step, bundle
from matching.criteria import (
    SIZES,
    WINDOW_STATES,
    Criterion,
    Manual,
    Window,
    leaves,
)
from matching.definitions import KINDS, dump_criterion, parse_criterion
from matching.errors import CriterionError, FactError, MatchingError, RelationError
from matching.facts import ANYWHERE, Figures, Interval, Place, Related
from matching.features import CONTRIBUTIONS, Weights
from matching.needs import NeedReader, Wish, Words
from matching.outcomes import MET, NOT_MET, UNKNOWN, Outcome
from matching.profiles import Profile, Profiles, activity_path
from matching.ranking import Match, rank
from matching.reasons import Reason, explain, opens_later
from matching.relations import RELATION_KINDS, Conflict, Relation, check_relations, conflicts
from matching.schemes import REACHES, Scheme

__all__ = [
    "ANYWHERE",
    "CONTRIBUTIONS",
    "KINDS",
    "MET",
    "NOT_MET",
    "REACHES",
    "RELATION_KINDS",
    "SIZES",
    "UNKNOWN",
    "WINDOW_STATES",
    "Conflict",
    "Criterion",
    "CriterionError",
    "FactError",
    "Figures",
    "Interval",
    "Manual",
    "Match",
    "MatchingError",
    "NeedReader",
    "Outcome",
    "Place",
    "Profile",
    "Profiles",
    "Reason",
    "Related",
    "Relation",
    "RelationError",
    "Scheme",
    "Step",
    "Weights",
    "Window",
    "Wish",
    "Words",
    "activity_path",
    "bundle",
    "check_relations",
    "conflicts",
    "dump_criterion",
    "explain",
    "leaves",
    "opens_later",
    "parse_criterion",
    "rank",
]
