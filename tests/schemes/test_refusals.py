"""What the engine refuses, in French: no English word, and the place in words."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from backend.schemes.models import refusals, validate_criterion
from matching import CriterionError
from tests.matching.test_refusals import NOVEL, REFUSED

OTHERS: list[tuple[Any, str]] = [
    ("size", "« size » n’est pas un critère ; attendu : son genre (kind) et ses limites."),
    ({"kind": "headcont"}, "« headcont » n’est pas un genre de critère ; attendu : in_territory (Lieu"),
    ({"kind": "headcount", "under": 3}, "« under » ne va pas avec ce genre de critère ; attendu : at_least,"),
    ({"kind": "not"}, "Il manque « critères du groupe »."),
    ({"kind": "all", "of": "x"}, "« critères du groupe » : « x » n’est pas une liste de critères."),
    ({"kind": "headcount", "below": "3"}, "« moins de » : « 3 » n’est pas de la bonne nature ; attendu : un nombre"),
    ({"kind": "window", "opens_on": "demain"}, "« ouvre le » : « demain » n’est pas une date ; attendu : une date"),
    (
        {"kind": "all", "of": [{"kind": "public_body"}, {"kind": "not", "of": {"kind": "spend"}}]},
        "Partie 2 du groupe, critère inversé : il n’y a pas de limite",
    ),
    (
        {"kind": "any", "of": [{"kind": "headcount", "at_least": 50, "at_most": 10.5}]},
        "Partie 1 du groupe : les limites sont à l’envers (« 50 » et « 10.5 ») ; attendu : la plus basse d’abord.",
    ),
    (
        {"kind": "any", "of": [{"kind": "craft_register"}, NOVEL]},
        "Une appréciation ou un engagement ne va ni dans « au moins un » ni dans « aucun »",
    ),
    ({"kind": "tenure", "any_of": ["squatter"]}, "« squatter » n’est pas un choix possible pour « valeurs admises »"),
]


def refusal_of(definition: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        validate_criterion(definition)
    return " ".join(caught.value.messages)


@pytest.mark.parametrize(("definition", "told"), OTHERS, ids=[told for _, told in OTHERS])
def test_a_refusal_says_in_french_what_where_and_what_is_accepted(definition: Any, told: str) -> None:
    assert refusal_of(definition).startswith(told)


@pytest.mark.parametrize("definition", [definition for definition, _ in REFUSED], ids=str)
def test_no_refusal_of_the_engine_is_told_in_english(definition: dict[str, Any]) -> None:
    told = refusal_of(definition)
    for word in ("given", "accepted", "expected", "criterion", " not ", " of "):
        assert word not in told, told


def test_a_nest_too_deep_is_told_in_french() -> None:
    definition: dict[str, Any] = {"kind": "public_body"}
    for _ in range(22):
        definition = {"kind": "not", "of": definition}
    assert refusal_of(definition).endswith(
        "les groupes sont imbriqués trop profondément ; attendu : 20 niveaux au plus."
    )


def test_every_reason_of_the_engine_has_its_sentence() -> None:
    assert set(refusals._SENTENCES) == set(CriterionError.REASONS)
