"""Proposals, tried on the firms we know while they are written and before they are published."""

from django.contrib import admin

from backend.common.days import current_day
from backend.matchmaking.impact_preview import Trial
from backend.schemes.editing.admin.proposals import ProposalPages
from backend.schemes.models import Proposal


@admin.register(Proposal)
class ProposalAdmin(ProposalPages):
    def open_trial(self) -> Trial:
        return Trial(on=current_day())
