"""What is asked of the engine from outside, a line of a file or a call of the API: checked facts, or what is wrong."""

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from backend.facts.yes_no import YES_NO
from backend.matchmaking import engine
from backend.matchmaking.match_codes import Codes
from backend.matchmaking.values import (
    Id,
    Refused,
    get,
    read_choice,
    read_code,
    read_day,
    read_id,
    read_interval,
    read_list,
    read_share,
    read_siret,
    refusal,
    shorten,
    show,
)
from backend.schemes.models import Scheme, is_activity
from backend.schemes.vocabulary import HOLDERS, HORIZONS, SPEND_KINDS, TENURES

_COMMUNE = 'un code INSEE de commune actuelle comme "60159" (ce n’est pas le code postal)'
_CATEGORY = 'de 1 à 4 chiffres de la nomenclature des catégories juridiques de l’INSEE, comme "5710"'
_NEEDS = 'une liste de sous-besoins comme ["numerique.robot"]'
_PREFERENCES = 'une liste de préférences comme ["no_loan"]'
_YES_NO = "true, false ou null"
_GROUP = 'une liste d’entreprises comme [{"share": 60, "headcount": 12}], vide si l’entreprise est indépendante'
_YEARS = 'une liste d’exercices comme [{"headcount": 48}], le plus récent d’abord'
_SCHEMES = 'un objet comme {"jonction:acre": true}'
N_RELATED, N_YEARS = 200, 20  # the most that a line may list


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One line, checked: facts under the names that the engine takes."""

    id: Id
    on: date
    facts: Mapping[str, Any]
    needs: tuple[str, ...]
    text: str
    preferences: tuple[str, ...] = ()
    ignored: tuple[str, ...] = field(default=(), compare=False)  # names of the line that mean nothing to us
    warnings: tuple[str, ...] = field(default=(), compare=False)  # what was read as less than it says, in sentences

    @property
    def stated(self) -> bool:
        """Whether a need was given: if not, every scheme is of interest."""
        return bool(self.needs or self.text.strip())


def as_requests(
    questions: Iterable[Question], compiled: engine.Catalogue, *, language: str = ""
) -> Iterator[tuple[engine.Request, engine.Reading]]:
    """Put questions as the engine takes them, and say how the words of each were understood."""
    queries = [engine.Query(each.facts, each.text, each.needs, each.on, each.preferences) for each in questions]
    return engine.read_requests(queries, compiled=compiled, language=language)


def proposed(ranked: Iterable[engine.Ranked]) -> list[engine.Ranked]:
    """Return the schemes that the firm has or may have, and that address its needs."""
    return [item for item in ranked if item.answers]


def read_line(raw: bytes, codes: Codes, *, on: date, known_schemes: Container[str] | None = None) -> Question:
    """Read a line; ``on`` is the day where the line gives none.

    Raises ``LineError``. A key without a value (``null``) is not given; unknown keys are ignored.
    """
    return read_record(read_object(raw), codes, on=on, known_schemes=known_schemes)


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
        given = shorten(text.strip()) or nothing
        raise _whole(f'{subject} n’est pas un objet JSON : {given} ; attendu : un objet comme {{"id": 1}}.')
    return record


def _whole(sentence: str) -> LineError:
    return LineError([Fault("", sentence)])


FIGURES = ("headcount", "turnover", "balance_sheet")
RELATED = ("name", "share", "control", "holder", *FIGURES)
NAMES = frozenset(
    {
        "id", "on", "siret", "commune", "region", "naf", "naf_2025", "headcount", "turnover", "balance_sheet",
        "created_on", "legal_category", *YES_NO, "group", "previous_years", "schemes", "needs", "preferences", "text",
        "project", "project.started", "project.spend", "project.spend_kinds",
        "project.commune", "project.horizon", "project.tenure",
    }
)  # fmt: skip


class _Reader:
    """Reads the values of a record one by one, and keeps what is wrong with each instead of stopping at the first."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.faults: list[Fault] = []
        self.warnings: list[str] = []
        self.given: dict[str, Any] = dict(record)
        project = self.read("project", get, dict, "un objet") or {}
        # What is said of the project is named as the engine and the results do: ``project.spend``.
        self.given = {name: value for name, value in record.items() if "." not in name} | {
            f"project.{name}": value for name, value in project.items()
        }
        unknown = [name for name in record if name not in NAMES or "." in name]
        self.ignored = [*unknown, *(f"project.{name}" for name in project if f"project.{name}" not in NAMES)]

    def read(self, name: str, take: Callable[..., Any], *accepted: Any, is_required: bool = False) -> Any:
        """Return a value as ``take`` reads it; ``None`` where it is not given or refused."""
        if not is_required and self.given.get(name) is None:  # most names of most lines
            return None
        try:
            return take(self.given, name, *accepted)
        except Refused as refused:
            self.refuse(name, str(refused), part=refused.part)
            return None

    def read_rows(self, name: str, names: Container[str], accepted: str, *, most: int) -> list[str] | None:
        """Open a list of objects: name each one, so that the values in it can be read as ``group[0].share``."""
        rows = self.read(name, get, list, accepted)
        if rows is None:
            return None
        if len(rows) > most:
            self.refuse(name, f"« {name} » compte {len(rows)} lignes ; attendu : {most} au plus.")
            return None
        places = []
        for index, row in enumerate(rows):
            place = f"{name}[{index}]"
            if not isinstance(row, dict):
                self.refuse(place, f"« {place} » vaut {show(row)} ; attendu : un objet, dans {accepted}.")
                continue
            places.append(place)
            self.given |= {f"{place}.{part}": value for part, value in row.items()}
            self.ignored += [f"{place}.{part}" for part in row if part not in names]
        return places

    def refuse(self, name: str, sentence: str, *, part: str = "") -> None:
        pointer = name.replace(".", "/").replace("[", "/").replace("]", "")
        self.faults.append(Fault(f"/{pointer}{part}", sentence))


