"""The form of a whole sheet: one form for what is said once, and rows for what is said several times."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import slugify

from backend.schemes.catalogue.record_types import CriterionRecord, Rules, SchemeRecord
from backend.schemes.editing.forms.evidence import source_or_none
from backend.schemes.editing.forms.main import NAMES, SheetForm
from backend.schemes.editing.forms.reading import Reading
from backend.schemes.editing.forms.rows import (
    ROW_NAMES,
    SETS,
    CriterionRows,
    need_choices,
    question_choices,
    scheme_choices,
    source_choices,
    weight_choices,
)
from backend.schemes.editing.forms.tree import FOCUS, Node, depths, rows_of, tree_of, with_action
from backend.schemes.models import RATE_COLUMNS, Relation, Revision, Scheme

# Links to one scheme that contradict each other.
APART: set[str] = {Relation.Kind.EXCLUDES}
TOGETHER: set[str] = {Relation.Kind.REQUIRES, Relation.Kind.CUMULABLE}


# What a sheet that is being written starts from: it claims nothing that its editor has not chosen.
_NEW = {"confidence": Revision.Confidence.TO_VERIFY, "window": {"state": Revision.WindowState.UNKNOWN}}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: fields, or rows of one set."""

    title: str
    name: str = ""
    fields: list[forms.BoundField] = field(default_factory=list)
    rows: Any = None
    n_errors: int = 0

    @property
    def anchor(self) -> str:
        return f"set-{self.name}" if self.name else slugify(self.title)


class Sheet:
    """All the forms of one sheet. Nothing typed is lost when a row is added or a mistake is shown."""

    def __init__(
        self,
        *,
        scheme: Scheme | None = None,
        base: SchemeRecord | None = None,
        data: QueryDict | None = None,
        initial: Mapping[str, Any] | None = None,
        extra: Mapping[str, int] | None = None,
    ) -> None:
        self.scheme, self.base = scheme, base
        self.focus: int | None = None  # the criterion that was added or moved
        initial = initial if initial is not None else _initial(base or _NEW)
        fixed_key = scheme.source_key if scheme else ""
        self.main = SheetForm(data, initial=initial.get("main"), fixed_key=fixed_key)
        schemes = scheme_choices(base)
        self.main.fields["variant_of"].choices = schemes  # type: ignore[attr-defined]
        self.rows: dict[str, Any] = {}
        options: dict[str, Any] = {
            "needs": lambda: {"needs": need_choices(), "weights": weight_choices(base["needs"] if base else {})},
            "criteria": lambda: {
                "key": str(fixed_key or self.main["key"].value() or "condition"),
                "sources": source_choices(self.rows["sources"]),
                "questions": question_choices(),
            },
            "relations": lambda: {"schemes": schemes, "sources": source_choices(self.rows["sources"])},
        }
        for name, rows in SETS.items():
            # What was sent says it all: a row equal to that of the base would pass for an empty one.
            known = initial.get(name) if data is None else None
            made = rows(data, initial=known, prefix=name, form_kwargs=options.get(name, dict)())
            made.extra = (extra or {}).get(name, made.extra)
            self.rows[name] = made
        sources = source_or_none(source_choices(self.rows["sources"]))
        self.main.fields["amount_source"].choices = sources  # type: ignore[attr-defined]

    def with_action(self, action: str, place: str, *, kind: str = "") -> "Sheet":
        """Return the same forms as they were typed, not checked, after something was done to their rows.

        ``more`` adds a row to the set that the place names; the others are done to the criterion of that number, and
        ``add`` puts one of some kind in that group, or at the end.
        """
        filled = {part: _up_to_the_last_filled(rows.forms) for part, rows in self.rows.items()}
        initial: dict[str, Any] = {part: list(map(_typed, forms_)) for part, forms_ in filled.items()}
        initial["main"] = _typed(self.main)
        initial["criteria"] = self._typed_criteria()
        extra = {part: len(rows.forms) - len(filled[part]) for part, rows in self.rows.items() if part != "criteria"}
        if action == "more":
            extra.update({place: extra[place] + 1} if place in extra else {})
        else:
            number = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else None
            initial["criteria"] = with_action(initial["criteria"], action, number, kind=kind)
        changed = Sheet(scheme=self.scheme, base=self.base, initial=initial, extra=extra)
        changed.focus = next((row for row, typed in enumerate(initial["criteria"]) if typed.pop(FOCUS, False)), None)
        return changed

    def _typed_criteria(self) -> list[dict[str, Any]]:
        forms_ = self.rows["criteria"].forms
        return [{**_typed(form), "depth": depth} for form, depth in zip(forms_, depths(forms_), strict=True)]

    @property
    def tree(self) -> list[Node]:
        """The criteria as they hold each other."""
        found: list[Node] = self.rows["criteria"].tree
        return found

    def readings(self) -> list[Reading]:
        """Return each criterion as it would be read now, those of groups among them, in the order of the page."""
        sent = tree_of([form.as_sent() for form in self.rows["criteria"].forms])
        return [Reading.of(node) for top in sent for node in top.walk()]

    def is_valid(self) -> bool:
        checks = [self.main.is_valid(), *(rows.is_valid() for rows in self.rows.values())]
        return all(checks) and self._is_consistent()

    def _is_consistent(self) -> bool:
        """Check what one row says of another."""
        self._check_sources()
        for name, fields in (("needs", ("sub_need",)), ("relations", ("kind", "scheme")), ("operators", ("name",))):
            seen = set()
            for form in _kept(self.rows[name]):
                value = tuple(form.cleaned_data[field] for field in fields)
                if value in seen:
                    form.add_error(fields[-1], "Cette ligne répète une autre ligne.")
                seen.add(value)
        self._check_links()
        return not (self.main.errors or any(form.errors for rows in self.rows.values() for form in _kept(rows)))

    def _check_sources(self) -> None:
        """Check that each source which is named is there, and may be quoted where it is."""
        kept = self._source_numbers()
        rows = self.rows["sources"].forms
        named = [(form, "") for part in ("criteria", "relations") for form in _kept(self.rows[part])]
        for form, prefix in [*named, (self.main, "amount_")]:
            number = form.cleaned_data.get(f"{prefix}source")
            may_be_quoted = number in kept and bool(rows[number - 1].cleaned_data["licence"])
            if number and number not in kept:
                text = f"La source n° {number} est vide ou retirée : décrivez-la, ou choisissez-en une autre."
                form.add_error(f"{prefix}source", text)
            elif form.cleaned_data.get(f"{prefix}excerpt") and not may_be_quoted:
                text = (
                    "Sa source ne peut pas être citée : écrivez-le dans vos mots, ou dites pourquoi elle peut l’être."
                )
                form.add_error(f"{prefix}excerpt", text)

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

    def _source_numbers(self) -> dict[int | None, int]:
        """Return the position that each source typed will have, by its row."""
        kept = _kept(self.rows["sources"])
        rows = [row for row, form in enumerate(self.rows["sources"].forms, 1) if form in kept]
        return {row: position for position, row in enumerate(rows, 1)}

    def record(self) -> SchemeRecord:
        """Return what is typed as a record."""
        numbers = self._source_numbers()
        main = self.main.record()
        if amount := main["amount"]:
            amount["source"] = numbers.get(amount.get("source"))
        return {
            **main,
            "operators": [
                {"name": row["name"], "siren": row["siren"], "roles": row["roles"]} for row in self._typed("operators")
            ],
            "needs": self._needs(),
            "sources": [
                {
                    "title": row["title"],
                    "url": row["url"],
                    "dated": row["dated"],
                    "tier": row["tier"],
                    "licence": row["licence"],
                }
                for row in self._typed("sources")
            ],
            "criteria": [{**row, "source": numbers.get(row.get("source"))} for row in self._criteria()],
            "relations": [
                {
                    "kind": row["kind"],
                    "scheme": row["scheme"],
                    "cap_pct": row["cap_pct"],
                    "note": row["note"],
                    "source": numbers.get(row["source"]),
                }
                for row in self._typed("relations")
            ],
        }

    def _typed(self, name: str) -> list[dict[str, Any]]:
        return [form.cleaned_data for form in _kept(self.rows[name])]

    def _needs(self) -> dict[str, float]:
        return {row["sub_need"]: row["weight"] for row in self._typed("needs")}

    def _criteria(self) -> list[CriterionRecord]:
        return [node.row() for node in self.tree if not node.form.is_removed]

    def record_on_trial(self) -> SchemeRecord | None:
        """Return a record with the rules of the sheet as soon as they can be read; what only people read is left out.

        Nothing while a rule is still to be mended. The forms must have been sent.
        """
        parts = [self.rows["criteria"], self.rows["needs"]]
        rules = self.main.rules()
        if rules is None or not all(rows.is_valid() for rows in parts):
            return None
        return _unread(rules, self._needs(), self._criteria())

    def sections(self) -> list[Section]:
        """Return the parts of the page, in the order in which a scheme is described."""
        groups = {
            title: Section(title, fields=fields, n_errors=sum(bool(field.errors) for field in fields))
            for title, fields in self.main.groups()
        }
        rows = {
            name: Section(ROW_NAMES[name], name=name, rows=made, n_errors=_n_errors(made))
            for name, made in self.rows.items()
        }
        order = {
            "Le dispositif": ("needs", "sources", "criteria"),
            "Démarche et contact": ("operators", "relations"),
        }
        found = []
        for title, section in groups.items():
            found += [section, *(rows[name] for name in order.get(title, ()))]
        return found

    def n_errors(self) -> int:
        """Return how many fields and rows are to be mended."""
        return len(self.main.errors) + sum(_n_errors(rows) for rows in self.rows.values())


