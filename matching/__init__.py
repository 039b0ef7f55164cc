"""The matching engine: which schemes a firm can have, in what order, why, and what is still unknown.

Pure Python, numpy and scipy: no framework, no clock, no file, no sentence. The rest of the repository imports this
module only.
"""

from matching.amounts import Estimate, Terms, estimate
from matching.bundles import Step, bundle
from matching.centroids import Centroids, Closeness
from matching.certainty import Certainty, Signs
from matching.changes import Change, Turn, apply_changes, find_change
from matching.classes import ByClass
from matching.criteria import WINDOW_STATES, Criterion, HoldsScheme, Manual, Window, leaves
from matching.definitions import KINDS, Definition, dump_criterion, parse_criterion
from matching.eligibility import Verdicts, evaluate, outcomes
from matching.enterprise_size import SIZES, consolidate, is_publicly_held, size_range
from matching.errors import CriterionError, FactError, MatchingError, RelationError
from matching.facts import ANYWHERE, Figures, Interval, Place, Related
from matching.features import CONTRIBUTIONS, POINTS, SHORT_NOTICE_DAYS, THRESHOLDS, Weights
from matching.figures import Figure, FigureReader
from matching.grammar import Grammar, Negation
from matching.index import Index
from matching.language import FILLER, NOTHING, Example, Language
from matching.matches import Answer, Match
from matching.metrics import (
    RELEVANT,
    Calibration,
    Silences,
    agreement,
    best_threshold,
    calibration,
    exposure,
    ndcg,
    paired_interval,
    recall,
    reciprocal_rank,
    silences,
)
from matching.needs import NeedReader
from matching.nomenclatures import Correspondence, activity_path
from matching.outcomes import MET, NOT_MET, UNKNOWN, Outcome
from matching.patterns import PatternTable, forget_texts
from matching.phrases import Phrase, PhraseReader
from matching.preferences import PreferenceReader
from matching.profile_classes import Classes, ProfileClasses, classes_of
from matching.profiles import Profile, Profiles
from matching.questions import Question, next_conditions, next_questions
from matching.ranker import LEARNT_FROM, Ranker, columns_of, fit_ranker, shares_of
from matching.ranking import rank, rank_listed
from matching.reasons import Reason, explain
from matching.relations import RELATION_KINDS, Conflict, Relation, check_relations, conflicts
from matching.replies import Cause, Decision, Reply, Served
from matching.schema import criterion_schema
from matching.schemes import REACHES, Scheme
from matching.sentences import Span
from matching.state_aid import Ceiling, Grant, Intensity, ceiling_on, fits, headroom, intensity, leaves_window_on
from matching.text import fold, tokens
from matching.tongues import LanguageIdentifier
from matching.variants import chain_in
from matching.wishes import Wish

__all__ = [
    "ANYWHERE",
    "CONTRIBUTIONS",
    "FILLER",
    "KINDS",
    "LEARNT_FROM",
    "MET",
    "NOTHING",
    "NOT_MET",
    "POINTS",
    "REACHES",
    "RELATION_KINDS",
    "RELEVANT",
    "SHORT_NOTICE_DAYS",
    "SIZES",
    "THRESHOLDS",
    "UNKNOWN",
    "WINDOW_STATES",
    "Answer",
    "ByClass",
    "Calibration",
    "Cause",
    "Ceiling",
    "Centroids",
    "Certainty",
    "Change",
    "Classes",
    "Closeness",
    "Conflict",
    "Correspondence",
    "Criterion",
    "CriterionError",
    "Decision",
    "Definition",
    "Estimate",
    "Example",
    "FactError",
    "Figure",
    "FigureReader",
    "Figures",
    "Grammar",
    "Grant",
    "HoldsScheme",
    "Index",
    "Intensity",
    "Interval",
    "Language",
    "LanguageIdentifier",
    "Manual",
    "Match",
    "MatchingError",
    "NeedReader",
    "Negation",
    "Outcome",
    "PatternTable",
    "Phrase",
    "PhraseReader",
    "Place",
    "PreferenceReader",
    "Profile",
    "ProfileClasses",
    "Profiles",
    "Question",
    "Ranker",
    "Reason",
    "Related",
    "Relation",
    "RelationError",
    "Reply",
    "Scheme",
    "Served",
    "Signs",
    "Silences",
    "Span",
    "Step",
    "Terms",
    "Turn",
    "Verdicts",
    "Weights",
    "Window",
    "Wish",
    "activity_path",
    "agreement",
    "apply_changes",
    "best_threshold",
    "bundle",
    "calibration",
    "ceiling_on",
    "chain_in",
    "check_relations",
    "classes_of",
    "columns_of",
    "conflicts",
    "consolidate",
    "criterion_schema",
    "dump_criterion",
    "estimate",
    "evaluate",
    "explain",
    "exposure",
    "find_change",
    "fit_ranker",
    "fits",
    "fold",
    "forget_texts",
    "headroom",
    "intensity",
    "is_publicly_held",
    "leaves",
    "leaves_window_on",
    "ndcg",
    "next_conditions",
    "next_questions",
    "outcomes",
    "paired_interval",
    "parse_criterion",
    "rank",
    "rank_listed",
    "recall",
    "reciprocal_rank",
    "shares_of",
    "silences",
    "size_range",
    "tokens",
]
