import pytest

from backend.matchmaking import engine
from backend.territories.services import served_communes


@pytest.mark.parametrize(
    "text",
    [
        "un soudeur à Choisy-au-Bac",
        "un soudeur a CHOISY AU BAC",
        "un soudeur a choisy",
        "un soudeur à Saint-Sauveur",
        "un soudeur a st sauveur",
        "un soudeur à Béthisy-Saint-Pierre",
        "un soudeur a bethisy st pierre",
        "un soudeur à Lacroix-Saint-Ouen",
        "un soudeur à Le Plessis-Brion",
        "un soudeur à Vieux-Moulin",
    ],
)
def test_a_commune_served_is_left_out_however_it_is_written(db: None, text: str) -> None:
    left = engine.without_place_names(text)
    assert len(left) == len(text)
    assert left.split() == ["un", "soudeur", text.split()[2]]


@pytest.mark.parametrize(
    "text",
    [
        "rénover un moulin à eau",
        "le plein de gasoil",
        "une croix sur mon toit",
        "recompiègner",
        "un saint patron",
        "près de Lille",
    ],
)
def test_other_words_stay(db: None, text: str) -> None:
    assert engine.without_place_names(text) == text


def test_no_commune_served_is_read_as_a_need(db: None) -> None:
    for commune in served_communes():
        assert not engine.understand(f"Bonjour, je suis à {commune.name}", []).needs


def test_a_need_is_the_same_in_every_commune(db: None) -> None:
    asked = {
        tuple(
            (need.sub_need, need.probability, need.evidence)
            for need in engine.understand(f"Nous cherchons un soudeur à {commune.name}.", []).needs
        )
        for commune in served_communes()
    }
    assert len(asked) == 1
    assert asked.pop()[0][0] == "competences.recruter"


def test_where_a_need_is_said_is_told_in_the_text_as_it_was_written(db: None) -> None:
    text = "Bonjour, je suis à Longueil-Sainte-Marie. Il me faut un robot de soudure à Vieux-Moulin."
    need = engine.understand(text, []).needs[0]
    assert need.sentence is not None
    assert text[slice(*need.sentence)].startswith("Il me faut un robot de soudure")