def _unread(rules: Rules, needs: dict[str, float], criteria: list[CriterionRecord]) -> SchemeRecord:
    """Return a record of which only what the engine reads is said."""
    return {
        **rules,
        "key": "essai",
        "name": "essai",
        "summary": "essai",
        "owner": None,
        "as_of": "2000-01-01",
        "review_by": None,
        "variant_of": None,
        "amount": None,
        "next_step": None,
        "documents": [],
        "contact": None,
        "url": None,
        "public_contact": False,
        "state_aid_regime": None,
        "legal_basis": None,
        "notes": None,
        "corrections": [],
        "operators": [],
        "needs": needs,
        "sources": [],
        "criteria": criteria,
        "relations": [],
    }


def _n_errors(rows: Any) -> int:
    return sum(len(form.errors) for form in _kept(rows)) + len(rows.non_form_errors())


def _kept(rows: Any) -> list[Any]:
    """Return the rows that are filled and not taken away."""
    if isinstance(rows, CriterionRows):
        return [node.form for node in rows.kept_nodes]
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


def _initial(record: Mapping[str, Any]) -> dict[str, Any]:
    main = {name: record.get(name) for name in NAMES}
    for part in ("window", "amount", "contact"):
        main.update({f"{part}_{name}": value for name, value in (record.get(part) or {}).items()})
    for row in main.pop("amount_rates", None) or ():
        main[f"amount_{RATE_COLUMNS[row['size']]}"] = row["pct"]
    return {
        "main": main,
        "needs": [{"sub_need": key, "weight": float(weight)} for key, weight in record.get("needs", {}).items()],
        "criteria": rows_of(record.get("criteria", [])),
        **{name: record.get(name, []) for name in ("sources", "operators", "relations")},
    }
