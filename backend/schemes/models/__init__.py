"""The catalogue: what firms need, schemes and their revisions, and what people propose to change.

With its modules this is one of the two doors to the engine: it answers "is this well formed?", of criteria and links.
"""

from backend.schemes.models.caretaking import Caretaker, SheetAnswer, SheetEnquiry, SheetOwner
from backend.schemes.models.changes import Counterpart, FieldDecision, SetAside, SourceChange
from backend.schemes.models.duplicates import DuplicateDecision, DuplicatePair
from backend.schemes.models.editing import CatalogueTask, Proposal, ProposalEdit
from backend.schemes.models.fusions import Fusion
from backend.schemes.models.importing import ImportRun, SourceCopy
from backend.schemes.models.observations import WindowObservation
from backend.schemes.models.pages import ANSWERS, Outcome, Page, PageCheck, Quote
from backend.schemes.models.parts import Criterion, Operator, OperatorRole, Relation, ServedNeed, Source, Tier
from backend.schemes.models.previews import PreviewLink, Remark
from backend.schemes.models.refusals import place_in_words, why_refused
from backend.schemes.models.revisions import (
    RATE_COLUMNS,
    SHORT_NOTICE_DAYS,
    Revision,
    activity_path,
    canonical_criterion,
    chain_in,
    contradiction_in,
    criterion_schema,
    is_activity,
    validate_activity,
    validate_activity_2025,
    validate_criterion,
)
from backend.schemes.models.schemes import Scheme, SchemeTexts
from backend.schemes.models.suggestions import Suggestion
from backend.schemes.models.tagging import ImportedScheme, TagDecision
from backend.schemes.models.taxonomy import SubNeed, TaxonomyNeed
from matching import Definition

__all__ = [
    "ANSWERS",
    "RATE_COLUMNS",
    "SHORT_NOTICE_DAYS",
    "Caretaker",
    "CatalogueTask",
    "Counterpart",
    "Criterion",
    "Definition",
    "DuplicateDecision",
    "DuplicatePair",
    "FieldDecision",
    "Fusion",
    "ImportRun",
    "ImportedScheme",
    "Operator",
    "OperatorRole",
    "Outcome",
    "Page",
    "PageCheck",
    "PreviewLink",
    "Proposal",
    "ProposalEdit",
    "Quote",
    "Relation",
    "Remark",
    "Revision",
    "Scheme",
    "SchemeTexts",
    "ServedNeed",
    "SetAside",
    "SheetAnswer",
    "SheetEnquiry",
    "SheetOwner",
    "Source",
    "SourceChange",
    "SourceCopy",
    "SubNeed",
    "Suggestion",
    "TagDecision",
    "TaxonomyNeed",
    "Tier",
    "WindowObservation",
    "activity_path",
    "canonical_criterion",
    "chain_in",
    "contradiction_in",
    "criterion_schema",
    "is_activity",
    "place_in_words",
    "validate_activity",
    "validate_activity_2025",
    "validate_criterion",
    "why_refused",
]
