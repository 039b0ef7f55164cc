"""Facts that are lists: a row of fields for each part, as many as are needed, without JavaScript."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from backend.common.fields import Euros, FrenchNumber
from backend.web.forms.answers import number_typed
from backend.web.forms.fact_fields.base import FactFields

ADD_ROW = "add_row"  # name of the button that asks for one more row
FIGURES = ("headcount", "turnover", "balance_sheet")


def figure(label: Any, *, high: int, kind: type[FrenchNumber] = Euros) -> FrenchNumber:
    return kind(
        label=label,
        required=False,
        min_value=0,
        max_value=high,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": _("Écrivez un nombre, comme 35 ou 1 200 000, ou laissez vide."),
            "min_value": _("Ce nombre ne peut pas être négatif."),
        },
    )


class FiguresRow(forms.Form):
    """The figures of one enterprise over one year; what was known to be between two bounds stays so until retyped."""

    headcount = figure(_("Salariés (équivalents temps plein)"), high=10_000_000, kind=FrenchNumber)
    turnover = figure(_("Chiffre d’affaires (€)"), high=10**13)
    balance_sheet = figure(_("Total du bilan (€)"), high=10**13)

    def __init__(self, data: Mapping[str, Any] | None, *, prefix: str, known: Mapping[str, Any]) -> None:
        self.known = known
        super().__init__(data, prefix=prefix, initial=self.initial_of(known))

    @classmethod
    def initial_of(cls, known: Mapping[str, Any]) -> dict[str, Any]:
        return {name: number_typed(known.get(name)) for name in FIGURES}

    def value(self) -> dict[str, Any]:
        """Return what the row says; call it once the row is valid, or not sent."""
        if not self.is_bound:
            return dict(self.known)
        typed = {name: self.cleaned_data[name] for name in FIGURES if name in self.changed_data}
        figures = {name: self.known.get(name) for name in FIGURES}
        figures |= {name: None if number is None else float(number) for name, number in typed.items()}
        return {name: number for name, number in figures.items() if number is not None}


class RowFields(FactFields):
    """Fields with rows below them; the button that asks for one more posts the page as it is."""

    row_form: ClassVar[type[FiguresRow]]
    row_name: ClassVar[str]  # the fact, and what the names of the fields of its rows begin with
    row_field: ClassVar[str]  # the field of the form that the rows go with
    row_title: ClassVar[Any]
    n_shown: ClassVar[int]
    n_most: ClassVar[int]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.asks_for_row:
            next(iter(self.rows[-1].fields.values())).widget.attrs["autofocus"] = True

    @cached_property
    def rows(self) -> list[FiguresRow]:
        """The rows as they were sent, else as they are known, and a blank one where one more was asked for."""
        known = list(self.initial.get(self.row_name) or ())
        n_sent = self._n_sent
        n_rows = n_sent or max(self.n_shown, len(known))
        if self.asks_for_row:
            n_rows = min(n_rows + 1, self.n_most)
        return [
            self.row_form(
                self.data if n_sent else None,
                prefix=self._row_prefix(place),
                known=known[place] if place < len(known) else {},
            )
            for place in range(n_rows)
        ]

    @property
    def _sent_rows(self) -> list[FiguresRow]:
        """The rows that were sent: where none was, none is made to be read."""
        return self.rows if self._n_sent else []

    @property
    def _n_sent(self) -> int:
        return next(n for n in range(self.n_most + 1) if not self._is_sent(n)) if self.is_bound else 0

    def _row_prefix(self, place: int) -> str:
        return f"{self.add_prefix(self.row_name)}-{place}"

    def _is_sent(self, place: int) -> bool:
        return place < self.n_most and f"{self._row_prefix(place)}-headcount" in self.data

    @property
    def add_name(self) -> str:
        return self.add_prefix(ADD_ROW)

    @property
    def asks_for_row(self) -> bool:
        return self.add_name in self.data

    @property
    def may_add(self) -> bool:
        return len(self.rows) < self.n_most

    @property
    def says_errors_in_rows(self) -> bool:
        """Whether what is wrong is said beside the fields of its rows, and needs not be said again above them."""
        return self.is_bound and any(row.errors for row in self._sent_rows)

    def forget_errors(self) -> None:
        super().forget_errors()
        for row in self.rows:
            row.errors.clear()

    @cached_property
    def changed_data(self) -> list[str]:
        changed: list[str] = super().changed_data
        has_changed = any(row.has_changed() for row in self._sent_rows)
        return [*changed, self.row_field] if has_changed else changed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for place, row in enumerate(self._sent_rows, 1):
            if not row.is_valid():
                for name, errors in row.errors.items():
                    for error in errors:
                        self.add_error(self.row_field, f"{self.row_title} {place}, {row.fields[name].label} : {error}")
        return cleaned

    def values(self) -> list[dict[str, Any]]:
        """Return what each row says, the blank ones too; where none was sent, as they are known."""
        if not self._n_sent:
            return [dict(known) for known in self.initial.get(self.row_name) or ()]
        return [row.value() for row in self.rows]
