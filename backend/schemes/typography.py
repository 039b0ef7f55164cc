"""Numbers and days as French is written."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.utils import formats

from backend.common.days import day_in_words

NBSP = "\N{NO-BREAK SPACE}"
_MONTHS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
_UNITS = rf"(?:[kM]|Md)?€|%|(?:ans?|mois|jours?|heures?|semaines?|salariés?|{_MONTHS})\b"
_INSIDE = re.compile(rf"(?<=\d) (?=\d{{2,3}}(?!\d)|{_UNITS})|(?<=1er) (?=(?:{_MONTHS})\b)|(?<=[<>≤≥«]) | (?=[»:;!?])")
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-ÝŒ«])")
_TALL_MARKS = re.compile(r"(?<=«) | (?=[»:;?!])")


def unbroken(text: str) -> str:
    """Join what no line may part: a number, its unit and sign, a day and its month, quotes and marks."""
    return _INSIDE.sub(NBSP, text)


def first_sentence(text: str) -> str:
    """Return what a text says first: up to a full stop that a capital follows.

    >>> first_sentence("Appelez l’Opco. Dites combien de postes."), first_sentence("De 1.5 à 2 M€, p. ex. en 2026")
    ('Appelez l’Opco.', 'De 1.5 à 2 M€, p. ex. en 2026')
    """
    return _END_OF_SENTENCE.split(text, maxsplit=1)[0]


def typeset(text: str) -> str:
    """Return a sentence of an imported record with the no-break spaces of its quotes and tall marks."""
    return _TALL_MARKS.sub(NBSP, text)


def euros(amount: float) -> str:
    """Write an amount as people read it: ``1 200 €``, ``2,5 M€``."""
    if amount >= 1_000_000_000:
        return f"{number(amount / 1e9)}{NBSP}Md€"
    if amount >= 1_000_000:
        return f"{number(amount / 1e6)}{NBSP}M€"
    return f"{number(amount)}{NBSP}€"


def number(value: float) -> str:
    """Write a number in French, with no more decimals than it has."""
    decimals = 0 if float(value).is_integer() else 2
    whole, _, part = f"{value:,.{decimals}f}".partition(".")
    part = part.rstrip("0")
    return whole.replace(",", NBSP) + (f",{part}" if part else "")


def staff(value: float) -> str:
    """Write a headcount: ``35 salariés``, ``1 salarié``."""
    return f"{number(value)}{NBSP}salarié{'s' if value >= 2 else ''}"


@lru_cache(maxsize=4_000)
def day(value: date) -> str:
    """Write a day in French: ``1er janvier 2027``."""
    return day_in_words(value)


def day_of_year(value: date) -> str:
    """Write a day that comes back every year: ``1er mars``."""
    return day_in_words(value, "j F")


def partial_day(value: str) -> str:
    """Write a date known to the year, the month or the day; nothing where it is not known.

    >>> partial_day("2025")
    '2025'
    """
    if len(value) == 10:
        return day(date.fromisoformat(value))
    if len(value) == 7:
        return str(formats.date_format(date.fromisoformat(f"{value}-01"), "F Y"))
    return value


def months(count: int) -> str:
    """Write a number of months, in years where it is whole.

    >>> months(36), months(12), months(18)
    ('3 ans', '1 an', '18 mois')
    """
    years, rest = divmod(count, 12)
    if rest or not years:
        return f"{count} mois"
    return f"{years} an{'s' if years > 1 else ''}"


def join(names: Iterable[str]) -> str:
    names = list(names)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" ou {names[-1]}"


def percent(value: Decimal | float) -> str:
    return f"{number(float(value))}{NBSP}%"
