"""Pages of the catalogue that ask the engine: what sources change, proposals tried on firms, sub-needs of imports."""

from backend.matchmaking.admin.changes import SourceChangeAdmin
from backend.matchmaking.admin.proposals import ProposalAdmin
from backend.matchmaking.admin.tags import ImportedSchemeAdmin

__all__ = ["ImportedSchemeAdmin", "ProposalAdmin", "SourceChangeAdmin"]
