"""Where a sentence is cut, and what says what to do."""

import pytest

from matching.sentences import Span, clauses_of, infinitives, opens_with_infinitive


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("je voudrais former deux caristes et recruter un soudeur", ["former deux caristes", "recruter un soudeur"]),
        ("savoir si la CSRD nous touche, bâtir un plan CO2", ["savoir si la CSRD nous touche", "bâtir un plan CO2"]),
        ("vendre en ligne, puis lui trouver un studio", ["vendre en ligne", "lui trouver un studio"]),
        ("isoler la salle et aussi d'acheter un four", ["isoler la salle", "d'acheter un four"]),
        ("tenir les comptes et ne pas perdre mes vendeurs", ["tenir les comptes", "ne pas perdre mes vendeurs"]),
        ("un soudeur et un robot", ["un soudeur et un robot"]),
        ("dans le métier, et hiver comme été", ["dans le métier, et hiver comme été"]),
        ("de la menuiserie et chantier naval", ["de la menuiserie et chantier naval"]),
        ("un salon et notaire à côté", ["un salon et notaire à côté"]),
    ],
)
def test_what_is_to_be_done_beside_something_else_is_a_part_of_its_own(text: str, parts: list[str]) -> None:
    found = [text[start:end] for start, end in infinitives(text, Span(0, len(text)))]
    assert len(found) == len(parts)
    assert all(part.endswith(expected) for part, expected in zip(found, parts, strict=True))


@pytest.mark.parametrize("between", [", ", " + ", " / ", " & ", " - ", " ainsi que ", " ainsi qu'"])
def test_two_things_may_be_joined_in_many_ways(between: str) -> None:
    text = f"un soudeur{between}un robot"
    found = [text[start:end] for start, end in clauses_of(text, Span(0, len(text)))]
    assert [part.lstrip("'") for part in found] == ["un soudeur", "un robot"]


@pytest.mark.parametrize("text", ["R&D", "BTS+2", "client/serveur", "il faut ainsi quitter"])
def test_what_joins_nothing_cuts_nothing(text: str) -> None:
    assert clauses_of(text, Span(0, len(text))) == (Span(0, len(text)),)


@pytest.mark.parametrize(
    "text",
    [
        "Prendre un alternant",
        "Lui trouver un studio",
        "Et ajouter de l'IA",
        "Refaire le site",
        "Pour exporter",
        "Par ailleurs, isoler la salle",
        "Sinon recruter un soudeur",
    ],
)
def test_a_sentence_may_open_with_what_is_to_be_done(text: str) -> None:
    assert opens_with_infinitive(text, Span(0, len(text)))


@pytest.mark.parametrize(
    "text", ["Bonsoir, je", "Cher Monsieur", "Hiver froid", "Notaire à Noyon", "D'abord", "Soir et matin", "Chaudière"]
)
def test_a_word_that_ends_like_an_infinitive_is_none(text: str) -> None:
    assert not opens_with_infinitive(text, Span(0, len(text)))
