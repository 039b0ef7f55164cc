"""A programme of the State's site "Transition écologique des entreprises", as a record of the catalogue."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from backend.schemes.catalogue.record_types import OperatorRecord, SchemeRecord
from backend.schemes.ingestion.importers.cleaning import clean_line, clean_text, clean_url
from backend.schemes.ingestion.importers.conditions import Conditions, conditional_fields, read_conditions, steps_of
from backend.schemes.ingestion.importers.faults import get_flag, get_object, get_text, get_texts, refuse
from backend.schemes.ingestion.importers.legal import Stated, read_stated
from backend.schemes.ingestion.importers.needs import reviewed_needs
from backend.schemes.ingestion.importers.people import read_in
from backend.schemes.ingestion.importers.places import Places
from backend.schemes.ingestion.importers.reading import Read
from backend.schemes.ingestion.importers.sentences import Table, load_table
from backend.schemes.models import Revision, Source, Tier
from backend.schemes.typography import typeset

SOURCE = "transition-ecologique"
KIND = "nature de l'aide"
PUBLIC_BODIES = "ouvert aux administrations publiques"
_KEY = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
MAX_NAME = 200  # characters of an operator's name that the catalogue keeps
_DURATIONS = ("durée de l'accompagnement", "durée du prêt")


class Reader:
    """Reads programmes, one at a time, with our perimeters and the reviewed table of sentences."""

    def __init__(self) -> None:
        self.table: Table = load_table(SOURCE)
        self.words = self.table.words
        self.places = Places.load(self.words["places"])

    def key(self, programme: dict[str, Any]) -> str:
        """Return the identifier of a programme. Raises ``RowError`` where it has none."""
        value = programme.get("id")
        if not isinstance(value, str) or not _KEY.fullmatch(value) or len(value) > 120:
            raise refuse("id", value, "des lettres minuscules, chiffres et tirets, 120 au plus, comme « pret-vert »")
        return value

    def read(self, programme: dict[str, Any], *, on: date) -> Read:
        """Return a programme as a record of the day of the file. Raises ``RowError`` where a part cannot be read."""
        key = self.key(programme)
        stated = read_stated(programme, self.places, never=self.words["never"])
        conditions = read_conditions(programme, stated, self.places, self.table)
        contradictions = (*stated.contradictions, *conditions.contradictions)
        return Read(
            self._record(programme, key, stated, conditions, contradictions, on=on),
            contradictions,
            tuple(conditions.nuances),
            _labels(programme),
        )

    def _record(
        self,
        programme: dict[str, Any],
        key: str,
        stated: Stated,
        conditions: Conditions,
        contradictions: tuple[str, ...],
        *,
        on: date,
    ) -> SchemeRecord:
        page = self.words["page"].format(id=key)
        operator = _operator(get_text(programme, "opérateur de contact", needed=True), "opérateur de contact")
        return {
            "key": key,
            "name": clean_line(get_text(programme, "titre", needed=True)),
            "kind": self._kind(programme),
            "level": _level(stated.territories),
            "confidence": Revision.Confidence.TO_VERIFY.value,
            "as_of": on.isoformat(),
            "operators": list(_operators(operator, programme)),
            "applicants": [Revision.Applicant.FIRM.value],
            "summary": _paragraphs(clean_line(get_text(programme, "promesse")), _text(programme, "description")),
            "needs": reviewed_needs(SOURCE, key, programme),
            "targeted_naf": stated.sections,
            "window": stated.window,
            "criteria": [
                *map(read_in, stated.criteria()),
                *conditions.rows,
            ],
            "amount": {"text": self._amount(programme), "duration": _duration(programme)},
            "state_aid_regime": "\n".join(conditions.de_minimis) or None,
            "legal_basis": None,
            "documents": [],
            "preparation_days": None,
            "next_step": _first_step(programme),
            "contact": {"name": operator, "url": clean_url(get_text(programme, "contact question")) or page},
            "url": clean_url(get_text(programme, "url")) or page,
            "sources": [
                {
                    "title": f"{self.words['site']}, fiche « {key} »",
                    "url": page,
                    "dated": on.isoformat(),
                    "tier": Tier.STATE.value,
                    "licence": Source.Licence.OPEN.value,
                },
            ],
            "relations": [],
            "notes": self._notes(programme, contradictions),
            "corrections": [],
        }

    def _kind(self, programme: dict[str, Any]) -> str:
        kinds: dict[str, str] = self.words["kinds"]
        given = programme.get(KIND)
        if not isinstance(given, str) or given not in kinds:
            raise refuse(KIND, given, " ou ".join(f"« {kind} »" for kind in kinds))
        return kinds[given]

    def _amount(self, programme: dict[str, Any]) -> str:
        found = [
            f"{before}{clean_line(get_text(programme, name))}"
            for name, before in self.words["amounts"].items()
            if get_text(programme, name).strip()
        ]
        return " ; ".join(found)

    def _notes(self, programme: dict[str, Any], contradictions: tuple[str, ...]) -> str:
        """Return what the site says besides, and what officers must know of it."""
        given = get_texts(get_object(programme, "eligibilityData"), "priorityObjectives")
        objectives = ", ".join(self.words["objectives"].get(name, clean_line(name)) for name in given)
        open_to_all = get_flag(programme, PUBLIC_BODIES)
        lines = [
            f"Objectifs cités par le site : {objectives}." if objectives else "",
            "Ouvert aussi aux administrations publiques." if open_to_all else "",
            *(f"À vérifier : {contradiction}" for contradiction in contradictions),
            *_shown_to_some(programme),
        ]
        return _paragraphs(typeset("\n".join(filter(None, lines))), _text(programme, "description longue"))


def _labels(programme: dict[str, Any]) -> tuple[str, ...]:
    """Return what the site files a programme under, apart from the projects, which another file says."""
    objectives = get_texts(get_object(programme, "eligibilityData"), "priorityObjectives")
    return (f"nature:{programme[KIND]}", *(f"objective:{clean_line(name)}" for name in objectives))


def _level(territories: list[str]) -> str:
    """Return the level of a programme: one region, one department, or the country."""
    if len(territories) != 1:
        return Revision.Level.NATIONAL.value
    is_department = territories[0].startswith("DEP-")
    return (Revision.Level.DEPARTMENTAL if is_department else Revision.Level.REGIONAL).value


def _operators(first: str, programme: dict[str, Any]) -> Iterator[OperatorRecord]:
    """Give who is to be asked, then the others: the file does not say who pays nor who decides."""
    others = (_operator(name, "autres opérateurs") for name in get_texts(programme, "autres opérateurs"))
    for name in dict.fromkeys((first, *others)):
        yield {"name": name, "siren": None, "roles": ["distributor"]}


def _operator(name: str, place: str) -> str:
    line = clean_line(name)
    if not 0 < len(line) <= MAX_NAME:
        raise refuse(place, name, f"un nom de {MAX_NAME} caractères au plus")
    return line


def _text(programme: dict[str, Any], name: str) -> str:
    return clean_text(get_text(programme, name))


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))


def _duration(programme: dict[str, Any]) -> str | None:
    return next((clean_line(get_text(programme, name)) for name in _DURATIONS if programme.get(name)), None)


def _first_step(programme: dict[str, Any]) -> str | None:
    steps = steps_of(programme)
    return clean_text(get_text(steps[0], "description")) if steps else None


def _shown_to_some(programme: dict[str, Any]) -> Iterator[str]:
    """Give the fields that the site shows to some firms only, with the test that says to which."""
    for fields in conditional_fields(programme):
        tests = [
            clean_line(test)
            for name in ("toutes ces conditions", "une de ces conditions")
            for test in get_texts(fields, name)
        ]
        shown = [
            f"{name} : {clean_line(', '.join(value) if isinstance(value, list) else str(value))}"
            for name, value in fields.items()
            if name not in ("toutes ces conditions", "une de ces conditions")
        ]
        yield f"Si {' ; '.join(tests)} – {' ; '.join(shown)}."
