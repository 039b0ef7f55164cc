"""What a kind of criterion says and asks: its sentence, its contrary, the fields of its form, the fact behind it."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from django import forms

from backend.schemes.typography import NBSP

type Definition = Mapping[str, Any]
type Fields = dict[str, forms.Field]


class Kind(ABC):
    """One kind of criterion. ``kind`` is the name that ``matching`` reads in a definition."""

    kind: str
    fact: str = ""  # of the firm, shown beside the rule; none where the definition says which

    @abstractmethod
    def phrase(self, definition: Definition) -> str:
        """Return what the criterion asks, in French, without a capital."""

    def brief(self, definition: Definition) -> str:
        """Return what it asks in a few words, for a line on a phone: of a long list only the first names."""
        return self.phrase(definition)

    def fields(self) -> Fields:
        """Return the fields of its form, by parameter of the definition."""
        return {}

    def mistake(self, typed: Mapping[str, Any]) -> str:
        """Say in French what the engine would refuse in what was typed; nothing where it would take it."""
        return ""

    def contrary(self, definition: Definition) -> Definition | None:
        """Return the criterion that is met exactly where this one is not, and unknown where it is, if there is one."""
        return None

    def negation(self, definition: Definition) -> str:
        """Return what "not" asks of a criterion without a contrary."""
        return f"ne pas être dans ce cas{NBSP}: {lower(sentence(definition))}"


KINDS: dict[str, Kind] = {}  # filled by the package, in the order in which editors choose


def sentence(definition: Definition) -> str:
    """Return what a criterion asks, as a French phrase that starts with a capital."""
    return _capital(KINDS[definition["kind"]].phrase(definition))


def brief_sentence(definition: Definition) -> str:
    """Return the same in a few words: a list of more than six names is cut, and says how many are left out."""
    return _capital(KINDS[definition["kind"]].brief(definition))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def contrary(definition: Definition) -> Definition | None:
    """Return the criterion that is met exactly where this one is not: it reads better than "the contrary of".

    >>> contrary({"kind": "headcount", "below": 250})
    {'kind': 'headcount', 'at_least': 250}
    """
    return KINDS[definition["kind"]].contrary(definition)


NAMES = ("Bpifrance", "France Travail")  # with which a sentence under "one or the other" begins


def lower(text: str) -> str:
    """Lower the first letter, but of a name, and take the last point off."""
    first_word = re.split(r"[\s’']", text, maxsplit=1)[0]  # "À jour" and "L’entreprise" are no names
    is_name = text.startswith(NAMES) or (len(first_word) > 1 and first_word.isupper())
    return (text if is_name else text[:1].lower() + text[1:]).rstrip(".")