def read_record(
    record: Mapping[str, Any], codes: Codes, *, on: date, known_schemes: Container[str] | None = None
) -> Question:
    """Read an object as :func:`read_line` does. Raises ``LineError`` with everything that is wrong.

    The schemes that it names are looked up where those that are known are not given.
    """
    reader = _Reader(record)
    line_id: Id = reader.read("id", read_id)
    reader.read("siret", read_siret)
    facts = _read_facts(reader, codes, known_schemes)
    needs = reader.read("needs", read_list, str, _NEEDS) or []
    for index, need in enumerate(needs):
        if need not in codes.sub_needs:
            reader.refuse(
                "needs",
                f"« needs » contient {show(need)}, un sous-besoin inconnu ; attendu : un identifiant de la "
                'taxonomie, comme "numerique.robot".',
                part=f"/{index}",
            )
    preferences = reader.read("preferences", read_list, str, _PREFERENCES) or []
    for index, preference in enumerate(preferences):
        if preference not in engine.preference_labels():
            known = ", ".join(f'"{key}"' for key in engine.preference_labels())
            reader.refuse(
                "preferences",
                f"« preferences » contient {show(preference)}, une préférence inconnue ; attendu : {known}.",
                part=f"/{index}",
            )
    text = reader.read("text", get, str, "un texte")
    day = reader.read("on", read_day)
    if reader.faults:
        raise LineError(reader.faults, line_id=line_id)
    return Question(
        id=line_id,
        on=date.fromisoformat(day) if day else on,
        facts={name: value for name, value in facts.items() if value is not None},
        needs=tuple(needs),
        preferences=tuple(preferences),
        text=text or "",
        ignored=tuple(reader.ignored),
        warnings=tuple(reader.warnings),
    )


def _read_facts(reader: _Reader, codes: Codes, known_schemes: Container[str] | None) -> dict[str, Any]:
    facts = {
        "commune": reader.read("commune", read_code, codes.communes, _COMMUNE),
        "region": reader.read("region", read_code, codes.regions, 'un code INSEE de région comme "32"'),
        "naf": reader.read("naf", _read_activity, codes),
        "naf_2025": reader.read("naf_2025", _read_activity_2025),
        **{name: reader.read(name, read_interval) for name in FIGURES},
        "created_on": reader.read("created_on", read_day),
        "legal_category": _read_legal_category(reader, codes),
        **{name: reader.read(name, get, bool, _YES_NO) for name in YES_NO},
        "group": _read_group(reader),
        "previous_years": _read_years(reader),
        "schemes": _read_schemes(reader, known_schemes),
        "project.started": reader.read("project.started", get, bool, _YES_NO),
        "project.spend": reader.read("project.spend", read_interval),
        "project.spend_kinds": _read_spend_kinds(reader),
        "project.commune": reader.read("project.commune", read_code, codes.communes, _COMMUNE),
        "project.horizon": reader.read("project.horizon", read_choice, tuple(HORIZONS)),
        "project.tenure": reader.read("project.tenure", read_choice, tuple(TENURES)),
    }
    commune, region = facts["commune"], facts["region"]
    if commune and region and (its_region := codes.communes.region_of(commune)) != region:
        reader.refuse(
            "region",
            f"La commune {commune} n’est pas dans la région {region} mais dans la région {its_region} ; "
            "corrigez l’une des deux ou ne donnez que la commune.",
        )
    return facts


