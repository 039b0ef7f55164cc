"""The matching engine: which schemes a firm can have, in what order, why, and what is still unknown.

Pure Python and numpy: no framework, no clock, no file, no sentence. The rest of the repository imports this module
only.
"""

from matching.criteria import (
    SIZES,
    WINDOW_STATES,
    Criterion,
    Manual,
    Window,
    leaves,
)
from matching.definitions import KINDS, dump_criterion, parse_criterion
from matching.errors import CriterionError, FactError, MatchingError
from matching.facts import ANYWHERE, Figures, Interval, Place, Related
from matching.features import CONTRIBUTIONS, Weights
from matching.needs import NeedReader, Wish, Words
from matching.outcomes import MET, NOT_MET, UNKNOWN, Outcome
from matching.profiles import Profile, Profiles, activity_path
from matching.questions import Question, next_conditions, next_questions
from matching.ranking import Match, rank
from matching.reasons import Reason, explain, opens_later
from matching.schemes import REACHES, Scheme

__all__ = [
    "ANYWHERE",
    "CONTRIBUTIONS",
    "KINDS",
    "MET",
    "NOT_MET",
    "REACHES",
    "SIZES",
    "UNKNOWN",
    "WINDOW_STATES",
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
    "Question",
    "Reason",
    "Related",
    "Scheme",
    "Weights",
    "Window",
    "Wish",
    "Words",
    "activity_path",
    "dump_criterion",
    "explain",
    "leaves",
    "next_conditions",
    "next_questions",
    "opens_later",
    "parse_criterion",
    "rank",
]
