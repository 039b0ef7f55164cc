"""What every step of the filing can do."""

from typing import Any

from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import known_values
from backend.web.forms.fact_fields.base import FactFields


class StepForm(FactFields):
    """A step: some facts, and what is no fact."""

    title: Any = ""
    assisted_title: Any = ""  # for an officer, who fills it in for a firm; empty: the same

    @classmethod
    def initial_for(cls, submission: Submission) -> dict[str, Any]:
        """Return what the step shows of a submission that was filed."""
        return cls.initial_of(known_values(submission))