def _read_legal_category(reader: _Reader, codes: Codes) -> str | None:
    """Read a category; one that INSEE added is kept at the highest level, of two digits or one, that we hold."""
    code: str | None = reader.read("legal_category", get, str, _CATEGORY)
    if code is None or code in codes.legal_categories:
        return code
    if not re.fullmatch(r"[0-9]{1,4}", code):
        reader.read("legal_category", read_code, codes.legal_categories, _CATEGORY)
        return None
    known = next((code[:length] for length in (2, 1) if code[:length] in codes.legal_categories), None)
    read_as = f"lue comme « {known} »" if known else "la forme juridique reste inconnue"
    reader.warnings.append(f"« legal_category » vaut {show(code)}, une catégorie absente de notre liste : {read_as}.")
    return known


def _read_activity(given: Mapping[str, Any], name: str, codes: Codes) -> str | None:
    accepted = 'un code NAF rév. 2 de n’importe quel niveau, comme "C", "25" ou "25.62B"'
    code: str | None = get(given, name, str, accepted)
    if code is None:
        return None
    read_code({name: code.upper()}, name, codes.activities, accepted)
    return codes.activities[code.upper()]


def _read_activity_2025(given: Mapping[str, Any], name: str) -> str | None:
    """Read a code by its shape: we hold no list of the NAF 2025."""
    accepted = 'un code NAF 2025 de n’importe quel niveau, comme "C", "25" ou "25.62Y"'
    code: str | None = get(given, name, str, accepted)
    if code is not None and not is_activity(code, "naf_2025"):
        raise refusal(name, code, accepted)
    return code and code.upper()


def _read_figures(reader: _Reader, place: str) -> dict[str, Any]:
    found = {name: reader.read(f"{place}.{name}", read_interval) for name in FIGURES}
    return {name: value for name, value in found.items() if value is not None}


def _read_group(reader: _Reader) -> list[dict[str, Any]] | None:
    places = reader.read_rows("group", RELATED, _GROUP, most=N_RELATED)
    return None if places is None else [_read_related(reader, place) for place in places]


def _read_related(reader: _Reader, place: str) -> dict[str, Any]:
    found = {
        "name": reader.read(f"{place}.name", get, str, "un texte"),
        "share": reader.read(f"{place}.share", read_share, is_required=True),
        "control": reader.read(f"{place}.control", get, bool, _YES_NO),
        "holder": reader.read(f"{place}.holder", read_choice, tuple(HOLDERS)),
    }
    return {name: value for name, value in found.items() if value is not None} | _read_figures(reader, place)


def _read_years(reader: _Reader) -> list[dict[str, Any]] | None:
    places = reader.read_rows("previous_years", FIGURES, _YEARS, most=N_YEARS)
    return None if places is None else [_read_figures(reader, place) for place in places]


def _read_spend_kinds(reader: _Reader) -> list[str] | None:
    accepted = 'une liste de dépenses comme ["equipment", "works"]'
    kinds: list[str] | None = reader.read("project.spend_kinds", read_list, str, accepted)
    for place, kind in enumerate(kinds or ()):
        if kind not in SPEND_KINDS:
            known = ", ".join(f'"{one}"' for one in SPEND_KINDS)
            reader.refuse(
                "project.spend_kinds",
                f"« project.spend_kinds » contient {show(kind)}, une dépense inconnue ; attendu : {known}.",
                part=f"/{place}",
            )
    return kinds


def _read_schemes(reader: _Reader, known: Container[str] | None) -> dict[str, bool] | None:
    held: dict[str, Any] | None = reader.read("schemes", get, dict, _SCHEMES)
    if not held:
        return held
    if known is None:
        known = Scheme.objects.known_keys(held)
    for key, value in held.items():
        part = "/" + key.replace("~", "~0").replace("/", "~1")
        if key not in known:
            sentence = f"« schemes » contient {show(key)}, un dispositif inconnu ; attendu : {_SCHEMES}."
            reader.refuse("schemes", sentence, part=part)
        elif value is not None and not isinstance(value, bool):
            sentence = f"« schemes » : {show(key)} vaut {show(value)} ; attendu : {_YES_NO}."
            reader.refuse("schemes", sentence, part=part)
    return {key: value for key, value in held.items() if value is not None}
