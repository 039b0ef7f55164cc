"""Finding a file or a call request by what an officer hears on the telephone: names, numbers, an address.

Every word counts, in any order, whatever the accents and the capitals.
"""

import re
from functools import reduce
from operator import and_

from django.db.models import Q

SIREN_DIGITS, SIRET_DIGITS = 9, 14
PHONE_DIGITS = 9  # the last ones of a French number: what stands before them is 0, +33 or 0033
_WORD = re.compile(r"[^\W_]+")
_PHONE = re.compile(r"[\d\s.+()/-]+")


def file_named(words: str) -> Q:
    """Say which files are meant: by the firm, who filed, the address, a telephone; a SIREN, a SIRET, a number."""
    found = _every_word(words, "sheet__name", "contact__name", "contact__email") | _phone(words, "contact__phone")
    digits = "".join(words.split())
    number = words.rsplit("-", 1)[-1].strip()
    if _is_number(digits) and len(digits) == SIREN_DIGITS:
        found |= Q(sheet__company__siren=digits)
    if _is_number(digits) and len(digits) == SIRET_DIGITS:
        found |= Q(sheet__establishment__siret=digits)
    if _is_number(number) and len(number) <= SIREN_DIGITS:
        found |= Q(pk=int(number))
    return found


def call_named(words: str) -> Q:
    """Say which call requests are meant: by who asked, the firm or the telephone."""
    return _every_word(words, "name", "company_name") | _phone(words, "phone")


def _every_word(words: str, *fields: str) -> Q:
    """Tell whether each word stands in one of some fields; nothing where there is no word."""
    found = [
        reduce(lambda left, right: left | right, (Q(**{f"{field}__unaccent__icontains": word}) for field in fields))
        for word in _WORD.findall(words)
    ]
    return reduce(and_, found) if found else Q(pk__in=())


def _phone(words: str, field: str) -> Q:
    """Find a telephone number however it is cut; a part of one finds nothing."""
    digits = re.sub(r"\D", "", words, flags=re.ASCII)
    if not _PHONE.fullmatch(words) or len(digits) < PHONE_DIGITS:
        return Q(pk__in=())
    return Q(**{f"{field}__regex": r"[^0-9]*".join(digits[-PHONE_DIGITS:]) + "$"})


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
