"""Conditions that stand only in a programme's text: one sentence, one condition, kept with its words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from backend.schemes.catalogue.record_types import CriterionRecord
from backend.schemes.catalogue.wording import perimeter_name
from backend.schemes.ingestion.importers.cleaning import clean_line, clean_text, same_text
from backend.schemes.ingestion.importers.faults import get_object, get_text, get_texts, refuse
from backend.schemes.ingestion.importers.legal import Stated, headcount
from backend.schemes.ingestion.importers.people import read_in
from backend.schemes.ingestion.importers.places import Places
from backend.schemes.ingestion.importers.rules import Rules, read_when
from backend.schemes.ingestion.importers.sentences import Sentence, Table
from backend.schemes.models import Definition
from backend.schemes.typography import typeset

HEADINGS = "conditions d'éligibilité"
PLACES = "secteur géographique"
OTHERS = "autres critères d'éligibilité"
STEPS = "objectifs"
CONDITIONAL = "champs conditionnels"
_SIDES = (("at_least", "above"), ("at_most", "below"))
_BULLET = re.compile(r"[-*•–▪]\s+")
_AFTER_A_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_SAID_OF = frozenset({"source", "note", "excerpt", "from_text"})  # a condition, by who reads it
_BOUND_WORDS = {
    "at_least": "au moins {:g}",
    "above": "plus de {:g}",
    "at_most": "au plus {:g}",
    "below": "moins de {:g}",
}


@dataclass(slots=True)
class Conditions:
    """What the text of a programme adds to its data, and where it says something else."""

    rows: list[CriterionRecord] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    nuances: list[str] = field(default_factory=list)
    de_minimis: list[str] = field(default_factory=list)

    def add(self, definition: Definition, sentence: str) -> None:
        """Keep a condition with its sentence; one that another sentence said already is once."""
        said = ({name: value for name, value in row.items() if name not in _SAID_OF} for row in self.rows)
        if dict(definition) not in said:
            self.rows.append(read_in(definition, sentence, from_text=True))


def read_conditions(programme: dict[str, Any], stated: Stated, places: Places, table: Table) -> Conditions:
    """Read every sentence of a programme's conditions. Raises ``RowError`` where they are no lists of texts."""
    reader = SentenceReader(programme["id"], stated, places, table, Conditions())
    headings = get_object(programme, HEADINGS)
    for heading in headings:
        texts = get_texts(headings, heading, place=f"{HEADINGS}.{heading}")
        for sentence in _joined(texts, table):
            if heading == PLACES:
                reader.read_place(sentence)
            else:
                reader.read(sentence, heading=heading)
    for when, text in _conditional(programme):
        reader.read(text, heading=OTHERS, when=when)
    for step in steps_of(programme):
        reader.read_step(clean_text(get_text(step, "description")))
    return reader.found


def _joined(texts: Iterable[str], table: Table) -> Iterator[str]:
    """Give each condition as one text: a list goes with the sentence that opens it, an "or" with what precedes it."""
    found: list[list[str]] = []
    is_open = False
    for text in filter(None, map(clean_text, texts)):
        sentence = table.find(text)
        if sentence is not None and sentence.kind == "heading":
            is_open = False
        elif found and (is_open or same_text(text).startswith("ou ")):
            found[-1].append(text)
        else:
            found.append([text])
            is_open = text.endswith(":")
    return ("\n".join(parts) for parts in found)


def _conditional(programme: dict[str, Any]) -> Iterator[tuple[Rules, str]]:
    """Give the conditions that hold for some firms only, after the test that says for which."""
    for fields in conditional_fields(programme):
        for text in get_texts(fields, OTHERS, place=f"{CONDITIONAL}.{OTHERS}"):
            yield read_when(fields), clean_text(text)


def steps_of(programme: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of a programme, from the first one."""
    given = programme.get(STEPS)
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(step, dict) for step in given):
        raise refuse(STEPS, given, "une liste d’objets JSON")
    return given


def conditional_fields(programme: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the fields that a programme shows to some firms only."""
    given = programme.get(CONDITIONAL)
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(fields, dict) for fields in given):
        raise refuse(CONDITIONAL, given, "une liste d’objets JSON")
    return given


