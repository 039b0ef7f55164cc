"""The catalogue in the administration: read by editors, changed by proposals, published by a second person.

Proposals are tried on the firms we know: what knows them registers their pages (``matchmaking.admin``).
"""

from backend.schemes.editing.admin.duplicates import DuplicateDecisionAdmin, DuplicatePairAdmin
from backend.schemes.editing.admin.fusions import FusionAdmin
from backend.schemes.editing.admin.imports import ImportRunAdmin
from backend.schemes.editing.admin.links import PageAdmin
from backend.schemes.editing.admin.schemes import SchemeAdmin
from backend.schemes.editing.admin.suggestions import SuggestionAdmin
from backend.schemes.editing.admin.tasks import CatalogueTaskAdmin

__all__ = [
    "CatalogueTaskAdmin",
    "DuplicateDecisionAdmin",
    "DuplicatePairAdmin",
    "FusionAdmin",
    "ImportRunAdmin",
    "PageAdmin",
    "SchemeAdmin",
    "SuggestionAdmin",
]
