"""One criterion as a row of typed fields, those of its kind; groups of criteria are written in YAML."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify

from backend.common.fields import PlainText
from backend.schemes.codes import tell, unknown_codes
from backend.schemes.forms.kinds import FIELDS
from backend.schemes.models import Revision, canonical_criterion, validate_criterion
from backend.schemes.records import ANNOTATIONS, Record
from backend.schemes.vocabulary import CRITERION_KINDS, ONE_SIZE
from backend.schemes.wording import sentence


class CriterionForm(forms.Form):
    """A criterion of one kind. ``key`` names the conditions of a sheet; the place of a source is its row."""

    kind = forms.ChoiceField(choices=CRITERION_KINDS.items(), widget=forms.HiddenInput)

    def __init__(self, *args: Any, kind: str, key: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.key = key
        self.of_kind = kind if kind in FIELDS else ""
        self.title = CRITERION_KINDS.get(kind, "Critère inconnu")
        if self.of_kind:
            self.fields.update(FIELDS[kind]())
        self.fields["source"] = forms.IntegerField(
            label="Source n°", required=False, min_value=1, max_value=99, help_text="Numéro de la source plus bas."
        )
        self.fields["excerpt"] = PlainText(label="Phrase de la source", required=False, max_length=2000)
        self.fields["note"] = PlainText(label="Précision", required=False, max_length=2000)

    @property
    def typed_fields(self) -> list[forms.BoundField]:
        """Return what depends on the kind, for the page."""
        return [self[name] for name in self.fields if name not in ("kind", *ANNOTATIONS, "DELETE")]

    @property
    def about(self) -> list[forms.BoundField]:
        return [self[name] for name in (*ANNOTATIONS, "DELETE") if name in self.fields]

    @property
    def read_back(self) -> str:
        """Return the French sentence of what is typed, or stood there before; nothing where it cannot be read."""
        form = self if self.is_bound else self._as_sent()
        return sentence(canonical_criterion(form.definition())) if form.is_valid() else ""

    def _as_sent(self) -> "CriterionForm":
        """Return the same row as if it had just been sent, so that what is shown can be read."""
        shown = {name: self[name].value() for name in self.fields if name != "DELETE"}
        data = {self.add_prefix(name): _as_text(value) for name, value in shown.items()}
        return CriterionForm(data, prefix=self.prefix, kind=self.of_kind, key=self.key)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        mistake = _mistake(self.of_kind, cleaned)
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

    def definition(self) -> Record:
        """Return the criterion as the engine reads it."""
        typed = {name: self.cleaned_data.get(name) for name in FIELDS[self.of_kind]()} if self.of_kind else {}
        found = {name: _plain(value) for name, value in typed.items() if value not in (None, "", [])}
        if self.of_kind == "manual":
            found.setdefault("fact", f"{self.key}.{slugify(found.get('sentence', ''))[:40].strip('-')}")
        return {"kind": self.of_kind, **found}

    def row(self) -> Record:
        """Return the criterion as a record holds it."""
        about = {name: self.cleaned_data.get(name) or None for name in ANNOTATIONS}
        return {**canonical_criterion(self.definition()), **about}


def _as_text(value: Any) -> Any:
    """Write what a field shows as a browser sends it; boxes send a list."""
    return value if isinstance(value, list) else "" if value is None else str(value)


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "as_integer_ratio") and not isinstance(value, bool):
        return int(value) if value == int(value) else float(value)
    return value


def _mistake(kind: str, typed: Mapping[str, Any]) -> str:
    """Say in French what the engine would refuse in a row."""
    if "any_of" in typed:
        return _mistake_in_lists(kind, typed)
    if kind in ("headcount", "turnover", "balance_sheet", "spend", "age_months"):
        return _mistake_in_bounds(typed)
    if kind == "size_category":
        sizes = list(ONE_SIZE)
        first, last = typed["from"] or "micro", typed["to"] or "large"
        if (first, last) == ("micro", "large"):
            return "Toutes les tailles sont admises : choisissez une limite, ou retirez ce critère."
        return "" if sizes.index(first) <= sizes.index(last) else "La première taille dépasse la seconde."
    if kind == "window":
        if typed["state"] == Revision.WindowState.DATED and not typed["closes_on"]:
            return "Une ouverture entre deux dates demande le dernier jour."
        if typed["opens_on"] and typed["closes_on"] and typed["opens_on"] > typed["closes_on"]:
            return "La fermeture est avant l’ouverture."
        if typed["yearly"] and not (typed["opens_on"] and typed["closes_on"]):
            return "Une ouverture qui revient chaque année demande son premier et son dernier jour."
    return ""


def _mistake_in_lists(kind: str, typed: Mapping[str, Any]) -> str:
    if not typed["any_of"] and not typed["none_of"]:
        return "Remplissez au moins une des deux listes."
    both = [one for one in typed["any_of"] if one in typed["none_of"]]
    if both and kind == "holds_scheme":
        return f"« {both[0]} » est dans les deux listes : gardez l’une des deux."
    return ""


def _mistake_in_bounds(typed: Mapping[str, Any]) -> str:
    low = [typed[name] for name in ("at_least", "above") if typed.get(name) is not None]
    high = [typed[name] for name in ("at_most", "below") if typed.get(name) is not None]
    if not low and not high:
        return "Écrivez au moins une limite."
    if len(low) > 1 or len(high) > 1:
        return "Une seule limite basse (« ou plus » ou « plus de ») et une seule haute (« au plus » ou « moins de »)."
    strict = typed.get("above") is not None or typed.get("below") is not None
    if low and high and (low[0] > high[0] or (strict and low[0] == high[0])):
        return f"La limite basse ({low[0]}) dépasse la limite haute ({high[0]})."
    return ""
