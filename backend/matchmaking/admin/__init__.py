"""Pages of the catalogue that ask the engine: proposals tried on firms, the sub-needs of imported schemes."""

from backend.matchmaking.admin.proposals import ProposalAdmin
from backend.matchmaking.admin.tags import ImportedSchemeAdmin

__all__ = ["ImportedSchemeAdmin", "ProposalAdmin"]
