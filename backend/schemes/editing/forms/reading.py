"""What the criteria of a sheet say as they are typed: the French sentence of each, or what is still to be mended."""

from dataclasses import dataclass
from typing import Self

from backend.schemes.catalogue.criteria import sentence
from backend.schemes.editing.forms.tree import Node
from backend.schemes.models import Definition


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One criterion, or a group: its place in the form, and what it says, or what keeps it from being read."""

    index: int
    number: str
    sentence: str = ""
    definition: Definition | None = None
    problems: tuple[str, ...] = ()
    is_removed: bool = False

    @classmethod
    def of(cls, node: Node) -> Self:
        """Read a row whose form was sent."""
        if node.form.is_removed:
            return cls(index=node.index, number=node.number, is_removed=True)
        problems = tuple(_problems(node))
        if problems or not node.is_complete:
            return cls(index=node.index, number=node.number, problems=problems)
        definition = node.definition()
        return cls(index=node.index, number=node.number, sentence=sentence(definition), definition=definition)


def _problems(node: Node) -> list[str]:
    """Say what is wrong in a row itself; what is wrong in a group is said where it stands."""
    form = node.form
    found = [
        str(text) if name == "__all__" else f"{form[name].label} : {text}"
        for name, texts in form.errors.items()
        for text in texts
    ]
    return found or node.problems_of_group()
