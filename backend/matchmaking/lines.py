"""What is asked of the engine from outside, a line of a file or a call of the API: checked facts, or what is wrong."""

import json
import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
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
_NEEDS = 'une liste de sous-besoins comme ["numerique.robot"]'
_SIRET = re.compile(r"\d{14}", re.ASCII)

type Id = str | int | float | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a line: where, as a JSON pointer (the whole line where it is empty), and a sentence."""

    pointer: str
    sentence: str


class LineError(ValueError):
    """A line that cannot be answered: all that is wrong with it, and the id of the line where it could be read."""

    def __init__(self, faults: Iterable[Fault], *, line_id: Id = None) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(fault.sentence for fault in self.faults))
        self.line_id = line_id


class _Refused(ValueError):
    """A value that cannot be taken, with a French sentence; the place is finer where only a part of it is wrong."""

    def __init__(self, sentence: str, *, part: str = "") -> None:
        super().__init__(sentence)
        self.part = part


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One line, checked: facts under the names that the engine takes."""

    id: Id
    on: date
    facts: Mapping[str, Any]
    needs: tuple[str, ...]
    text: str
    ignored: tuple[str, ...] = field(default=(), compare=False)  # names of the line that mean nothing to us

    @property
    def stated(self) -> bool:
        """Whether a need was given: if not, every scheme is of interest."""
        return bool(self.needs or self.text.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """The codes a line may use."""

    communes: Mapping[str, str]  # code → code of its region
    regions: frozenset[str]
    activities: Mapping[str, str]  # with and without the dot → with it
    legal_categories: frozenset[str]  # every prefix
    sub_needs: frozenset[str]


@lru_cache(maxsize=1)
def load_codes() -> Codes:
    """Read the codes once: they change with a release only."""
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


def clear_caches() -> None:
    """Forget the codes: after reference data was loaded again in this process."""
    load_codes.cache_clear()


def read_line(raw: bytes, codes: Codes, *, on: date) -> Question:
    """Read a line; ``on`` is the day where the line gives none.

    Raises ``LineError``. A key without a value (``null``) is not given; unknown keys are ignored.
    """
    return read_record(read_object(raw), codes, on=on)


def read_object(raw: bytes, *, subject: str = "La ligne", nothing: str = "une ligne vide") -> dict[str, Any]:
    """Return the JSON object of a line, or of what the sentences call ``subject``. Raises ``LineError``."""
    try:
        text = raw.decode("utf-8-sig")  # spreadsheets put a mark at the head of a file
    except UnicodeDecodeError as error:
        raise _whole(
            f"{subject} n’est pas en UTF-8 : octet 0x{raw[error.start]:02x} en position {error.start + 1} ; "
            "attendu : du texte en UTF-8."
        ) from None
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        given = _shorten(text.strip()) or nothing
        raise _whole(f'{subject} n’est pas un objet JSON : {given} ; attendu : un objet comme {{"id": 1}}.')
    return record


def _whole(sentence: str) -> LineError:
    return LineError([Fault("", sentence)])


class _Reader:
    """Reads the values of a record one by one, and keeps what is wrong with each instead of stopping at the first."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.faults: list[Fault] = []
        self.given: Mapping[str, Any] = record
        project = self.read("project", _get, dict, "un objet") or {}
        # What is said of the project is named as the engine and the results do: ``project.spend``.
        self.given = {name: value for name, value in record.items() if "." not in name} | {
            f"project.{name}": value for name, value in project.items()
        }
        unknown = [name for name in record if name not in NAMES or "." in name]
        self.ignored = (*unknown, *(f"project.{name}" for name in project if f"project.{name}" not in NAMES))

    def read(self, name: str, take: Callable[..., Any], *accepted: Any) -> Any:
        """Return a value as ``take`` reads it; ``None`` where it is not given or refused."""
        try:
            return take(self.given, name, *accepted)
        except _Refused as refused:
            self.refuse(name, str(refused), part=refused.part)
            return None

    def refuse(self, name: str, sentence: str, *, part: str = "") -> None:
        self.faults.append(Fault(f"/{name.replace('.', '/')}{part}", sentence))


NAMES = frozenset(
    {
        "id", "on", "siret", "commune", "region", "naf", "headcount", "turnover", "balance_sheet", "created_on",
        "legal_category", "micro_entrepreneur", "needs", "text", "project", "project.started", "project.spend",
        "project.commune", "project.horizon", "project.tenure",
    }
)  # fmt: skip


def read_record(record: Mapping[str, Any], codes: Codes, *, on: date) -> Question:
    """Read an object as :func:`read_line` does. Raises ``LineError`` with everything that is wrong."""
    reader = _Reader(record)
    line_id: Id = reader.read("id", _read_id)
    reader.read("siret", _read_siret)
    facts = _read_facts(reader, codes)
    needs = reader.read("needs", _read_list, str, _NEEDS) or []
    for index, need in enumerate(needs):
        if need not in codes.sub_needs:
            reader.refuse(
                "needs",
                f"« needs » contient {_show(need)}, un sous-besoin inconnu ; attendu : un identifiant de la "
                'taxonomie, comme "numerique.robot".',
                part=f"/{index}",
            )
    text = reader.read("text", _get, str, "un texte")
    day = reader.read("on", _read_day)
    if reader.faults:
        raise LineError(reader.faults, line_id=line_id)
    return Question(
        id=line_id,
        on=date.fromisoformat(day) if day else on,
        facts={name: value for name, value in facts.items() if value is not None},
        needs=tuple(needs),
        text=text or "",
        ignored=reader.ignored,
    )


def _read_facts(reader: _Reader, codes: Codes) -> dict[str, Any]:
    facts = {
        "commune": reader.read("commune", _read_code, codes.communes, _COMMUNE),
        "region": reader.read("region", _read_code, codes.regions, 'un code INSEE de région comme "32"'),
        "naf": reader.read("naf", _read_activity, codes),
        "headcount": reader.read("headcount", _read_interval),
        "turnover": reader.read("turnover", _read_interval),
        "balance_sheet": reader.read("balance_sheet", _read_interval),
        "created_on": reader.read("created_on", _read_day),
        "legal_category": reader.read("legal_category", _read_code, codes.legal_categories, _CATEGORY),
        "micro_entrepreneur": reader.read("micro_entrepreneur", _get, bool, "true, false ou null"),
        "project.started": reader.read("project.started", _get, bool, "true, false ou null"),
        "project.spend": reader.read("project.spend", _read_interval),
        "project.commune": reader.read("project.commune", _read_code, codes.communes, _COMMUNE),
        "project.horizon": reader.read("project.horizon", _read_choice, Submission.Horizon.values),
        "project.tenure": reader.read("project.tenure", _read_choice, TENURES),
    }
    commune, region = facts["commune"], facts["region"]
    if commune and region and codes.communes[commune] != region:
        reader.refuse(
            "region",
            f"La commune {commune} n’est pas dans la région {region} mais dans la région {codes.communes[commune]} ; "
            "corrigez l’une des deux ou ne donnez que la commune.",
        )
    return facts


def _get(given: Mapping[str, Any], name: str, kind: type, accepted: str) -> Any:
    """Return a value of one type, or ``None`` where it is not given."""
    value = given.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise _refusal(name, value, accepted)


def _read_id(given: Mapping[str, Any], name: str) -> Id:
    value = given.get(name)
    if value is None or isinstance(value, str) or _is_number(value):
        return value
    raise _refusal(name, value, "un texte ou un nombre")


def _read_siret(given: Mapping[str, Any], name: str) -> str | None:
    value: str | None = _get(given, name, str, "un texte de 14 chiffres")
    if value is None:
        return None
    if not _SIRET.fullmatch(value):
        raise _refusal(name, value, "14 chiffres sans espace")
    wrong = _wrong_part(value)
    if wrong:
        raise _Refused(
            f"Le siret {value} n’existe pas : la clé de contrôle de {wrong} est fausse ; vérifiez les chiffres."
        )
    return value


def _wrong_part(number: str) -> str:
    for digits, module, part in (
        (number[:9], siren, "ses 9 premiers chiffres (SIREN)"),
        (number, siret, "ses 14 chiffres"),
    ):
        try:
            module.validate(digits)
        except NumberError:
            return part
    return ""


def _read_code(given: Mapping[str, Any], name: str, known: Container[str], accepted: str) -> str | None:
    code: str | None = _get(given, name, str, accepted)
    if code is not None and code not in known:
        raise _Refused(f"« {name} » vaut {_show(code)}, un code inconnu ; attendu : {accepted}.")
    return code


def _read_activity(given: Mapping[str, Any], name: str, codes: Codes) -> str | None:
    accepted = 'un code NAF rév. 2 de n’importe quel niveau, comme "C", "25" ou "25.62B"'
    code: str | None = _get(given, name, str, accepted)
    if code is None:
        return None
    _read_code({name: code.upper()}, name, codes.activities, accepted)
    return codes.activities[code.upper()]


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
        raise _Refused(f"« {name} » vaut {_show(value)}, bornes inversées ; attendu : le minimum puis le maximum.")
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


def _read_list(given: Mapping[str, Any], name: str, kind: type, accepted: str) -> list[Any] | None:
    values: list[Any] | None = _get(given, name, list, accepted)
    if values is not None and not all(isinstance(value, kind) for value in values):
        raise _refusal(name, values, accepted)
    return values


def _refusal(name: str, given: Any, accepted: str) -> _Refused:
    return _Refused(f"« {name} » vaut {_show(given)} ; attendu : {accepted}.")


def _show(value: Any) -> str:
    return _shorten(json.dumps(value, ensure_ascii=False))


def _shorten(text: str) -> str:
    """Return the head of a text on one line: an error is read in a terminal."""
    head = "".join(mark if mark.isprintable() else " " for mark in text[:SHOWN])
    return head if len(text) <= SHOWN else f"{head}…"
