"""Fields that take what people really type."""

import re
import unicodedata
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backend.common.text import fold


class PlainText(forms.CharField):
    """Text as people write it: emoji and signs stay; control characters that nobody types do not.

    A long one that is pasted is not cut by the browser, which says nothing: it comes back whole, with the limit.
    """

    default_error_messages: ClassVar = {
        "max_length": _(
            "%(limit_value)s caractères au plus, vous en avez écrit %(show_value)s : raccourcissez, rien n’est perdu."
        )
    }

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        given = super().widget_attrs(widget)
        return {} if isinstance(widget, forms.Textarea) else given

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        return "".join(mark for mark in text if mark in "\n\t" or unicodedata.category(mark) != "Cc")


# Ends of addresses that no firm has, and the one that was meant: what is sent there reaches nobody, or a stranger.
MISTYPED = {
    wrong: meant
    for meant, mistypes in {
        "gmail.com": "gmial.com gmal.com gmai.com gmil.com gamil.com gmaill.com gmail.co gmail.cm gmail.fr",
        "hotmail.com": "hotmial.com hotmal.com hotmai.com",
        "hotmail.fr": "hotmial.fr hotmal.fr hotmai.fr",
        "orange.fr": "ornage.fr orang.fr",
        "outlook.com": "outlok.com outloo.com",
        "outlook.fr": "outlok.fr outloo.fr",
        "wanadoo.fr": "wanado.fr",
        "yahoo.com": "yaho.com yahooo.com",
        "yahoo.fr": "yaho.fr yahooo.fr",
    }.items()
    for wrong in mistypes.split()
}


class MailField(forms.EmailField):
    """An address in ASCII. Others are refused: without its case, a letter of some is that of another's address."""

    default_error_messages: ClassVar = {
        "invalid": _("Cette adresse n’est pas complète. Elle ressemble à prenom.nom@entreprise.fr."),
        "not_ascii": _(
            "« %(mark)s » n’est pas possible dans une adresse électronique : écrivez-la avec des lettres sans accent."
        ),
        "mistyped": _("« %(given)s » : vouliez-vous écrire « %(meant)s » ? Corrigez la fin de l’adresse."),
    }

    def clean(self, value: Any) -> str:
        address = str(super().clean(value))
        if foreign := next((mark for mark in address if not mark.isascii()), None):
            raise ValidationError(self.error_messages["not_ascii"], code="not_ascii", params={"mark": foreign})
        given = address.rpartition("@")[2].lower()
        meant = f"{given.removesuffix('.con')}.com" if given.endswith(".con") else MISTYPED.get(given)
        if meant:
            raise ValidationError(
                self.error_messages["mistyped"], code="mistyped", params={"given": given, "meant": meant}
            )
        return address


class FrenchNumber(forms.DecimalField):
    """A number as the French write it: ``180 000``, ``1 234,50 €``."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = "".join(mark for mark in value if not mark.isspace() and mark != "€").replace(",", ".")
        return super().to_python(value)


class DayField(forms.DateField):
    """A day, from the calendar of the browser or as people type it: ``31/12/2026``."""

    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    default_error_messages: ClassVar = {"invalid": _("« %(value)s » n’est pas une date. Écrivez-la comme 31/12/2026.")}

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError as error:
            error.params = {"value": str(value)[:40]}  # Django does not say what was given
            raise


class HourField(forms.TimeField):
    """An hour of the day, from the clock of the browser or as people type it: ``14 h 30``, ``14h``, ``14:30``."""

    widget = forms.TimeInput({"type": "time"}, format="%H:%M")
    default_error_messages: ClassVar = {"invalid": _("« %(value)s » n’est pas une heure. Écrivez-la comme 14 h 30.")}

    def to_python(self, value: Any) -> Any:
        typed = "".join(str(value or "").split()).lower().replace("h", ":")
        try:
            return super().to_python(f"{typed}00" if typed.endswith(":") else typed)
        except ValidationError as error:
            error.params = {"value": str(value)[:40]}  # Django does not say what was given
            raise


_AMOUNT = re.compile(
    r"(?P<number>-?\d+(?:\.\d+)?)(?P<unit>k|mille|m|millions?|mds?|milliards?)?(?:d'euros|euros?|eur|e)?(?:ht)?"
)
_UNITS = {
    "": 0,
    **dict.fromkeys(("k", "mille"), 3),
    **dict.fromkeys(("m", "million", "millions"), 6),
    **dict.fromkeys(("md", "mds", "milliard", "milliards"), 9),
}  # by which power of ten
_THOUSANDS = re.compile(r"\d{1,3}(\.\d{3})+(,\d+)?")


class Euros(FrenchNumber):
    """An amount as people write it: ``250 k€``, ``2,5 M``, ``1,2 million d’euros``, ``180.000 €``."""

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return super().to_python(value)
        typed = "".join(fold(value).split()).replace("€", "")
        if _THOUSANDS.fullmatch(typed):  # nobody writes thousandths of a euro after a point
            typed = typed.replace(".", "")
        amount = _AMOUNT.fullmatch(typed.replace(",", "."))
        if amount is None:
            return super().to_python(value)
        number = super().to_python(amount["number"])
        return number.scaleb(_UNITS[amount["unit"] or ""])
