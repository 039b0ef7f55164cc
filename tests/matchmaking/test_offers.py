"""Facts that a firm states in passing: offered where a scheme asks for them, taken only on its word."""

import json

import pytest
from django.core.management import call_command

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.offers import offers_of
from backend.matchmaking.services import take_offer
from tests.factories import DAY, link_to, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
TEXT = "Nous sommes 48 et nous voulons acheter un robot à 180 000 €. Merci"

STATED = {
    "nous sommes 48": {"headcount": 48},
    "On est douze": {"headcount": 12},
    "une maison de trente-quatre personnes": {"headcount": 34},
    "une boîte de quatre-vingt-douze salariés": {"headcount": 92},
    "Menuiserie à Noyon, 8 salariés. Je veux exporter.": {"headcount": 8},
    "Garage auto, 3 personnes, pas de repreneur": {"headcount": 3},
    "Rencontré en visite : Mécanique Roussel, 28 salariés à Noyon. Veut former.": {"headcount": 28},
    "Vu en visite : un client de 300 salariés, 12 salariés à former": {},
    "un robot à 180 000 €": {"project.spend": 180_000},
    "projet à 2,1 millions": {"project.spend": 2_100_000},
    "devis de 12.000 euros": {"project.spend": 12_000},
    "le budget est de 96 k€": {"project.spend": 96_000},
    TEXT: {"headcount": 48, "project.spend": 180_000},
    # Of others, of some of the staff, the price of one; other figures, and two that disagree.
    "Notre client principal, 300 salariés": {},
    "Notre maison mère à Lyon, 1200 salariés": {},
    "Concurrent direct, 40 salariés": {},
    "Boulangerie concurrente, 12 salariés": {},
    "Avec mon voisin, 5 personnes": {},
    "Plan social, 12 salariés": {},
    "On organise un séminaire, 30 personnes": {},
    "Réfectoire trop petit, 25 personnes": {},
    "Restaurant d’entreprise, 300 personnes": {},
    "Hôtel complet, 45 personnes": {},
    "devis de 20 k€ par machine": {},
    "un four à 900 € pièce": {},
    "neuf salariés à former": {},
    "j'ai deux salariés à former": {},
    "Nous sommes à 15 km de Noyon": {},
    "On cherche des renforts à Noyon, 8 personnes": {},
    "Il me manque du monde à l'atelier, deux employés": {},
    "l'électricité me coûte 3000 euros par mois": {},
    "le four coûte 900 € l'an": {},
    "nous sommes une petite maison": {},
    "nous sommes trois sociétés": {},
    "facture passée de 900 à 2300": {},
    "un concurrent débauche mes gars pour 200 euros de plus": {},
    "Nous sommes 48. L'an dernier on était 40": {},
}


@pytest.mark.parametrize(("text", "facts"), STATED.items())
def test_which_figures_a_text_states(text, facts):
    assert {fact: figure.value for fact, figure in engine.read_figures(text).items()} == facts


@pytest.mark.parametrize("text", ["1 " * 2500, "nous sommes " * 400, "9" * 5000, "projet de " * 500, "\0🙂" * 2500])
def test_no_text_is_an_error(text):
    assert engine.read_figures(text) == {}


def asked(**changes):
    return make_submission(
        confirmed=True, needs=("numerique.robot",), text=TEXT, without=("headcount", "project.spend"), **changes
    )


def post(client, submission, fact):
    return client.post(f"/resultat/{link_to(submission)}/besoins/", {"fact": fact}, follow=True)


def test_a_fact_is_offered_with_its_sentence_and_taken_with_one_tap(client):
    submission, other = asked(), asked(email="b@firm.example")
    assert "headcount" not in submission.results.first().facts
    text = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    text = text.replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "Touchez ce qui est exact. Une croix : ce n’est pas ça. 48 salariés ✕" in text
    assert "Ce n’est pas ça : 48 salariés projet 180 000 € ✕" in text
    after = post(client, submission, "headcount")
    assert "C’est noté : le résultat est à jour." in text_of(after)
    assert submission.results.first().facts["headcount"] == 48
    assert "Pouvons-nous retenir le coût du projet : 180 000 € ? C’est exact" in text_of(after).replace(
        "\N{NARROW NO-BREAK SPACE}", " "
    )
    assert Fact.objects.filter(sheet=submission.sheet, name="headcount").get().origin == Fact.Origin.DECLARED
    assert "headcount" not in other.results.first().facts


def test_what_is_known_or_not_offered_is_not_taken(client):
    submission = make_submission(confirmed=True, needs=("numerique.robot",), text=TEXT)
    known = submission.results.first().facts
    assert "headcount" not in {offer.fact for offer in offers_of(submission, submission.results.first())}
    for fact in ("headcount", "turnover", "\0"):
        assert post(client, submission, fact).status_code == 200
    assert submission.results.first().facts == known
    assert take_offer(submission=submission, fact="turnover", on=DAY).facts == known


def test_what_no_listed_scheme_asks_is_not_offered():
    submission = make_submission(needs=(), text="asdfgh qwerty. Nous sommes 48.", without=("headcount",))
    assert offers_of(submission, submission.results.first()) == ()


def test_the_file_command_offers_what_the_text_states(tmp_path):
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    line = {"text": TEXT, "commune": "60159"}
    path.write_text("\n".join(map(json.dumps, [line, {**line, "headcount": 12}])))
    call_command("match", str(path), "--out", str(out), "--on", "2026-11-28", verbosity=0)
    lacking, known = map(json.loads, out.read_text().splitlines())
    assert {"fact": "headcount", "value": 48.0, "sentence": TEXT.partition(".")[0]} in lacking["offered"]
    assert "headcount" not in {offer["fact"] for offer in known["offered"]}
