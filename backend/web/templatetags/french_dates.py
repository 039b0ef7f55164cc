"""Days as French writes them; a builtin of every template, in place of Django's filter of that name."""

from datetime import date
from typing import Any

from django import template
from django.template import defaultfilters

from backend.common.days import day_in_words

register = template.Library()


def french_date(value: Any, form: str | None = None) -> str:
    """Write a day in French; what is none, or has no form of its own, as Django does."""
    return day_in_words(value, form) if form and isinstance(value, date) else str(defaultfilters.date(value, form))


register.filter("date", french_date, expects_localtime=True)
