"""Days, ages and persons in a text: offered where a listed scheme tests them, taken with a tap, learnt by nobody."""

import pytest

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.corrections import correct_need
from backend.matchmaking.language import _corrected
from backend.matchmaking.offers import offers_of
from backend.matchmaking.services import take_offer
from backend.schemes.models import SubNeed
from tests.factories import DAY, link_to, make_officer, make_submission
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db
ACRE, WOMAN = "answer:acre.person", "answer:bpi-garantie-egalite-femmes.person"
HIRED = "answer:contrat-professionnalisation.person"
CREATE, AGE = "creation.demarrer", "J’ai 22 ans et je crée mon entreprise de menuiserie."

STATED = {
    "j’ai 22 ans et je crée ma boîte": {ACRE: True},
    "Je suis une femme au chômage, je veux ouvrir un salon": {WOMAN: True},
    "je suis demandeuse d’emploi et je reprends une boulangerie": {WOMAN: True},
    "Je voudrais embaucher un jeune de 19 ans": {HIRED: True},
    "entreprise créée le 12 mars 2021": {"created_on": "2021-03-12"},
    "le devis est signé": {"project.started": True},
    "j’ai déjà commandé la machine": {"project.started": True},
    "on n’a encore rien signé": {"project.started": False},
    "nous n’avons pas encore commandé": {"project.started": False},
    "je suis auto-entrepreneur": {"micro_entrepreneur": True},
    # Not the age of somebody, not a day, not of the firm, not an order; and what is said in two ways.
    "j’ai 52 ans": {},
    "j’ai 20 ans de métier": {},
    "un gars de 45 ans": {},
    "créée en 2019": {},
    "société fondée le 31 février 2020": {},
    "créée le 1er janvier 2030": {},
    "notre client a un devis signé": {},
    "on a signé un gros contrat": {},
    "j’ai déjà commandé une étude": {},
    "j’ai déjà commandé, mais on n’a rien signé": {},
}


@pytest.mark.parametrize(("text", "facts"), STATED.items())
def test_which_facts_a_text_states(text, facts):
    assert {fact: value for fact, (value, _) in engine.read_spoken(text, on=DAY).items()} == facts


@pytest.mark.parametrize(
    "text", ["j'ai " * 1000, "je suis une femme " * 250, "le 12 mars " * 450, "\0🙂" * 2500, "9" * 5000]
)
def test_no_text_is_an_error(text):
    assert isinstance(engine.read_spoken(text, on=DAY), dict)
    assert isinstance(engine.impersonal(text), str)


def asked(text, **changes):
    return make_submission(confirmed=True, **{"needs": (CREATE,), "text": text, **changes})


def test_an_age_is_offered_where_a_listed_scheme_tests_it_and_taken_only_with_a_tap(client):
    submission, other = asked(AGE), asked("J’ai 23 ans, je crée un garage.", email="b@firm.example")
    text = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "Pouvons-nous retenir ceci : La personne est demandeuse d'emploi indemnisée" in text
    assert "garage" not in text
    assert ACRE not in submission.results.first().facts
    client.post(f"/resultat/{link_to(submission)}/besoins/", {"fact": ACRE})
    assert submission.results.first().facts[ACRE] is True
    assert Fact.objects.get(sheet=submission.sheet, name=ACRE).origin == Fact.Origin.DECLARED
    assert ACRE not in {offer.fact for offer in offers_of(submission, submission.results.first())}
    assert not Fact.objects.filter(sheet=other.sheet, name=ACRE).exists()


def test_what_no_listed_scheme_tests_is_not_offered_nor_taken():
    submission = asked("J’ai 22 ans. Je veux un robot de soudage.", needs=("numerique.robot",))
    before = submission.results.first()
    assert ACRE in engine.read_spoken(submission.text, on=DAY)
    assert ACRE not in {offer.fact for offer in offers_of(submission, before)}
    for fact in (ACRE, WOMAN):  # the second is not even said
        assert take_offer(submission=submission, fact=fact, on=DAY).facts == before.facts


def test_before_a_name_is_given_a_person_is_taken_into_the_draft_with_a_tap_only(client):
    text = "Je suis demandeuse d’emploi et je veux reprendre un atelier."
    fill(client, upto="projet", besoin={"text": text, "needs": [CREATE]})
    page = client.get("/demande/reponse/")
    assert "ceci : L'entreprise est créée ou reprise par une femme demandeuse d'emploi" in text_of(page)
    assert WOMAN not in page.context["draft"].answered
    client.post("/demande/besoins/", {"fact": WOMAN})
    assert client.get("/demande/reponse/").context["draft"].answered[WOMAN] is True


def test_a_day_and_an_order_are_offered_in_words(client):
    text = "Société créée le 12 mars 2021. Nous voulons un robot, le devis est signé."
    submission = asked(text, needs=("numerique.robot",), without=("created_on", "project.started"))
    said = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "Touchez ce qui est exact." in said
    assert said.index("Touchez ce qui est exact.") < said.index("projet déjà commencé")
    offers = {offer.fact: offer.label for offer in offers_of(submission, submission.results.first())}
    assert offers["project.started"] == "ceci : projet déjà commencé"
    assert offers["created_on"] == "la date de création : 12 mars 2021"


PERSONAL = ["Je suis une femme de 52 ans.", "J’ai 22 ans.", "Un apprenti de 17 ans me suffit.", "Je suis né en 1970."]


@pytest.mark.parametrize("sentence", PERSONAL)
def test_nothing_is_learnt_from_a_sentence_that_speaks_of_age_or_sex(sentence):
    submission = asked(f"{sentence} Je cherche un soudeur.", needs=())
    added = SubNeed.objects.get(key="energie.audit")
    correct_need(submission=submission, sub_need=added, change="added", officer=make_officer(), on=DAY)
    ((example, _n),) = [*_corrected()]
    assert "Je cherche un soudeur." in example.text
    assert sentence.rstrip(".") not in example.text
