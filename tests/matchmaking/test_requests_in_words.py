"""What a message asks for is read before what it tells of, with the language and the patterns in force."""

import pytest

from backend.matchmaking import engine
from backend.matchmaking.engine.needs import reader_of
from matching.features import HEARD
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


OPENINGS = [
    "Nous voudrions ", "Je souhaite ", "Nous souhaiterions ", "J'aimerais ", "On envisage de ",
    "Nous avons besoin de ", "Pourriez-vous nous aider à ", "pouvez vous m'accompagner pour ",
    "Avez-vous des aides pour ", "Une aide pour ", "Y a-t-il une subvention pour ",
    "Est-ce qu’il existe des aides pour ", "Quelles sont les aides possibles pour ",
    "Merci de me dire quelles aides existent pour ", "Nous souhaiterions être accompagnés pour ",
    "Peut-on être aidé pour ", "Je vous contacte pour ",
    "Je me permets de vous écrire au sujet de notre projet de ", "Notre projet est de ", "J'ai un projet de ",
    "C'est pour ", "À qui s'adresser pour ", "NOUS SOUHAITONS ",
]  # fmt: skip


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("wanted", ["recruter un soudeur", "changer la chaudière", "vendre en Belgique"])
def test_how_a_request_opens_changes_nothing_of_what_is_heard(opening: str, wanted: str) -> None:
    bare, found = (engine.understand(text, ()) for text in (wanted, f"{opening}{wanted}"))
    assert [(need.sub_need, need.probability) for need in found.needs] == [
        (need.sub_need, need.probability) for need in bare.needs
    ]
    assert bare.needs


@pytest.mark.parametrize(
    "text", ["Pouvez-vous nous aider", "Je voudrais notre part", "aide à domicile cherche locaux"]
)
def test_a_text_that_opens_nothing_is_read_whole(text: str) -> None:
    found = reader_of(engine.language_in_force()).shares(text)
    assert found is not None
    assert list(found.written) == text.replace("-", " ").split()


@pytest.mark.parametrize(
    "beside",
    [
        "Deux caristes pour lundi",
        "L'électricité hors budget",
        "Un garant pour le prêt",
        "Toit de l'atelier à isoler",
    ],
)
def test_a_few_words_without_a_verb_count_as_much_as_a_request(beside: str) -> None:
    assert set(counts(f"{beside}. Sinon, recruter un soudeur ?")[1:]) == {ONE}
    stated = counts(f"{beside}. Le robot de soudage tourne bien depuis que nous l'avons. Recruter un soudeur.")
    assert stated[-1] == ONE > max(stated[1:-1])  # beside statements they are who writes, or why


def test_beside_another_sentence_too() -> None:
    understood = engine.understand("Deux caristes pour lundi + isoler le toit. Je ne cherche pas de prêt.", [])
    likeliest = sorted(understood.needs, key=lambda need: -need.probability)[:2]
    assert {need.sub_need for need in likeliest} == {"competences.recruter", "energie.efficacite"}
    assert min(need.probability for need in likeliest) > 0.5


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("Je passe mon taxi à l'électrique. Il me faut la borne et pourquoi pas le solaire. Cdlt", "energie.enr"),
        ("On perd nos soignantes : pas de crèche le dimanche, des horaires infernaux", "mobilite.services"),
        ("Ni mécano ni carrossier par ici. Je prendrais bien un jeune du CFA.", "competences.recruter"),
    ],
)
def test_a_second_need_in_a_clause_is_heard(text: str, second: str) -> None:
    understood = engine.understand(text, [])
    (chance,) = [need.probability for need in understood.needs if need.sub_need == second]
    assert chance >= HEARD / 100


def test_what_is_not_found_is_asked_for_beside_a_request() -> None:
    text = "Je ne trouve pas de soudeurs et je voudrais un robot ; mes équipes du matin n’ont aucun bus."
    assert counts(text)[1:3] == [ONE, ONE]
    likely = {need.sub_need for need in engine.understand(text, []).needs if need.probability > 0.6}
    assert likely == {"competences.recruter", "numerique.robot", "mobilite.salaries"}


@pytest.mark.parametrize(
    "joined", ["{} + {}", "{} / {}", "{} & {}", "{} ainsi que {}", "{}. Par ailleurs {}.", "- {}\n- {}"]
)
@pytest.mark.parametrize(
    ("first", "second", "needs"),
    [
        ("deux caristes pour lundi", "isoler le toit", {"competences.recruter", "energie.efficacite"}),
        (
            "racheter un fonds de commerce",
            "du covoiturage pour l'équipe de nuit",
            {"creation.reprendre", "mobilite.salaries"},
        ),
        ("vendre en Allemagne", "embaucher un apprenti", {"export.prospecter", "competences.alternance"}),
    ],
)
def test_two_needs_are_heard_however_they_are_joined(joined: str, first: str, second: str, needs: set[str]) -> None:
    heard = {
        need.sub_need for need in engine.understand(joined.format(first, second), []).needs if need.probability > 0.5
    }
    assert needs <= heard


def counts(text: str) -> list[float]:
    found = reader_of(engine.language_in_force()).shares(text)
    assert found is not None
    counted: list[float] = found.part_weights[: found.n_main].tolist()
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
