"""Days as French writes them; a builtin of every template, in place of Django's filter of that name."""

from datetime import date
from typing import Any

from django import template
from django.template import defaultfilters

register = template.Library()


def french_date(value: Any, form: str | None = None) -> str:
    """Write a day as Django does, the first of a month as ``1er``: Django knows the English ordinals only.

    >>> french_date(date(2026, 11, 1), "j F Y")
    '1er novembre 2026'
    >>> french_date(date(2026, 11, 11), "j F Y")
    '11 novembre 2026'
    """
    if form and isinstance(value, date) and value.day == 1:
        form = form.replace("j F", r"j\e\r F")
    return str(defaultfilters.date(value, form))


register.filter("date", french_date, expects_localtime=True)
