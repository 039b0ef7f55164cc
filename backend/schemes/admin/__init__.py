"""The catalogue in the administration: read by editors, changed by proposals, published by a second person."""

from backend.schemes.admin.links import PageAdmin
from backend.schemes.admin.proposals import ProposalAdmin
from backend.schemes.admin.schemes import SchemeAdmin
from backend.schemes.admin.tasks import CatalogueTaskAdmin

__all__ = ["CatalogueTaskAdmin", "PageAdmin", "ProposalAdmin", "SchemeAdmin"]