@dataclass(slots=True)
class SentenceReader:
    """Reads the conditions of one record, one sentence at a time, by the reviewed table."""

    key: str
    stated: Stated
    places: Places
    table: Table
    found: Conditions
    prefix: str = "te"  # of the names of conditions that are left to people

    def read(self, text: str, *, heading: str, when: Rules | None = None) -> None:
        """Read one condition by the table: of a list its head decides, under a mere heading each part stands alone."""
        head, _, parts = text.partition("\n")
        sentence = self.table.read(head if ":\n" in text else text, heading=heading)
        if sentence.kind == "heading":
            for part in filter(None, parts.split("\n")):
                self.read(_BULLET.sub("", part, count=1), heading=heading, when=when)
        if sentence.claims is not None:
            self._compare_staff(sentence, text)
        if sentence.micro_entrepreneur is not None:
            self._compare_status(sentence.micro_entrepreneur, text)
        if sentence.kind == "de_minimis":
            self.found.de_minimis.append(clean_line(text))
        definitions: list[Definition] = list(sentence.criteria)
        if sentence.kind == "manual" or sentence.and_manual:
            definitions.append(self._manual(text, sentence))
        for definition in definitions:
            self.found.add(self._only(when, definition) if when else definition, text)

    def read_step(self, text: str) -> None:
        """Read what a step asks, where the table has that very sentence; what it advises is no condition."""
        for said in _AFTER_A_SENTENCE.split(text):
            sentence = self.table.find(said)
            if sentence is not None and sentence.kind in ("criteria", "manual"):
                self.read(said, heading=STEPS)

    def _manual(self, text: str, sentence: Sentence) -> Definition:
        """Leave a sentence to a person; its name is this programme's own unless the table gives a common one."""
        line = clean_line(text)
        own = sha256(f"{self.key} {same_text(line)}".encode()).hexdigest()[:12]
        return {
            "kind": "manual",
            "fact": sentence.fact or f"{self.prefix}.{own}",
            "sentence": typeset(f"L’entreprise ou son projet remplit cette condition : « {line.rstrip(' .;,')} »."),
            "ask": sentence.ask,
        }

    def _only(self, when: Rules, definition: Definition) -> Definition:
        """Ask something of the firms that a test is about, and nothing of the others."""
        tests: list[Definition] = []
        staff = {name: bound for name, bound in when.staff.items() if (name, bound) != ("at_least", 0)}
        if staff:
            tests.append(headcount(staff))
        if when.regions:
            codes = self.places.read(when.regions, place=CONDITIONAL)
            tests.append({"kind": "in_territory", "any_of": codes})
        if not tests:
            return definition
        of: Definition = tests[0] if len(tests) == 1 else {"kind": "all", "of": tests}
        return {"kind": "any", "of": [{"kind": "not", "of": of}, definition]}

    # -- what the text says of the data

    def read_place(self, text: str) -> None:
        """Read where firms must be: most often the very list of the data."""
        data = self.stated.territories
        if same_text(text) in map(same_text, self.table.words["everywhere"]):
            if data:
                self._contradict(text, f"les données ne citent que {_names(data)}")
            return
        names = clean_line(text).split(", ")
        found = [self.places.find(name) for name in names]
        codes = [code for code in found if code is not None]
        if len(codes) < len(found):
            self._contradict(text, "un de ces lieux n’est ni une région ni un département", decided="à vérifier")
            self.found.add(self._manual(text, Sentence(kind="manual")), text)
        elif set(codes) != set(data):
            self._contradict(text, f"les données citent {_names(data)}", decided="la condition la plus étroite vaut")
            if not data or all(self.places.covers(data, code) for code in codes):
                self.found.add({"kind": "in_territory", "any_of": codes}, text)

    def _compare_staff(self, sentence: Sentence, text: str) -> None:
        claims, only_in_text = sentence.claims or {}, {}
        for side in _SIDES:
            said, data = _bound(claims, side), _bound(self.stated.staff, side)
            if said == data:
                continue
            if data is None and said is not None:
                only_in_text[said[0]] = said[1]
            elif said is not None and data is not None and said[0] == "below" and data == ("at_most", said[1] - 1):
                self.found.nuances.append(f"« {clean_line(text)} », {_words(data)} dans les données")
            else:
                self._contradict(text, f"les données disent {_words(data)}")
        if only_in_text and sentence.kind == "stated":
            self.found.add(headcount(only_in_text), text)

    def _compare_status(self, admitted: bool, text: str) -> None:
        if admitted == (self.stated.micro_entrepreneur is not False):
            smallest = self.stated.staff.get("at_least", 0)
            if admitted and smallest >= 10:
                self._contradict(text, f"les données demandent au moins {smallest:g} salariés")
            return
        self._contradict(text, "les données les admettent" if not admitted else "les données les excluent")
        if not admitted:
            self.found.add(self._manual(text, Sentence(kind="manual")), text)

    def _contradict(self, text: str, data: str, *, decided: str = "les données décident") -> None:
        self.found.contradictions.append(f"« {clean_line(text)} », mais {data} ; {decided}.")


def _bound(bounds: Mapping[str, float], side: tuple[str, str]) -> tuple[str, float] | None:
    return next(((name, bounds[name]) for name in side if name in bounds), None)


def _words(bound: tuple[str, float] | None) -> str:
    return _BOUND_WORDS[bound[0]].format(bound[1]) if bound else "rien de tel"


def _names(codes: list[str]) -> str:
    return ", ".join(map(perimeter_name, codes)) or "toute la France"
