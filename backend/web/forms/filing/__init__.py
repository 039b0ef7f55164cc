"""The firm's form, step by step: shapes and contradictions are checked here, rules of schemes never.

Each form turns what was typed into facts under the names that the engine's door reads; what was left out, or answered
"je ne sais pas", is absent: unknown, never a guess.
"""

from collections.abc import Iterable
from typing import Any

from backend.web.forms.filing.firm import FirmForm
from backend.web.forms.filing.need import NeedForm
from backend.web.forms.filing.project import ProjectForm
from backend.web.forms.filing.steps import StepForm

STEPS: tuple[tuple[str, type[StepForm]], ...] = (
    ("besoin", NeedForm),
    ("entreprise", FirmForm),
    ("projet", ProjectForm),
)


def merge_facts(forms_: Iterable[StepForm]) -> dict[str, Any]:
    """Put the facts of the steps together; what is unknown is left out."""
    return {name: value for form in forms_ for name, value in form.facts().items() if value is not None}
