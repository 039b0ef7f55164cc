"""Forms whose first choice says which other fields are asked."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.http import QueryDict


class ByChoiceForm(forms.Form):
    """A form of which a browser hides what the choice does not ask for, and sends it: it is not read.

    ``.by-choice`` in ``site.css`` shows the fields of each choice; without ``:has()`` in the browser, all show.
    """

    CHOICE: ClassVar[str]
    ASKED_BY: ClassVar[Mapping[str, Collection[str]]]  # by field: the choices that ask for it; of the others, all do

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ignored: list[str] = []  # fields that were filled in, and are not asked
        if self.is_bound:
            chosen = self.data.get(self.CHOICE)
            self.ignored = [
                name for name, choices in self.ASKED_BY.items() if self.data.get(name) and chosen not in choices
            ]
            kept = cast("QueryDict", self.data).copy()
            for name in self.ignored:
                del kept[name]
            self.data = kept

    def rows(self) -> Iterator[tuple[forms.BoundField, Collection[str]]]:
        """Yield each field with the choices that ask for it, none where all do."""
        for field in self.visible_fields():
            yield field, self.ASKED_BY.get(field.name, ())
