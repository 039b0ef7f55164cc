"""One line of the file that the ``match`` command reads: checked facts, or one sentence saying what is wrong."""

import json
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Any

from stdnum.exceptions import ValidationError as NumberError
from stdnum.fr import siren, siret

from backend.matchmaking.models import Submission
from backend.schemes.models import SubNeed
from backend.territories.models import Containment, Nomenclature, Perimeter

TENURES = ("owner", "tenant")
SHOWN = 60  # characters of what was given that an error repeats
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_COMMUNE = 'un code INSEE de commune actuelle comme "60159" (ce n’est pas le code postal)'
_CATEGORY = 'de 1 à 4 chiffres de la nomenclature des catégories juridiques de l’INSEE, comme "5710"'
_SIRET = re.compile(r"\d{14}", re.ASCII)

type Id = str | int | float | None


class LineError(ValueError):
    """A line that cannot be answered: one French sentence, and the id of the line where it could be read."""

    def __init__(self, message: str, *, line_id: Id = None) -> None:
        super().__init__(message)
        self.line_id = line_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One line, checked: facts under the names that the engine takes."""

    id: Id
    on: date
    facts: Mapping[str, Any]
    needs: tuple[str, ...]
    text: str

    @property
    def stated(self) -> bool:
        """Whether a need was given: if not, every scheme is of interest."""
        return bool(self.needs or self.text.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The codes a line may use; read once for a whole file."""

    communes: Mapping[str, str]  # code → code of its region
    regions: frozenset[str]
    activities: Mapping[str, str]  # with and without the dot → with it
    legal_categories: frozenset[str]  # every prefix
    sub_needs: frozenset[str]


def load_codes() -> Codes:
    regions = Containment.objects.filter(outer__kind=Perimeter.Kind.REGION, until__isnull=True, holds=True)
    region_of = dict(regions.values_list("inner__code", "outer__code"))
    activities = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2).values_list("code", flat=True)
    categories = Nomenclature.objects.filter(system=Nomenclature.System.LEGAL_CATEGORY).values_list("code", flat=True)
    return Codes(
        communes={
            _official(code): _official(region_of.get(code, ""))
            for code in Perimeter.objects.communes().values_list("code", flat=True)
        },
        regions=frozenset(
            _official(code)
            for code in Perimeter.objects.filter(kind=Perimeter.Kind.REGION).values_list("code", flat=True)
        ),
        activities={spelling: code for code in activities for spelling in (code, code.replace(".", ""))},
        legal_categories=frozenset(code[:length] for code in categories for length in range(1, len(code) + 1)),
        sub_needs=frozenset(SubNeed.objects.values_list("key", flat=True)),
    )


def _official(code: str) -> str:
    return code.partition("-")[2]


def read_line(raw: bytes, codes: Codes, *, on: date) -> Question:
    """Read a line; ``on`` is the day where the line gives none.

    Raises ``LineError``. A key without a value (``null``) is not given; unknown keys are ignored.
    """
    record = _read_object(raw)
    line_id = _read_id(record.get("id"))
    try:
        return _read_question(record, codes, line_id, on=on)
    except LineError as error:
        raise LineError(str(error), line_id=line_id) from None


