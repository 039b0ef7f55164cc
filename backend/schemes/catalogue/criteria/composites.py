"""Groups: at least one, all, none."""

from collections.abc import Callable

from backend.schemes.catalogue.criteria.base import (
    KINDS,
    Definition,
    Kind,
    brief_sentence,
    contrary,
    lower,
    sentence,
)
from backend.schemes.typography import NBSP


class All(Kind):
    kind = "all"

    def phrase(self, definition: Definition) -> str:
        return parts(definition, " ; et ")

    def brief(self, definition: Definition) -> str:
        return parts(definition, " ; et ", brief_sentence)

    def negation(self, definition: Definition) -> str:
        return f"pas tout à la fois{NBSP}: {parts(definition, ' ; et ')}"


class AnyOf(Kind):
    kind = "any"

    def phrase(self, definition: Definition) -> str:
        return f"l’un ou l’autre{NBSP}: {parts(definition, ' ; ou ')}"

    def brief(self, definition: Definition) -> str:
        return f"l’un ou l’autre{NBSP}: {parts(definition, ' ; ou ', brief_sentence)}"

    def negation(self, definition: Definition) -> str:
        return f"aucun de ces cas{NBSP}: {parts(definition, ' ; ')}"


class Not(Kind):
    kind = "not"

    def phrase(self, definition: Definition) -> str:
        """Word the contrary of a criterion: as a criterion of its own wherever there is one."""
        inner: Definition = definition["of"]
        opposite = contrary(inner)
        return KINDS[inner["kind"]].negation(inner) if opposite is None else sentence(opposite)

    def contrary(self, definition: Definition) -> Definition | None:
        inner: Definition = definition["of"]
        return inner


def parts(definition: Definition, link: str, said: Callable[[Definition], str] = sentence) -> str:
    return link.join(lower(said(part)) for part in definition["of"])
