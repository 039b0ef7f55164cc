"""The catalogue in the administration: read by editors, changed by proposals, published by a second person.

Proposals are tried on the firms we know: what knows them registers their pages (``matchmaking.admin``).
"""

from backend.schemes.admin.duplicates import DuplicateDecisionAdmin, DuplicatePairAdmin
from backend.schemes.admin.fusions import FusionAdmin
from backend.schemes.admin.imports import ImportRunAdmin
from backend.schemes.admin.links import PageAdmin
from backend.schemes.admin.schemes import SchemeAdmin
from backend.schemes.admin.tasks import CatalogueTaskAdmin

__all__ = [
    "CatalogueTaskAdmin",
    "DuplicateDecisionAdmin",
    "DuplicatePairAdmin",
    "FusionAdmin",
    "ImportRunAdmin",
    "PageAdmin",
    "SchemeAdmin",
]
