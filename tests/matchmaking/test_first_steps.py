"""What bosses read first after a disaster, before leaving, and where a scheme with near words is not for them."""

from datetime import date

import pytest

from backend.matchmaking.shortlist import Shortlist
from backend.matchmaking.unfiled import Unfiled, read_unfiled
from backend.schemes.models import Scheme

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 30)
COMPIEGNE = "60159"


def read(text: str, naf: str, headcount: int) -> Unfiled:
    return read_unfiled({"commune": COMPIEGNE, "naf": naf, "headcount": headcount}, text, [], on=DAY)


def page_of(text: str, naf: str, headcount: int) -> Shortlist:
    return read(text, naf, headcount).page()


def first_steps(text: str, naf: str, headcount: int) -> list[str]:
    return [step.card.match.scheme.source_key for step in page_of(text, naf, headcount).steps]


def cards(text: str, naf: str, headcount: int) -> list[str]:
    return [card.match.scheme.source_key for card in page_of(text, naf, headcount).cards]


def step_of(key: str) -> str:
    return Scheme.objects.published().of_source(Scheme.OWN).get(source_key=key).current.next_step


def test_after_a_disaster_the_insurer_comes_first_with_the_legal_delays() -> None:
    for text, naf, headcount in (
        ("Notre restaurant a été inondé cette nuit, tout le matériel est à jeter", "56.10A", 8),
        ("La grêle a percé le toit de l'atelier, les machines ont pris l'eau", "25.62B", 18),
        ("La tempête a arraché la toiture de mon hangar", "43.91B", 6),
        ("L'atelier a brûlé cette nuit, que faire ?", "31.09B", 12),
    ):
        assert first_steps(text, naf, headcount)[0] == "sinistre-assurance", text
    assert "sinistre-assurance" not in first_steps("Mon fournisseur chinois m'a lâché", "25.62B", 18)
    assert "sinistre-assurance" not in first_steps("il faisait 42 degrés à l'atelier", "25.62B", 18)
    assert "cinq jours ouvrés" in step_of("sinistre-assurance")
    assert "trente jours après un sinistre" in step_of("activite-partielle")


def test_who_hands_a_firm_over_reads_an_adviser_first_and_not_what_is_for_its_buyer() -> None:
    for text in ("je veux transmettre mon entreprise", "je pars à la retraite, qui reprend ?", "vendre ma boîte"):
        for naf, headcount in (("45.20A", 5), ("46.61Z", 22), ("10.71C", 4), ("25.11Z", 60)):
            steps = first_steps(text, naf, headcount)
            assert {"cci-oise", "cma-hdf"} & {*steps[:1]}, (text, naf, steps)
            assert {"cci-oise"} <= {*steps} <= {"cci-oise", "cma-hdf", "conseillers-entreprises"}, (text, naf, steps)
    assert "transmission" in step_of("cci-oise")


def test_a_scheme_for_one_case_is_no_first_step_of_who_is_another() -> None:
    assert "cifre" not in first_steps("je cherche deux soudeurs", "25.11Z", 24)
    prototype = "nous sommes une start-up d'intelligence artificielle et nous voulons développer notre prototype"
    assert first_steps(prototype, "62.01Z", 4)[0] == "bpi-aide-developpement-innovation"
    assert first_steps("il n'y a pas de bus jusqu'à chez nous", "10.85Z", 45)[0] != "tic-reseau-bus"
    assert "promeo-compiegne" not in first_steps("je voudrais prendre un apprenti en mécanique auto", "45.20A", 5)
    assert "promeo-compiegne" not in cards("je cherche un apprenti mécanicien", "45.20A", 4)
    assert "feder-aap-pme-industrielles-2026" not in cards("acheter une nouvelle machine", "10.71C", 5)


def test_who_sets_up_or_hires_reads_first_what_is_for_everybody_who_does() -> None:
    """Not what is for women alone, nor for an apprentice who is disabled, where the text says neither."""
    alone = "je veux monter ma boite de toilettage pour chiens, je suis au chomage"
    assert {"acre", "arce"} <= {*cards(alone, "96.09Z", 0)}
    assert "bpi-garantie-egalite-femmes" not in cards(alone, "96.09Z", 0)
    for naf in ("10.71C", "25.62B", "45.20A"):
        listed = [match.scheme.source_key for match in read("je cherche un apprenti", naf, 5).matches()]
        assert "agefiph-alternance" not in listed[:5], naf
    assert "agefiph-alternance" in cards("je prends un apprenti reconnu travailleur handicapé", "25.62B", 5)


def test_who_wants_a_study_or_a_robot_reads_what_pays_for_it_and_a_first_step() -> None:
    assert "bpi-faisabilite-innovation" in cards("start-up d'IA, financer une étude de faisabilité", "62.01Z", 4)
    robot = cards("je veux un robot", "25.62B", 24)
    assert {"hdf-pme-plus-volet1", "hdf-developpement-pme-industrielles"} <= {*robot}
    assert first_steps("je veux un robot", "25.62B", 24)


@pytest.mark.parametrize(
    "text",
    [
        "un client conteste la facture et refuse de payer",
        "le fournisseur a livré de l'inox non conforme et ne veut rien savoir",
        "le donneur d'ordre rompt le contrat du jour au lendemain",
    ],
)
def test_who_disputes_with_a_client_or_a_supplier_reads_the_mediator_first(text: str) -> None:
    unfiled = read(text, "25.62B", 18)
    assert unfiled.said_back().sure[0].key == "finance.litige"
    assert cards(text, "25.62B", 18)[0] == "mediateur-entreprises"


def test_the_mediator_of_firms_is_for_no_dispute_with_anybody_else() -> None:
    for text in (
        "mon voisin fait du bruit",
        "un salarié m'attaque aux prud'hommes",
        "un particulier ne me paie pas",
        "mon associé bloque le compte de la société",
        "litige avec le propriétaire de mon local",
        "je conteste le redressement de l'Urssaf",
        "litige avec Engie sur une facture",
    ):
        unfiled = read(text, "25.62B", 18)
        assert "finance.litige" not in unfiled.sure_needs(), text
        assert "mediateur-entreprises" not in cards(text, "25.62B", 18), text
