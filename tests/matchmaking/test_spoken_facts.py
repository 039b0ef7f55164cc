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
    "Nous avons déjà commandé le robot": {"project.started": True},
    "Nos travaux sont en cours": {"project.started": True},
    "Ma boîte est ouverte depuis le 12 mars 2021": {"created_on": "2021-03-12"},
    "j’ai créé ma société le 12 mars 2021": {"created_on": "2021-03-12"},
    "je suis en micro-entreprise": {"micro_entrepreneur": True},
    "En tant qu’auto-entrepreneur, je cherche un local": {"micro_entrepreneur": True},
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
UNSAID = [
    # Not done, only thought of, asked, or of another order.
    "aucun bon de commande signé",
    "pas de commande signée à ce jour",
    "une fois le devis signé, nous lancerons les travaux",
    "dès que j’ai signé le devis",
    "faut-il avoir un devis signé avant de demander ?",
    "si le devis est signé est-ce trop tard ?",
    "le devis est signé, trop tard ?",
    "si j’ai déjà commandé la machine, ai-je droit ?",
    "si le devis est signé, est-ce perdu ? Nous n’avons rien signé.",
    "J’ai déjà signé un bail commercial",
    "Nous avons bien signé la convention avec la mission locale",
    "Nous avons déjà signé avec Bpifrance",
    "nous avons déjà commandé le diagnostic",
    "les devis signés par nos clients",
    "j’ai trois devis signés et personne pour les faire",
    "les travaux sont en cours dans la rue",
    "Les travaux ont commencé chez le voisin",
    "Je n’ai pas signé le bail",
    "je n’ai rien signé avec eux depuis un an",
    "aucun devis signé en octobre",
    # Days of other things than the firm.
    "notre site internet lancé le 3 mars 2024",
    "poste créé le 1er mars 2024",
    "notre filiale créée le 12 mars 2021",
    "notre magasin de Noyon ouvert le 3 mai 2020",
    "dossier ouvert le 3 mai 2020",
    "appel à projets lancé le 3 mai 2020",
    "création d’un second magasin le 3 mai 2020",
    "société créée en 2010 reprise le 3 mai 2020",
    "création prévue le 1er janvier 2026",
    "l’entreprise de mon père, créée le 3 mars 2001",
    # No longer, or of others.
    "j’ai été auto-entrepreneur, je suis maintenant en SARL",
    "mon auto-entreprise est devenue une SAS",
    "j’ai ma micro-entreprise à côté de la SARL",
    "comme auto-entrepreneur mon sous-traitant",
    "je ne suis plus auto-entrepreneur",
    # Years of a trade; the age or the lot of somebody else.
    "j’ai 20 ans dans le métier",
    "j’ai 20 ans sur la machine",
    "j’ai 25 ans comme soudeur",
    "une machine âgée de 20 ans",
    "Je suis une femme, je veux embaucher un jeune sans emploi",
    "Je suis une femme et je veux aider les personnes au chômage",
    "je suis mère de deux enfants, mon mari est au chômage",
    "je suis femme de ménage au chômage",
    "je ne veux pas un jeune de 17 ans",
    "licencier un apprenti de 18 ans",
    "nous avons un apprenti de 17 ans",
    "je cherche un jeune de 25 ans et plus",
]


@pytest.mark.parametrize(("text", "facts"), [*STATED.items(), *((text, {}) for text in UNSAID)])
def test_which_facts_a_text_states(text, facts):
    assert {fact: value for fact, (value, _) in engine.read_spoken(text, on=DAY).items()} == facts


@pytest.mark.parametrize(
    "text", ["j'ai " * 1000, "je suis une femme " * 250, "le 12 mars " * 450, "\0🙂" * 2500, "9" * 5000]
)
def test_no_text_is_an_error(text):
    assert isinstance(engine.read_spoken(text, on=DAY), dict)
    assert isinstance(engine.personal_sentences(text), list)


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
    lacks = {"needs": ("invest.machines",), "without": ("created_on", "project.started")}
    submission = asked(text, **lacks)
    asked("Société créée le 3 mai 2020.", email="b@firm.example", **lacks)
    said = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "Touchez ce qui est exact." in said
    assert said.index("Touchez ce qui est exact.") < said.index("projet déjà commencé")
    assert "3 mai 2020" not in said
    offers = {offer.fact: offer.label for offer in offers_of(submission, submission.results.first())}
    assert offers["project.started"] == "ceci : projet déjà commencé"
    assert offers["created_on"] == "la date de création : 12 mars 2021"


PERSONAL = """
Je suis une femme de 52 ans. | J’ai 22 ans. | Un apprenti de 17 ans me suffit. | Je suis né en 1970.
À 62 ans, je cherche un repreneur. | Mon père a 64 ans. | Voici mon associé, 58 ans. | Ma fille a 22 ans.
J’ai soixante ans. | J’ai 62ans. | Né le 3 mai 1962. | Je suis né en mai 1962. | Nous sommes deux femmes. | Deux sœurs.
Une entreprise dirigée par une femme. | Je suis gérante. | Entrepreneuse à Noyon. | Notre directrice part.
Un congé maternité. | Un senior de plus de 55 ans. | Un jeune de moins de 26 ans. | Un patron de 60 ans. | Il a 19 ans.
Ayant 24 ans. | Je vais avoir 60 ans. | Je suis retraité. | Je suis coiffeuse.
"""
IMPERSONAL = ["20 ans de métier.", "Nous voulons une fraiseuse.", "Une jeune entreprise.", "Je ne le sais pas."]
WELDER, ROBOT, AUDIT = "competences.recruter", "numerique.robot", "energie.audit"


def learnt_from(text):
    """Return the examples of a file with a text to which an officer added a need."""
    submission = asked(text, needs=())
    added = SubNeed.objects.get(key=AUDIT)
    correct_need(submission=submission, sub_need=added, change="added", officer=make_officer(), on=DAY)
    return [example for example, _n in _corrected()]


@pytest.mark.parametrize(
    "sentence", [one.strip() for line in PERSONAL.strip().splitlines() for one in line.split("|")]
)
def test_a_sentence_that_may_speak_of_age_or_sex_is_personal(sentence):
    text = f"Bonjour à tous. {sentence} Je cherche un soudeur."
    assert [text[start:end] for start, end in engine.personal_sentences(text)] == [sentence.rstrip(".")]


@pytest.mark.parametrize("sentence", IMPERSONAL)
def test_other_sentences_are_not(sentence):
    assert engine.personal_sentences(sentence) == []


def test_nothing_is_learnt_from_a_personal_sentence_nor_of_the_needs_it_may_say():
    (example,) = learnt_from("J’ai 22 ans, je voudrais un robot de soudage. Je cherche un soudeur.")
    assert "Je cherche un soudeur." in example.text
    assert "22 ans" not in example.text
    assert WELDER in example.subjects
    assert not {ROBOT, AUDIT} & example.subjects.keys()


def test_nothing_is_learnt_where_no_word_is_left():
    assert learnt_from("J’ai 22 ans, je voudrais un robot de soudage.") == []


def test_without_a_personal_sentence_all_is_learnt():
    (example,) = learnt_from("Je cherche un soudeur. Je voudrais un robot de soudage.")
    assert {WELDER, ROBOT, AUDIT} <= example.subjects.keys()