def _read_object(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8-sig")  # spreadsheets put a mark at the head of a file
    except UnicodeDecodeError as error:
        raise LineError(
            f"La ligne n’est pas en UTF-8 : octet 0x{raw[error.start]:02x} en position {error.start + 1} ; "
            "enregistrez le fichier en UTF-8."
        ) from None
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        given = _shorten(text.strip()) or "une ligne vide"
        raise LineError(f'La ligne n’est pas un objet JSON : {given} ; attendu : un objet comme {{"id": 1}}.')
    return record


def _read_id(value: Any) -> Id:
    if value is None or isinstance(value, str) or _is_number(value):
        return value  # type: ignore[no-any-return]
    raise _refusal("id", value, "un texte ou un nombre")


def _read_question(record: Mapping[str, Any], codes: Codes, line_id: Id, *, on: date) -> Question:
    given = _flatten(record)
    _check_siret(_get(given, "siret", str, "un texte de 14 chiffres"))
    facts = {
        "commune": _read_code(given, "commune", codes.communes, _COMMUNE),
        "region": _read_code(given, "region", codes.regions, 'un code INSEE de région comme "32"'),
        "naf": _read_activity(given, codes),
        "headcount": _read_interval(given, "headcount"),
        "turnover": _read_interval(given, "turnover"),
        "balance_sheet": _read_interval(given, "balance_sheet"),
        "created_on": _read_day(given, "created_on"),
        "legal_category": _read_code(given, "legal_category", codes.legal_categories, _CATEGORY),
        "micro_entrepreneur": _get(given, "micro_entrepreneur", bool, "true, false ou null"),
        "project.started": _get(given, "project.started", bool, "true, false ou null"),
        "project.spend": _read_interval(given, "project.spend"),
        "project.commune": _read_code(given, "project.commune", codes.communes, _COMMUNE),
        "project.horizon": _read_choice(given, "project.horizon", Submission.Horizon.values),
        "project.tenure": _read_choice(given, "project.tenure", TENURES),
    }
    _check_region(facts["commune"], facts["region"], codes)
    day = _read_day(given, "on")
    return Question(
        id=line_id,
        on=date.fromisoformat(day) if day else on,
        facts={name: value for name, value in facts.items() if value is not None},
        needs=_read_needs(given, codes),
        text=_get(given, "text", str, "un texte") or "",
    )


def _flatten(record: Mapping[str, Any]) -> dict[str, Any]:
    """Name what is said of the project as the engine and the results do: ``project.spend``."""
    project = _get(record, "project", dict, "un objet") or {}
    own = {name: value for name, value in record.items() if "." not in name}
    return own | {f"project.{name}": value for name, value in project.items()}


def _get(given: Mapping[str, Any], name: str, kind: type, accepted: str) -> Any:
    """Return a value of one type, or ``None`` where it is not given."""
    value = given.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise _refusal(name, value, accepted)


def _check_siret(value: str | None) -> None:
    if value is None:
        return
    if not _SIRET.fullmatch(value):
        raise _refusal("siret", value, "14 chiffres sans espace")
    try:
        siren.validate(value[:9])
    except NumberError:
        raise LineError(
            f"Le siret {value} n’existe pas : la clé de contrôle de ses 9 premiers chiffres (SIREN) est fausse ; "
            "vérifiez les chiffres."
        ) from None
    try:
        siret.validate(value)
    except NumberError:
        raise LineError(
            f"Le siret {value} n’existe pas : la clé de contrôle de ses 14 chiffres est fausse ; "
            "vérifiez les chiffres."
        ) from None


def _read_code(given: Mapping[str, Any], name: str, known: Container[str], accepted: str) -> str | None:
    code: str | None = _get(given, name, str, accepted)
    if code is not None and code not in known:
        raise LineError(f"« {name} » vaut {_show(code)}, un code inconnu ; attendu : {accepted}.")
    return code


def _read_activity(given: Mapping[str, Any], codes: Codes) -> str | None:
    accepted = 'un code NAF rév. 2 de n’importe quel niveau, comme "C", "25" ou "25.62B"'
    code: str | None = _get(given, "naf", str, accepted)
    if code is None:
        return None
    _read_code({"naf": code.upper()}, "naf", codes.activities, accepted)
    return codes.activities[code.upper()]


def _check_region(commune: str | None, region: str | None, codes: Codes) -> None:
    if commune and region and codes.communes[commune] != region:
        raise LineError(
            f"La commune {commune} n’est pas dans la région {region} mais dans la région {codes.communes[commune]} ; "
            "corrigez l’une des deux ou ne donnez que la commune."
        )


def _read_interval(given: Mapping[str, Any], name: str) -> Any:
    """Return a number, ``[low, high]`` where a null bound is open, or ``None``."""
    value = given.get(name)
    if value is None:
        return None
    bounds = value if isinstance(value, list) else [value, value]
    numbers = [bound for bound in bounds if bound is not None]
    if len(bounds) != 2 or not all(_is_number(number) and number >= 0 for number in numbers):
        raise _refusal(name, value, "un nombre positif ou nul, une liste [minimum, maximum] ou null")
    if len(numbers) == 2 and numbers[0] > numbers[1]:
        raise LineError(f"« {name} » vaut {_show(value)}, bornes inversées ; attendu : le minimum puis le maximum.")
    return value


def _is_number(value: Any) -> bool:
    """Tell whether a value is a finite number; JSON as Python reads it also has NaN, Infinity and endless integers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return -inf < float(value) < inf
    except OverflowError:
        return False


def _read_day(given: Mapping[str, Any], name: str) -> str | None:
    accepted = 'une date comme "2026-11-24"'
    value: str | None = _get(given, name, str, accepted)
    if value is not None and parse_day(value) is None:
        raise _refusal(name, value, accepted)
    return value


def parse_day(text: str) -> date | None:
    """Return the day that a text writes as ``2026-11-24``, or ``None`` where it does not."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _read_choice(given: Mapping[str, Any], name: str, choices: Sequence[str]) -> str | None:
    accepted = " ou ".join(f'"{choice}"' for choice in choices)
    value: str | None = _get(given, name, str, accepted)
    if value is not None and value not in choices:
        raise _refusal(name, value, accepted)
    return value


def _read_needs(given: Mapping[str, Any], codes: Codes) -> tuple[str, ...]:
    accepted = 'une liste de sous-besoins comme ["numerique.robot"]'
    needs = _get(given, "needs", list, accepted) or []
    for need in needs:
        if not isinstance(need, str):
            raise _refusal("needs", needs, accepted)
        if need not in codes.sub_needs:
            raise LineError(
                f"« needs » contient {_show(need)}, un sous-besoin inconnu ; attendu : les identifiants de "
                "fixtures/taxonomy.yaml."
            )
    return tuple(needs)


def _refusal(name: str, given: Any, accepted: str) -> LineError:
    return LineError(f"« {name} » vaut {_show(given)} ; attendu : {accepted}.")


def _show(value: Any) -> str:
    return _shorten(json.dumps(value, ensure_ascii=False))


def _shorten(text: str) -> str:
    """Return the head of a text on one line: an error is read in a terminal."""
    head = "".join(mark if mark.isprintable() else " " for mark in text[:SHOWN])
    return head if len(text) <= SHOWN else f"{head}…"
