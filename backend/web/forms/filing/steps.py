"""What every step of the filing can do."""

from typing import Any, cast

from django.http import QueryDict

from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import known_values
from backend.web.forms.fact_fields.base import FactFields


class StepForm(FactFields):
    """A step: some facts, and what is no fact."""

    title: Any = ""

    def typed(self) -> dict[str, list[str]]:
        """Return what was typed in the fields of the step, and in nothing else that was sent."""
        parts = (self, *getattr(self, "rows", ()))
        names = {part.add_prefix(name) for part in parts for name in part.fields}
        names |= {f"{name}_choice" for name in names}  # which of several communes of one name
        sent = cast("QueryDict", self.data)
        return {name: sent.getlist(name) for name in sorted(names & sent.keys())}

    @classmethod
    def initial_for(cls, submission: Submission) -> dict[str, Any]:
        """Return what the step shows of a submission that was filed."""
        return cls.initial_of(known_values(submission))
