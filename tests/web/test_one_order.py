"""One order: what `POST /match` lists first is what the page shows before a name, its PDF and the page once filed."""

from datetime import date
from io import BytesIO
from itertools import islice

import pytest
from pypdf import PdfReader

from backend.matchmaking.usefulness import N_CARDS
from backend.web.drafts import Draft, stated
from tests.web.conftest import CONTACT, fill

pytestmark = pytest.mark.django_db
OF_PROJECT = "project."
PLACES = ["Compiègne", "Margny-lès-Compiègne", "Lacroix-Saint-Ouen", "Thourotte", "Attichy"]
TRADES = [("25.62B", "12"), ("20.59Z", "140"), ("62.01Z", "4"), ("10.71C", "7"), ("49.41A", "30")]
TEXTS = [
    "Je ne trouve pas de soudeurs et je voudrais un robot ; mes équipes du matin n’ont aucun bus.",
    "Nous voulons isoler le toit et changer la chaudière, la facture de gaz est trop lourde.",
    "Je pars à la retraite dans deux ans et je cherche un repreneur.",
    "Un site internet et un logiciel pour les devis, sans prêt.",
    "Il faut former nos opérateurs et embaucher un apprenti.",
    "On cherche un terrain pour s’agrandir.",
    "Nous voulons exporter en Allemagne.",
    "On s’est fait pirater, il faut protéger nos données.",
    "Un véhicule électrique et une borne de recharge.",
    "Nous développons un prototype et il faut protéger le brevet.",
]
# Fifty firms: each text said by five of them, of all places and trades.
FIRMS = [
    (TEXTS[n % len(TEXTS)], PLACES[(n + n // 10) % len(PLACES)], *TRADES[(n + n // 10 * 2) % len(TRADES)])
    for n in range(50)
]


def body_of(facts, text):
    """Return the body of the API that says what a draft says."""
    said = {fact: value.isoformat() if isinstance(value, date) else value for fact, value in facts.items()}
    project = {fact.removeprefix(OF_PROJECT): said.pop(fact) for fact in facts if fact.startswith(OF_PROJECT)}
    return {**said, "project": project, "text": text, "limit": 50}


@pytest.mark.cases(6)
@pytest.mark.parametrize(("text", "place", "naf", "headcount"), FIRMS)
def test_page_document_file_and_api_have_one_order(client, text, place, naf, headcount):
    need, firm, project = {"text": text, "needs": []}, {"commune": place, "naf": naf}, {"headcount": headcount}
    fill(client, upto="projet", besoin=need, entreprise=firm, projet=project)
    cards = client.get("/demande/reponse/").context["page"].cards
    facts = stated(Draft(**client.session["draft"])).facts

    listed = client.post("/api/v1/match", body_of(facts, text), "application/json").json()["matches"]
    first = [*islice((match["scheme"] for match in listed if not match["guide"]), N_CARDS)]
    shown = [card.match.scheme.key.partition(":")[2] for card in cards if not card.match.guide]
    assert cards
    assert shown == [key for key in first if key in shown]

    document = PdfReader(BytesIO(client.get("/demande/reponse/pdf/").content))
    words = " ".join(" ".join(sheet.extract_text() for sheet in document.pages).split())
    _, _, words = words.partition("de votre demande")
    found = [words.find(card.revision.name[:40]) for card in cards]
    assert found == sorted(found)
    assert -1 not in found

    filed = client.get(client.post("/demande/contact/", CONTACT)["Location"])
    assert [card.match.scheme for card in filed.context["page"].cards] == [card.match.scheme for card in cards]
