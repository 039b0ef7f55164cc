"""The form of a whole sheet: one form for what is said once, and rows for what is said several times."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from backend.schemes.forms.main import NAMES, SheetForm
from backend.schemes.forms.rows import ROW_NAMES, SETS, need_choices, scheme_choices, weight_choices
from backend.schemes.models import RATE_COLUMNS, Relation, Scheme
from backend.schemes.records import Record
from backend.schemes.vocabulary import CRITERION_KINDS

# Links to one scheme that contradict each other.
APART: set[str] = {Relation.Kind.EXCLUDES}
TOGETHER: set[str] = {Relation.Kind.REQUIRES, Relation.Kind.CUMULABLE}


class Sheet:
    """All the forms of one sheet. Nothing typed is lost when a row is added or a mistake is shown."""

    def __init__(
        self,
        *,
        scheme: Scheme | None = None,
        base: Record | None = None,
        data: QueryDict | None = None,
        initial: Mapping[str, Any] | None = None,
        extra: Mapping[str, int] | None = None,
    ) -> None:
        self.scheme, self.base = scheme, base
        initial = initial if initial is not None else _initial(base or {})
        fixed_key = scheme.source_key if scheme else ""
        self.main = SheetForm(data, initial=initial.get("main"), fixed_key=fixed_key)
        options = {
            "needs": {"needs": need_choices(), "weights": weight_choices(base)},
            "criteria": {"key": str(fixed_key or self.main["key"].value() or "condition")},
            "relations": {"schemes": scheme_choices(base)},
        }
        self.rows: dict[str, Any] = {}
        for name, rows in SETS.items():
            # What was sent says it all: a row equal to that of the base would pass for an empty one.
            known = initial.get(name) if data is None else None
            made = rows(data, initial=known, prefix=name, form_kwargs=options.get(name))
            made.extra = (extra or {}).get(name, made.extra)
            self.rows[name] = made

    def with_one_more(self, name: str, *, kind: str = "") -> "Sheet":
        """Return the same forms as they were typed, not checked, with one more row."""
        filled = {part: _up_to_the_last_filled(rows.forms) for part, rows in self.rows.items()}
        initial: dict[str, Any] = {part: list(map(_typed, forms_)) for part, forms_ in filled.items()}
        initial["main"] = _typed(self.main)
        extra = {part: len(rows.forms) - len(filled[part]) for part, rows in self.rows.items()}
        if name == "criteria" and kind in CRITERION_KINDS:
            initial["criteria"].append({"kind": kind})
        elif name in extra and name != "criteria":
            extra[name] += 1
        return Sheet(scheme=self.scheme, base=self.base, initial=initial, extra=extra)

    def is_valid(self) -> bool:
        checks = [self.main.is_valid(), *(rows.is_valid() for rows in self.rows.values())]
        return all(checks) and self._is_consistent()

    def _is_consistent(self) -> bool:
        """Check what one row says of another."""
        numbers = self._source_numbers()
        for rows in (self.rows["criteria"], self.rows["relations"]):
            for form in _kept(rows):
                number = form.cleaned_data.get("source")
                if number and number not in numbers:
                    form.add_error("source", f"Il n’y a pas de source n° {number}, ou vous la retirez.")
        for name, fields in (("needs", ("sub_need",)), ("relations", ("kind", "scheme")), ("operators", ("name",))):
            seen = set()
            for form in _kept(self.rows[name]):
                value = tuple(form.cleaned_data[field] for field in fields)
                if value in seen:
                    form.add_error(fields[-1], "Cette ligne répète une autre ligne.")
                seen.add(value)
        self._check_links()
        return not any(form.errors for rows in self.rows.values() for form in _kept(rows))

    def _check_links(self) -> None:
        """Check what a sheet says of itself, and twice of one other; against the catalogue it is read to publish."""
        said: dict[str, set[str]] = {}
        for form in _kept(self.rows["relations"]):
            other, kind = form.cleaned_data["scheme"], form.cleaned_data["kind"]
            contrary = TOGETHER if kind in APART else APART if kind in TOGETHER else set()
            if other == self.main.cleaned_data["key"]:
                form.add_error("scheme", "Un dispositif n’est pas lié à lui-même : choisissez-en un autre.")
            if said.get(other, set()) & contrary:
                form.add_error("kind", "Une autre ligne dit le contraire de ce dispositif : gardez l’une des deux.")
            said.setdefault(other, set()).add(kind)

    def _source_numbers(self) -> dict[int, int]:
        """Return the position that each source typed will have, by its row."""
        kept = _kept(self.rows["sources"])
        rows = [row for row, form in enumerate(self.rows["sources"].forms, 1) if form in kept]
        return {row: position for position, row in enumerate(rows, 1)}

    def record(self) -> Record:
        """Return what is typed as a record."""
        numbers = self._source_numbers()
        typed = {
            name: [form.row() if name == "criteria" else dict(form.cleaned_data) for form in _kept(rows)]
            for name, rows in self.rows.items()
        }
        for row in (part for rows in typed.values() for part in rows):
            row.pop("DELETE", None)
        for row in (*typed["criteria"], *typed["relations"]):
            row["source"] = numbers.get(row["source"])
        return {
            **self.main.record(),
            **typed,
            "needs": {row["sub_need"]: row["weight"] for row in typed["needs"]},
        }

    def sets(self) -> list[tuple[str, str, Any]]:
        """Return the rows with their names, for the page."""
        return [(name, ROW_NAMES[name], rows) for name, rows in self.rows.items()]

    def n_errors(self) -> int:
        """Return how many fields and rows are to be mended."""
        forms_ = [self.main, *(form for rows in self.rows.values() for form in _kept(rows))]
        return sum(len(form.errors) for form in forms_) + sum(len(r.non_form_errors()) for r in self.rows.values())


def _kept(rows: Any) -> list[Any]:
    """Return the rows that are filled and not taken away."""
    return [form for form in rows.forms if _is_filled(form) and not _value_of(form, "DELETE")]


def _up_to_the_last_filled(forms_: list[forms.Form]) -> list[forms.Form]:
    """Leave out the empty rows at the end only: criteria name their source by its row."""
    last = max((place for place, form in enumerate(forms_, 1) if _is_filled(form)), default=0)
    return forms_[:last]


def _is_filled(form: forms.Form) -> bool:
    return form.has_changed() or not form.empty_permitted


def _value_of(form: forms.Form, name: str) -> Any:
    return form.fields[name].widget.value_from_datadict(form.data, form.files, form.add_prefix(name))


def _typed(form: forms.Form) -> dict[str, Any]:
    """Return what stands in the fields of a form, as it was typed."""
    return {name: _value_of(form, name) for name, field in form.fields.items() if not field.disabled}


def _initial(record: Record) -> dict[str, Any]:
    main = {name: record.get(name) for name in NAMES}
    for part in ("window", "amount", "contact"):
        main.update({f"{part}_{name}": value for name, value in (record.get(part) or {}).items()})
    for row in main.pop("amount_rates", None) or ():
        main[f"amount_{RATE_COLUMNS[row['size']]}"] = row["pct"]
    return {
        "main": main,
        "needs": [{"sub_need": key, "weight": float(weight)} for key, weight in record.get("needs", {}).items()],
        **{name: record.get(name, []) for name in ("criteria", "sources", "operators", "relations")},
    }
