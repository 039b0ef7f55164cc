"""What every form that states facts can do."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.http import QueryDict

type Facts = Mapping[str, Any]


class FactFields(forms.Form):
    """The fields by which some facts are stated; forms that ask for more inherit from several of these.

    ``facts()`` and ``initial_of()`` are each other's contrary; both call their parent's.
    """

    fields_of_fact: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked: dict[str, str] = {}  # by field: which of several things what was typed there means

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.fields_of_fact = {
            fact: names
            for base in reversed(cls.__mro__)
            for fact, names in vars(base).get("fields_of_fact", {}).items()
        }

    def facts(self) -> dict[str, Any]:
        """Return what was said of each fact; ``None`` is unknown."""
        return {}

    def changed_facts(self) -> dict[str, Any]:
        """Return the facts whose fields were changed: what a page cannot show exactly is not lost by saving it."""
        return self._changed(self.facts())

    def _changed(self, facts: Facts) -> dict[str, Any]:
        changed = set(self.changed_data)
        return {name: value for name, value in facts.items() if not changed.isdisjoint(self.fields_of_fact[name])}

    def typed(self) -> dict[str, list[str]]:
        """Return what was typed in the fields of the form, and in nothing else that was sent."""
        parts = (self, *getattr(self, "rows", ()))
        names = {part.add_prefix(name) for part in parts for name in part.fields}
        names |= {f"{name}_choice" for name in names}  # which of several communes of one name
        sent = cast("QueryDict", self.data)
        return {name: sent.getlist(name) for name in sorted(names & sent.keys())}

    def ask(self, name: str, sentence: str) -> None:
        """Ask which of several things was meant in a field: the form waits for a choice, and nothing is wrong."""
        self.asked[name] = sentence
        self.add_error(None, sentence)

    @property
    def only_asks(self) -> bool:
        """Whether all that is left to do is to choose among what was found."""
        return bool(self.asked) and sum(map(len, self.errors.values())) == len(self.asked)

    @property
    def asks_for_row(self) -> bool:
        """Whether the page was sent to have one more row of a list, not to be read."""
        return False

    def forget_errors(self) -> None:
        """Leave what was typed as it is: a page that asks for one more row is not finished."""
        self.errors.clear()

    def origins(self) -> dict[str, str]:
        """Return the facts that were not said but follow from what was."""
        return {}

    @classmethod
    def initial_of(cls, facts: Facts) -> dict[str, Any]:
        """Return what the fields show of facts that are known."""
        return {}
