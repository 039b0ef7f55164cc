"""One criterion as a row of typed fields, those of its kind."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from backend.common.fields import PlainText
from backend.schemes.catalogue.codes import tell, unknown_codes
from backend.schemes.catalogue.criteria import KINDS
from backend.schemes.catalogue.record_types import Annotations
from backend.schemes.catalogue.records import ANNOTATIONS
from backend.schemes.editing.forms.evidence import Choices, excerpt_field, place_field, source_field
from backend.schemes.models import Definition, validate_criterion
from backend.schemes.vocabulary import CRITERION_KINDS

GROUPS = ("all", "any", "not")
MAX_DEPTH = 20


class CriterionForm(forms.Form):
    """A criterion of one kind, or a group, whose criteria are the deeper rows that follow it.

    ``key`` names the conditions of a sheet. What is said about a criterion is said once for all that is in a group.
    """

    kind = forms.ChoiceField(choices=CRITERION_KINDS.items(), widget=forms.HiddenInput)
    depth = forms.IntegerField(
        widget=forms.HiddenInput, required=False, initial=0, min_value=0, max_value=MAX_DEPTH, localize=False
    )

    def __init__(
        self, *args: Any, kind: str, key: str, sources: Choices = (), questions: Choices = (), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.key, self.sources, self.questions = key, sources, questions
        self.of_kind = kind if kind in KINDS else ""
        self.title = CRITERION_KINDS.get(kind, "Critère inconnu")
        if self.of_kind:
            self.fields.update(KINDS[kind].fields())
        if self.of_kind == "manual":
            self._offer_questions()
        self.fields.update(about_fields(sources))
        if self.typed_depth:
            for name in ANNOTATIONS:
                self.fields[name].widget = forms.HiddenInput()

    def _offer_questions(self) -> None:
        """Let the editor choose a question that another sheet asks; one's own is in the list too."""
        value = str(self["fact"].value() or "")
        known = {fact for fact, _sentence in self.questions}
        own = [(value, f"la question de cette fiche ({value})")] if value and value not in known else []
        self.fields["fact"].widget = forms.Select(choices=[("", "une nouvelle question"), *own, *self.questions])

    @property
    def typed_depth(self) -> int:
        """How deep the row says that it stands, which only the rows above it can confirm."""
        value = self["depth"].value()
        return int(value) if str(value).isascii() and str(value).isdigit() and int(value) <= MAX_DEPTH else 0

    @property
    def is_group(self) -> bool:
        return self.of_kind in GROUPS

    @property
    def is_removed(self) -> bool:
        return "DELETE" in self.fields and bool(self["DELETE"].value())

    @property
    def typed_fields(self) -> list[forms.BoundField]:
        """Return what depends on the kind, for the page."""
        hidden = ("kind", "depth", "fact", *ANNOTATIONS, "DELETE")
        return [self[name] for name in self.fields if name not in hidden]

    @property
    def about(self) -> list[forms.BoundField]:
        return [self[name] for name in ANNOTATIONS]

    def as_sent(self) -> "CriterionForm":
        """Return the same row as if it had just been sent, so that what is shown can be read."""
        if self.is_bound:
            return self
        shown = {name: _shown(self[name]) for name in self.fields}
        unticked = {
            name for name, value in shown.items() if isinstance(self.fields[name], forms.BooleanField) and not value
        }
        data = {self.add_prefix(name): _as_text(value) for name, value in shown.items() if name not in unticked}
        form = CriterionForm(
            data,
            prefix=self.prefix,
            kind=self.of_kind,
            key=self.key,
            sources=self.sources,
            questions=self.questions,
        )
        if "DELETE" in self.fields:
            form.fields["DELETE"] = forms.BooleanField(required=False)
        return form

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors or self.is_group:  # a group is read with its rows
            return cleaned
        mistake = KINDS[self.of_kind].mistake(cleaned)
        if mistake:
            raise ValidationError(mistake)
        definition = self.definition()
        try:
            validate_criterion(definition)
        except ValidationError as error:
            field = (error.params or {}).get("parameter", "")
            self.add_error(field if field in self.fields else None, " ".join(error.messages))
            return cleaned
        if unknown := unknown_codes(definition):
            raise ValidationError(f"Ce critère nomme ce qui n’existe pas : {tell(unknown)}.")
        return cleaned

    def definition(self) -> Definition:
        """Return the criterion as the engine reads it."""
        typed = {name: self.cleaned_data.get(name) for name in KINDS[self.of_kind].fields()} if self.of_kind else {}
        found = {name: _plain(value) for name, value in typed.items() if value not in (None, "", [])}
        if self.of_kind == "manual":
            found.setdefault("fact", f"{self.key}.{slugify(found.get('sentence', ''))[:40].strip('-')}")
        return cast("Definition", {"kind": self.of_kind, **found})

    def annotations(self) -> Annotations:
        """Return what is said about the criterion, and not read by the engine."""
        typed = self.cleaned_data
        return {
            "source": typed.get("source"),
            "place": typed.get("place") or None,
            "excerpt": typed.get("excerpt") or None,
            "note": typed.get("note") or None,
        }


def about_fields(sources: Choices) -> dict[str, forms.Field]:
    """Return the fields of what is said about a criterion; a source is named by its row."""
    return {
        "source": source_field(sources),
        "place": place_field(),
        "excerpt": excerpt_field(),
        "note": PlainText(label="Précision", required=False, max_length=2000),
    }


def _shown(field: forms.BoundField) -> Any:
    """Return what a browser shows of a field: of a list in which nothing is chosen, the first choice."""
    value, widget = field.value(), field.field.widget
    if value in (None, "") and isinstance(widget, forms.Select) and not widget.allow_multiple_selected:
        return next(iter(widget.choices))[0]
    return value


def _as_text(value: Any) -> Any:
    """Write what a field shows as a browser sends it; boxes send a list."""
    return value if isinstance(value, list) else "" if value is None else str(value)


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "as_integer_ratio") and not isinstance(value, bool):
        return int(value) if value == int(value) else float(value)
    return value
