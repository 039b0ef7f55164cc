"""What a message asks for is read before what it tells of, with the language and the patterns in force."""

import pytest

from backend.matchmaking import engine
from backend.matchmaking.engine.needs import reader_of
from matching.needs import ONE

pytestmark = pytest.mark.django_db

BESIDE = "La toiture a été refaite. Le robot de soudage tourne."


@pytest.mark.parametrize(
    "asked",
    [
        "Je cherche deux soudeurs",
        "On recherche un soudeur",
        "Nous aimerions recruter",
        "Il nous faudrait deux soudeurs",
        "J'ai besoin de soudeurs",
        "Comment trouver des soudeurs",
        "Recruter deux soudeurs",
        "Et lui trouver un logement",
        "Il me manque un soudeur",
        "Deux soudeurs de plus ?",
        "Existe-t-il une aide à l'embauche de soudeurs",
        "Nous envisageons d'embaucher deux soudeurs",
        "PEUT-ON ÊTRE AIDÉ À RECRUTER",
    ],
)
def test_in_many_ways_a_sentence_asks(asked: str) -> None:
    assert counts(f"{BESIDE} {asked}.")[-1] == ONE > counts(f"{BESIDE} {asked}.")[1]


@pytest.mark.parametrize(
    "told",
    [
        "Nous ne cherchons pas de soudeurs",
        "Je n'envisage pas d'embaucher de soudeur",
        "Deux soudeurs ont été recrutés en mars",
        "Nous n'avons pas besoin de soudeurs",
        "L'équipe de soudeurs est au complet",
    ],
)
def test_what_only_tells_takes_nothing_from_the_others(told: str) -> None:
    assert set(counts(f"{BESIDE} {told}.")[1:]) == {ONE}


def counts(text: str) -> list[float]:
    found = reader_of(engine.language_in_force()).shares(text)
    assert found is not None
    counted: list[float] = found.part_weights.tolist()
    return counted


@pytest.mark.parametrize(
    ("text", "need"),
    [
        (
            "Madame, Monsieur, notre scierie emploie trente personnes. Nos chutes partent à la benne chaque semaine. "
            "La banque nous suit. Nous souhaitons remplacer la chaudière au fioul par une chaudière à bois. Veuillez "
            "agréer nos salutations.",
            "energie.chaleur",
        ),
        (
            "Bonjour, j'ai 63 ans et je dirige une imprimerie. Nous avons investi dans une presse numérique en 2021, "
            "elle est remboursée. Les déchets sont triés. Je voudrais vendre l'entreprise à quelqu'un de confiance.",
            "creation.transmettre",
        ),
        (
            "Bonsoir, on fabrique des couteaux. On a formé trois jeunes cette année, la formation est finie. "
            "L'atelier a été agrandi en 2022. Comment trouver des clients en Allemagne ?",
            "export.prospecter",
        ),
        (
            "Notre usine est à Ribécourt, cent personnes, en 3x8. Nous avons recruté vingt opérateurs ce printemps, "
            "tout le monde est là. Il nous faudrait une navette ou du covoiturage pour l'équipe de nuit.",
            "mobilite.salaries",
        ),
    ],
)
def test_a_polite_message_is_read_for_what_it_asks(text: str, need: str) -> None:
    first = engine.understand(text, []).needs[0]
    assert first.sub_need == need
    assert first.sentence
    start, end = first.sentence
    assert any(mark in text[start:end] for mark in ("souhaitons", "voudrais", "Comment", "Il nous faudrait"))
