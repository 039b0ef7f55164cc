"""Reading the values of a line one by one: each reader returns what it takes, or refuses it with a French sentence.

A reader takes what is given, by name, and the name to read; nothing under it, or ``null``, is not given: ``None``.
"""

import json
import re
from collections.abc import Container, Mapping, Sequence
from datetime import date
from math import inf
from typing import Any

SHOWN = 60  # characters of what was given that an error repeats
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SIRET = re.compile(r"\d{14}", re.ASCII)

type Id = str | int | float | None


class Refused(ValueError):
    """A value that cannot be taken, with a French sentence; the place is finer where only a part of it is wrong."""

    def __init__(self, sentence: str, *, part: str = "") -> None:
        super().__init__(sentence)
        self.part = part


def get(given: Mapping[str, Any], name: str, kind: type, accepted: str) -> Any:
    """Return a value of one type, or ``None`` where it is not given."""
    value = given.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise refusal(name, value, accepted)


def read_id(given: Mapping[str, Any], name: str) -> Id:
    value = given.get(name)
    if value is None or isinstance(value, str) or _is_number(value):
        return value
    raise refusal(name, value, "un texte ou un nombre")


def read_siret(given: Mapping[str, Any], name: str) -> str | None:
    value: str | None = get(given, name, str, "un texte de 14 chiffres")
    if value is None:
        return None
    if not _SIRET.fullmatch(value):
        raise refusal(name, value, "14 chiffres sans espace")
    wrong = _wrong_part(value)
    if wrong:
        raise Refused(
            f"Le siret {value} n’existe pas : la clé de contrôle de {wrong} est fausse ; vérifiez les chiffres."
        )
    return value


def _wrong_part(number: str) -> str:
    from stdnum.exceptions import ValidationError as NumberError  # slow to load, and most lines have no number
    from stdnum.fr import siren, siret

    for digits, module, part in (
        (number[:9], siren, "ses 9 premiers chiffres (SIREN)"),
        (number, siret, "ses 14 chiffres"),
    ):
        try:
            module.validate(digits)
        except NumberError:
            return part
    return ""


def read_code(given: Mapping[str, Any], name: str, known: Container[str], accepted: str) -> str | None:
    code: str | None = get(given, name, str, accepted)
    if code is not None and code not in known:
        raise Refused(f"« {name} » vaut {show(code)}, un code inconnu ; attendu : {accepted}.")
    return code


def read_interval(given: Mapping[str, Any], name: str) -> Any:
    """Return a number, ``[low, high]`` where a null bound is open, or ``None``."""
    value = given.get(name)
    if value is None:
        return None
    bounds = value if isinstance(value, list) else [value, value]
    numbers = [bound for bound in bounds if bound is not None]
    if len(bounds) != 2 or not all(_is_number(number) and number >= 0 for number in numbers):
        raise refusal(name, value, "un nombre positif ou nul, une liste [minimum, maximum] ou null")
    if len(numbers) == 2 and numbers[0] > numbers[1]:
        raise Refused(f"« {name} » vaut {show(value)}, bornes inversées ; attendu : le minimum puis le maximum.")
    return value


def read_share(given: Mapping[str, Any], name: str) -> float:
    """Return a percentage; unlike the others, it must be given."""
    value: Any = given.get(name)
    if not _is_number(value) or not 0 <= value <= 100:
        raise refusal(name, value, "un pourcentage de 0 à 100")
    return float(value)


def _is_number(value: Any) -> bool:
    """Tell whether a value is a finite number; JSON as Python reads it also has NaN, Infinity and endless integers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return -inf < float(value) < inf
    except OverflowError:
        return False


def read_day(given: Mapping[str, Any], name: str) -> str | None:
    accepted = 'une date comme "2026-11-24"'
    value: str | None = get(given, name, str, accepted)
    if value is not None and parse_day(value) is None:
        raise refusal(name, value, accepted)
    return value


def parse_day(text: str) -> date | None:
    """Return the day that a text writes as ``2026-11-24``, or ``None`` where it does not."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def read_choice(given: Mapping[str, Any], name: str, choices: Sequence[str]) -> str | None:
    accepted = " ou ".join(f'"{choice}"' for choice in choices)
    value: str | None = get(given, name, str, accepted)
    if value is not None and value not in choices:
        raise refusal(name, value, accepted)
    return value


def read_list(given: Mapping[str, Any], name: str, kind: type, accepted: str) -> list[Any] | None:
    values: list[Any] | None = get(given, name, list, accepted)
    if values is not None and not all(isinstance(value, kind) for value in values):
        raise refusal(name, values, accepted)
    return values


def refusal(name: str, given: Any, accepted: str) -> Refused:
    return Refused(f"« {name} » vaut {show(given)} ; attendu : {accepted}.")


def show(value: Any) -> str:
    return shorten(json.dumps(value, ensure_ascii=False))


def shorten(text: str) -> str:
    """Return the head of a text on one line: an error is read in a terminal."""
    head = "".join(mark if mark.isprintable() else " " for mark in text[:SHOWN])
    return head if len(text) <= SHOWN else f"{head}…"
