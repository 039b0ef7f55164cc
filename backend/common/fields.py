"""Fields that take what people really type."""

import unicodedata
from typing import Any

from django import forms


class PlainText(forms.CharField):
    """Text as people write it: emoji and signs stay; control characters that nobody types do not."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "")
        return "".join(mark for mark in text if mark in "\n\t" or unicodedata.category(mark) != "Cc")


class FrenchNumber(forms.DecimalField):
    """A number as the French write it: ``180 000``, ``1 234,50 €``."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = "".join(mark for mark in value if not mark.isspace() and mark != "€").replace(",", ".")
        return super().to_python(value)
