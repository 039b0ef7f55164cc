"""Fields of a sheet that take what an editor really types: lists of codes or names, several or one on each line."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from backend.common.fields import DayField, FrenchNumber
from backend.common.text import fold
from backend.schemes.models import Scheme, validate_activity, validate_activity_2025
from backend.schemes.vocabulary import LEGAL_GROUPS
from backend.territories.models import Nomenclature, Perimeter

N_PROPOSED = 5  # codes, where a word was typed instead of one


class CodeList(forms.CharField):
    """Several codes, between commas or on lines."""

    separators = "\n,;"

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        typed = (part.strip() for part in re.split(f"[{self.separators}]", str(text)))
        return list(dict.fromkeys(self.read(part) for part in typed if part))

    def read(self, typed: str) -> str:
        return typed


class PlaceList(CodeList):
    """Places by their code, such as ``REG-32``, or by their name where it names one place only."""

    def read(self, typed: str) -> str:
        codes = Perimeter.objects.values_list("code", flat=True)
        found = list(codes.filter(code__iexact=typed)) or list(codes.filter(search_name=fold(typed))[:6])
        if not found:
            raise ValidationError(f"« {typed} » n’est ni un code ni un nom de lieu connu.{_places_like(typed)}")
        if len(found) > 1:
            raise ValidationError(
                f"« {typed} » peut être plusieurs lieux : écrivez l’un de ces codes : {', '.join(found)}."
            )
        return str(found[0])


class ActivityList(CodeList):
    def read(self, typed: str) -> str:
        try:
            validate_activity(typed, any_nomenclature=True)
        except ValidationError as error:
            like = _codes_like(typed, Nomenclature.System.NAF_REV2)
            raise ValidationError(f"{' '.join(error.messages)}{like}") from None
        return typed.upper()


class Activity2025List(CodeList):
    def read(self, typed: str) -> str:
        validate_activity_2025(typed)
        return typed.upper()


class SchemeList(CodeList):
    """Schemes by their key, such as ``jonction:acre``, or by their name; one on each line, for names have commas."""

    separators = "\n"

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def read(self, typed: str) -> str:
        source, _, key = typed.rpartition(":")
        named = Q(source=source or Scheme.OWN, source_key=key) | Q(current__name__iexact=typed)
        found = Scheme.objects.filter(named).order_by("pk")[:2]
        if len(found) != 1:
            many = "peut être plusieurs dispositifs : écrivez sa clé, comme jonction:acre"
            none = "n’est ni le nom ni la clé d’un dispositif ; attendu : un nom exact, ou une clé comme jonction:acre"
            raise ValidationError(f"« {typed[:80]} » {many if found else none}.")
        return found[0].key


class LegalFormList(CodeList):
    def read(self, typed: str) -> str:
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 4):
            groups = [f"{code} ({name})" for code, name in LEGAL_GROUPS.items() if fold(typed) in fold(name)]
            like = _proposed(groups) or _codes_like(typed, Nomenclature.System.LEGAL_CATEGORY)
            raise ValidationError(
                f"« {typed} » n’est pas une catégorie juridique : un nombre de 1 à 4 chiffres.{like}"
            )
        return typed


def _codes_like(typed: str, system: str) -> str:
    """Propose the codes whose name holds what was typed, the shortest names first."""
    rows = Nomenclature.objects.filter(system=system).values_list("code", "name")
    like = sorted((row for row in rows if fold(typed) in fold(row[1])), key=lambda row: len(row[1]))
    return _proposed(f"{code} ({name})" for code, name in like[:N_PROPOSED])


def _places_like(typed: str) -> str:
    """Propose the places whose name starts with what was typed."""
    like = Perimeter.objects.filter(search_name__startswith=fold(typed)).order_by("search_name", "code")
    return _proposed(f"{place.code} ({place.name})" for place in like[:N_PROPOSED])


def _proposed(codes: Iterable[str]) -> str:
    found = ", ".join(codes)
    return f" Peut-être : {found}." if found else ""


class Lines(forms.CharField):
    """One entry on each line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4}), **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]


def amount_field(label: str, **options: Any) -> FrenchNumber:
    """Return a field for a number that is not negative, written as people write it."""
    widget = forms.TextInput({"inputmode": "decimal"})
    fields = {"required": False, "min_value": 0, "max_digits": 12, "decimal_places": 2, **options}
    return FrenchNumber(label=label, widget=widget, **fields)


def day_field(label: str, **options: Any) -> DayField:
    """Return a field for a day."""
    return DayField(label=label, **{"required": False, **options})


def choices_with_blank(choices: Iterable[tuple[str, Any]], blank: str) -> list[tuple[str, Any]]:
    """Return choices that start with a name for "nothing chosen"."""
    return [("", blank), *choices]
