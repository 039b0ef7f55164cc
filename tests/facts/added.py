"""Asked in a copy of the project to which a fact was added by the how-to: where it is not found, by name."""

import json
from collections.abc import Callable
from datetime import date

import matching
from backend.api.documentation import QUESTION
from backend.companies import packing
from backend.companies.levels import is_shared
from backend.matchmaking import engine
from backend.matchmaking.fact_display import FACT_NAMES, values_in_words
from backend.matchmaking.match_codes import Codes, Communes
from backend.matchmaking.match_input import read_line
from backend.matchmaking.questions import efforts, fact_questions
from backend.schemes.catalogue.criteria import KINDS, contrary, sentence
from backend.schemes.vocabulary import CRITERION_KINDS
from backend.web.forms.fact_fields import FORM_OF_FACT

NAME, DAY = "has_works_council", date(2026, 11, 24)
NO_CODES = Codes(communes=Communes(), regions=frozenset(), activities={}, legal_categories=frozenset(), sub_needs={})


def line() -> bool:
    return dict(read_line(json.dumps({NAME: False}).encode(), NO_CODES, on=DAY).facts) == {NAME: False}


def criterion() -> bool:
    wanted = matching.parse_criterion({"kind": NAME})
    answers = [None, True, False]
    found = [int(wanted.evaluate(matching.Profiles([engine.profile({NAME: said}, on=DAY)]))[0]) for said in answers]
    return found == [matching.UNKNOWN, matching.MET, matching.NOT_MET]


def forms() -> bool:
    form = FORM_OF_FACT[NAME]
    return form({NAME: "yes"}, initial=form.initial_of({NAME: False})).is_valid() and "CSE" in str(form())


PLACES: dict[str, Callable[[], bool]] = {
    "line of match": line,
    "body of the API": lambda: NAME in QUESTION["properties"],
    "criterion": criterion,
    "schema of criteria": lambda: NAME in json.dumps(matching.criterion_schema()),
    "its contrary": lambda: contrary({"kind": NAME}) == {"kind": NAME, "expected": False},
    "its sentence": lambda: "comité" in sentence({"kind": NAME}),
    "its screen": lambda: NAME in CRITERION_KINDS and "expected" in KINDS[NAME].fields(),
    "form": forms,
    "words of the firm": lambda: values_in_words({NAME: True}) == [("CSE", "un comité social et économique")],
    "what is missing": lambda: "CSE" in str(FACT_NAMES[NAME]),
    "next question": lambda: "CSE" in fact_questions()[NAME].question and efforts()[NAME] == 1,
    "packed row": lambda: packing.unpack(packing.rows_of([packing.pack({NAME: True}).row])) == [{NAME: True}],
    "files of the same company": lambda: is_shared(NAME, same_site=False),
}


def missing() -> list[str]:
    return [place for place, holds in PLACES.items() if not holds()]
