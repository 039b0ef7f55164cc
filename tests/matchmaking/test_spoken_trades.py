"""The trade that a text speaks of: offered as the activity, taken with a tap; what it could not have comes after."""

import json
from datetime import timedelta

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.engine import trades
from backend.matchmaking.models import Match, Submission
from backend.matchmaking.questions import open_of
from backend.matchmaking.results import compute_result, replay
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.unfiled import read_unfiled
from backend.privacy.own_data import own_data
from backend.schemes.models import SubNeed
from backend.territories.models import Nomenclature
from backend.territories.trades import trade_codes, trade_names
from backend.web.forms.question import open_questions
from tests.factories import DAY, link_to, make_submission
from tests.neighbour import ours
from tests.web.conftest import CONTACT, fill, text_of

pytestmark = pytest.mark.django_db
BAKER, RESTAURANT, GARAGE = ["10.71C", "47.24Z"], ["56.10A", "56.10C"], ["45.11Z", "45.20A"]
CARPENTER, PLASTICS = ["16.23Z", "25.12Z", "43.32A", "43.32B"], ["22.22Z", "22.29A", "22.29B"]
PLUMBER = ["43.22A", "43.22B"]
TEXT = "J’ai un salon de coiffure à Noyon.\nMa facture d’électricité a doublé."
INDUSTRY = "jonction:accise-electricite-industrie"

# Said plainly of the firm: the trade orders before anybody accepts it.
PLAIN = {
    "J’ai une boulangerie à Noyon, je voudrais changer mon four": BAKER,
    "Boulangerie artisanale, la facture d’électricité explose": BAKER,
    "Boulangerie à Noyon, 6 salariés": BAKER,
    "Notre boulangerie consomme trop": BAKER,
    "Boulanger, mon four consomme trop": ["10.71C"],
    "Je m’appelle Paul et je suis boulanger": ["10.71C"],
    "De plus, je suis boulanger": ["10.71C"],
    "Je suis artisan boulanger et je recrute": ["10.71C"],
    "Je suis coiffeuse": ["96.02A"],
    "On est deux coiffeuses et on veut refaire le salon": ["96.02A"],
    "Menuiserie de 6 salariés, je veux une commande numérique": CARPENTER,
    "Nous sommes une menuiserie": CARPENTER,
    "Menuisier à Noyon depuis 2011, je veux m’agrandir": CARPENTER,
    "Bonjour, auto-école à Compiègne.": ["85.53Z"],
    "J’ai un restaurant.": RESTAURANT,
    "J’ai un restaurant à Compiègne et je cherche un cuisinier": RESTAURANT,
    "On tient une pizzeria": RESTAURANT,
    "Nous sommes une PME de plasturgie": PLASTICS,
    "Notre activité est la plasturgie": PLASTICS,
    "Je tiens un bar à Ribécourt": ["56.30Z"],
    "Je dirige un bureau d’études de 12 personnes": ["71.12B"],
    "Nous exploitons une scierie depuis 1988": ["16.10A"],
    "Notre métier, c’est la plomberie": PLUMBER,
    "Je m’installe comme plombier": PLUMBER,
    "Bonjour, je suis plombier chauffagiste, je cherche un apprenti": PLUMBER,
    "Je suis paysagiste à mon compte": ["81.30Z"],
    "Nous sommes une entreprise de nettoyage": ["81.2"],
    "Entreprise de maçonnerie à Thourotte, 9 salariés, nous voulons une grue": ["41.20A", "43.99C"],
    "Ma librairie a besoin d’un site internet": ["47.61Z"],
    "Notre pharmacie veut isoler ses vitrines": ["21.20Z", "47.73Z"],
    "Je suis gérante d’un institut de beauté": ["96.02B"],
    "Garage à Noyon depuis 1990, on veut une borne": GARAGE,
    "garage auto à Ribécourt": GARAGE,
    "Garage automobile de 4 salariés, la facture d’électricité explose": GARAGE,
    "Nous sommes une petite fonderie de 20 personnes": ["24.51Z", "24.53Z", "24.54Z"],
    "Je suis photographe, mon site date de 2009": ["74.20Z"],
    "Patronne d’une friperie, je veux vendre en ligne": ["47.79Z"],
    "On est une société de transport, 12 camions": ["49"],
    "Nous sommes deux frères plombiers à Lassigny": PLUMBER,
    "je suis électricienne": ["43.21A"],
    "Je suis le boulanger du village": ["10.71C"],
    "Je tiens le bar tabac du village": ["47.26Z", "56.30Z"],
    "Nous gérons une auto-école": ["85.53Z"],
    "Nous sommes une agence immobilière": ["68.31Z"],
    "Pharmacie à Estrées, on veut un robot": ["21.20Z", "47.73Z"],
}
# Said in a way that may be of a service of the firm, or that something in the text contradicts: asked, and no more.
LIKELY = {
    "On fait de l’usinage et on cherche un tourneur": ["25.62A", "25.62B"],
    "notre restaurant perd des clients": RESTAURANT,
    "PME en plasturgie": PLASTICS,
    "Nous travaillons dans l’agroalimentaire": ["10", "11"],
    "Notre menuiserie veut une commande numérique": CARPENTER,
    "Nous sommes spécialisés en menuiserie": CARPENTER,
    "Nous sommes une menuiserie industrielle": CARPENTER,
    "Nous avons un garage": GARAGE,
    "Boulanger, je cherche un apprenti": ["10.71C"],
    "Je suis boulanger et je veux créer une entreprise": ["10.71C"],
    "Je suis boulanger. Notre bureau d’études recrute.": ["10.71C", "71.12B"],
    "Nous sommes une fonderie, notre usine date de 1960": ["24.51Z", "24.53Z", "24.54Z"],
    "On fait du nettoyage": ["81.2"],
    "Notre bureau d’études veut un robot de soudage.": ["71.12B"],
    "Nous sommes une PME industrielle. Notre bureau d’études recrute.": ["71.12B"],
    "Notre garage est trop petit pour nos camions": GARAGE,
    "Mon imprimerie ne répond plus à mes mails": ["18.12Z"],
    "Nous sommes une société de nettoyage industriel": ["81.2"],
    "Notre bureau d’études : la facture d’électricité explose": ["71.12B"],
}
# Said of somebody else, of a service, of a thing, of a job, of a project, or of nobody.
SILENT = [
    "agrandir notre restaurant d’entreprise",
    "Nous voulons agrandir notre restaurant d’entreprise, la facture d’électricité explose",
    "Notre crèche d’entreprise est pleine et la facture d’électricité de l’usine explose",
    "On a un bar dans la salle de pause",
    "Une société de transport nous livre",
    "Une société de transport nous livre, la facture d’électricité explose",
    "La société de nettoyage nous coûte cher",
    "L’entreprise de maçonnerie n’a pas fini le toit de notre usine",
    "Notre prestataire est une société de transport",
    "Acheter une affaire de plomberie",
    "Notre fonderie a fermé, nous achetons nos pièces",
    "Nous sommes une entreprise de restauration de monuments historiques",
    "entreprise de restauration de monuments historiques",
    "spécialisé en restauration du patrimoine",
    "restauration de meubles",
    "On fait de la restauration de meubles",
    "Je suis électricien salarié, je veux créer une PME industrielle de recyclage",
    "Notre activité, c’est le transport fluvial",
    "Nous faisons du transport maritime",
    "Recruter un menuisier",
    "je cherche un plombier",
    "Couvreur à trouver",
    "Menuiserie à changer",
    "Menuisier (h/f) en CDI à Noyon",
    "mon comptable me dit que j’y ai droit",
    "nous sommes clients d’une boulangerie",
    "mon voisin le garage fait du bruit",
    "je veux reprendre une boulangerie",
    "Je veux créer une crèche pour nos salariés",
    "un bureau d’études a fait un premier calcul",
    "je ne suis pas boulanger",
    "Je suis boulanger de formation",
    "Je suis mécanicien chez un concessionnaire",
    "Notre fournisseur est une boulangerie",
    "Notre sous-traitant est une chaudronnerie",
    "Notre boulangerie a fermé",
    "Mon mari a une boulangerie",
    "La boulangerie d’à côté ferme",
    "Nous livrons des boulangeries",
    "Nous avons un restaurant d’entreprise",
    "Nous avons une crèche interne",
    "Nous louons à une salle de sport",
    "J’ai appelé un plombier, il ne vient pas",
    "Notre plombier est à la retraite",
    "Le plombier n’est pas venu",
    "Notre boulangerie nous livre le pain tous les matins",
    "Je suis plombier de métier mais je dirige une PME de chimie",
    "Nous sommes une entreprise de conseil en transport",
    "Nous sommes une société de logiciels pour le bâtiment",
    "Nous sommes dans le bâtiment B de la zone",
    "Nous avons un bureau d’études intégré de 5 personnes",
    "Nous sommes un fabricant de matériel de boulangerie",
    "Nous fabriquons des fours pour les boulangeries",
    "Ma femme est coiffeuse",
    "Garage à louer",
]
READ = {**PLAIN, **LIKELY, **dict.fromkeys(SILENT, ())}


@pytest.mark.parametrize("text", READ)
def test_which_trades_a_text_speaks_of_and_which_of_them_it_says_plainly(text):
    assert sorted(engine.read_trades(text)) == sorted(READ[text])
    assert sorted(engine.spoken_activities(text)) == sorted(PLAIN.get(text, ()))


def test_leaving_out_what_names_no_trade_leaves_out_no_trade():
    content = yaml.safe_load((settings.BASE_DIR / "fixtures" / "spoken_trades.yaml").read_text())
    every = trades._reader_of(trades.PLAIN, trades.LIKELY)
    frames = ("je suis {}", "notre {} à Noyon", "{}s, mon four lâche", "on fait de l'{}", "nous tenons une {}x")
    names = {*trade_names(), *content["sectors"], *content["shops"], *content["workshops"]}
    said = [frame.format(name.upper()) for name in sorted(names) for frame in frames]
    n_read = 0
    for text in (*READ, *said):
        found = [*every.read(text)]
        assert [*trades._reader().read(text)] == found
        n_read += bool(found)
    assert n_read > 500


@pytest.mark.parametrize(
    "text", ["je suis " * 600, "boulangerie " * 400, "on fait de la " * 350, "\0🙂" * 2500, "é" * 5000]
)
def test_no_text_is_an_error(text):
    assert isinstance(engine.read_trades(text), dict)


def test_every_trade_and_sector_has_codes_of_the_nomenclature():
    content = yaml.safe_load((settings.BASE_DIR / "fixtures" / "spoken_trades.yaml").read_text())
    known = set(Nomenclature.objects.filter(system="naf_rev2").values_list("code", flat=True))
    for codes in content["sectors"].values():
        assert known.issuperset(codes), codes
    for name in (*content["shops"], *content["workshops"], *content["elsewhere"]):
        assert known.issuperset(trade_codes(name) or [""]), name


def asked(**changes):
    changes = {"without": ("naf",), "text": TEXT, "needs": ("energie.facture",), **changes}
    return make_submission(confirmed=True, **changes)


def test_what_the_trade_could_not_have_comes_after_the_rest_and_is_never_a_no():
    silent, spoken = asked(text=""), asked()
    first, then = (file.results.first() for file in (silent, spoken))
    assert INDUSTRY in {card.match.scheme.key for card in shortlist_of(silent, first).cards}
    page = shortlist_of(spoken, then)
    assert INDUSTRY not in {card.match.scheme.key for card in page.cards}
    assert INDUSTRY not in {step.card.match.scheme.key for step in page.steps}
    match = next(match for match in then.ranked if match.scheme.key == INDUSTRY)
    assert match.eligibility == Match.Verdict.UNDECIDED
    assert match.parts["trade"] == -200
    assert then.spoken_activities == ["96.02A"]
    assert replay(then) == []
    # Once the activity is known, it decides.
    known = asked(without=(), facts={"naf": "25.62B"}).results.first()
    assert "trade" not in {name for match in known.ranked for name, points in match.parts.items() if points}


@pytest.mark.parametrize("text", [*LIKELY, *SILENT])
def test_what_is_not_said_plainly_moves_no_scheme(text):
    facts = {"commune": "60159", "headcount": 80}
    said = read_unfiled(facts, text, ["energie.facture"], on=DAY)
    assert not any(item.parts.get("trade") for item in said.found.ranked)


@pytest.mark.parametrize("text", [text for text in SILENT if "explose" in text])
def test_a_manufacturer_that_speaks_of_what_it_has_within_reads_of_the_duty_for_industry(text):
    ranked = read_unfiled({"commune": "60159", "headcount": 80}, text, ["energie.facture"], on=DAY).found.ranked
    helping = [item.scheme_key for item in ranked if not item.guide]
    assert INDUSTRY in helping[:3]


@pytest.mark.cases(1)
@pytest.mark.parametrize(("trade", "codes"), [("boulangerie", BAKER), ("restaurant", ["56.10A", "56.10C"])])
def test_no_scheme_that_the_trade_excludes_is_among_the_first_whatever_the_need(trade, codes):
    facts = {"commune": "60471"}
    for need in SubNeed.objects.values_list("key", flat=True):
        would_be = (read_unfiled({**facts, "naf": code}, "", [need], on=DAY).found.ranked for code in codes)
        out = set.intersection(*({i.scheme_key for i in found if i.eligibility == "ineligible"} for found in would_be))
        said = read_unfiled(facts, f"J’ai un {trade}.", [need], on=DAY)
        listed = [item for item in said.found.ranked if item.addresses and item.eligibility != "ineligible"]
        fitting = [item for item in listed if item.scheme_key not in out and not item.guide]
        page = said.page()
        first = {card.match.scheme.key for card in (*page.cards, *(step.card for step in page.steps))}
        assert not first & out or len(fitting) < len(page.cards), need


def post(client, submission, value):
    data = {"fact": "naf", "value": value}
    return client.post(f"/resultat/{link_to(submission)}/besoins/", data, follow=True)


def test_a_trade_is_offered_with_its_sentence_and_taken_with_one_tap(client):
    submission, other = asked(), asked(email="b@firm.example", text="Je tiens un garage. Ma facture a doublé.")
    text = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert (
        "J’ai un salon de coiffure à Noyon . Pouvons-nous retenir l’activité (code NAF) : Coiffure (96.02A) ?" in text
    )
    assert "garage" not in text
    post(client, submission, "")
    assert submission.results.first().facts["naf"] == "96.02A"
    row = Fact.objects.filter(sheet=submission.sheet, name="naf").get()
    assert row.origin == Fact.Origin.DECLARED
    assert "retenir l’activité" not in text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "naf" not in other.results.first().facts


def test_a_trade_of_several_activities_is_one_question_with_a_button_each(client):
    submission = asked(text="Boulangerie artisanale, la facture d’électricité explose")
    page = client.get(f"/resultat/{link_to(submission)}/")
    assert "Quelle est votre activité ? Boulangerie et boulangerie-pâtisserie (10.71C) Commerce" in text_of(page)
    for wrong in ("", "25.62B", "\0", "x" * 5000):
        post(client, submission, wrong)
        assert "naf" not in submission.results.first().facts
    post(client, submission, "10.71C")
    assert submission.results.first().facts["naf"] == "10.71C"


def test_before_a_name_is_given_a_trade_is_taken_into_the_draft(client):
    firm, need = {"naf": "", "division": ""}, {"text": TEXT, "needs": ["energie.facture"]}
    fill(client, upto="projet", besoin=need, entreprise=firm)
    assert "Pouvons-nous retenir l’activité (code NAF) : Coiffure" in text_of(client.get("/demande/reponse/"))
    client.post("/demande/besoins/", {"fact": "naf"})
    page = client.get("/demande/reponse/")
    assert "retenir l’activité" not in text_of(page)
    assert page.context["draft"].answered["naf"] == "96.02A"


DENY = {"fact": "naf", "wrong": "1"}
INTENSITY = "answer:accise-electricite-industrie.electricity_intensity"  # never asked of a hairdresser


def asked_of(questions):
    return {question.name for question in (*questions.of_firm, *questions.of_others)}


def test_a_trade_that_is_denied_is_forgotten_and_never_offered_again(client):
    file, other = (asked(email=f"{name}@firm.example") for name in "ab")
    before = open_questions(open_of(file, file.results.first()))
    address = f"/resultat/{link_to(file)}/besoins/"
    for _click in range(2):
        text = text_of(client.post(address, DENY, follow=True))
        assert "retenir l’activité" not in text
    assert file.results.count() == 2  # the second click changes nothing
    result = file.results.first()
    assert result.spoken_activities == []
    assert not any(match.parts.get("trade") for match in result.ranked)
    assert "naf" not in result.facts
    assert replay(result) == []
    after = open_questions(open_of(file, result))
    assert INTENSITY not in asked_of(before)
    assert INTENSITY in asked_of(after)
    told = [(line.label, line.value) for theme in own_data(file) for line in theme.lines]
    assert ("Question passée", "ce n’est pas ça : Activité Coiffure (96.02A)") in told
    again = compute_result(submission=file, on=DAY + timedelta(days=1))
    assert again.spoken_activities == []
    assert other.results.first().spoken_activities == ["96.02A"]
    assert not other.sheet.declined()


def test_a_trade_that_is_denied_before_a_name_stays_denied_once_filed(client):
    beside = Client()
    for browser in (client, beside):
        need, firm = {"text": TEXT, "needs": ["energie.facture"]}, {"naf": "", "division": ""}
        fill(browser, upto="projet", besoin=need, entreprise=firm)
    client.post("/demande/besoins/", DENY)
    page = client.get("/demande/reponse/")
    assert "retenir l’activité" not in text_of(page)
    assert "Ce n’est pas ça" in text_of(beside.get("/demande/reponse/"))
    client.post("/demande/contact/", CONTACT)
    submission = ours(Submission).get()
    assert submission.results.first().spoken_activities == []
    assert submission.sheet.declined() == {"naf=96.02A"}
    assert "Ce n’est pas ça" not in text_of(client.get(f"/resultat/{link_to(submission)}/"))


def test_each_activity_of_a_trade_is_denied_at_once_and_another_trade_may_be_offered():
    declined = [f"naf={code}" for code in BAKER]
    case = {"facts": {"commune": "60159"}, "needs": ["energie.facture"], "on": DAY}
    assert not read_unfiled(text="Je tiens une boulangerie.", declined=declined, **case).offers()
    said = read_unfiled(text="Je suis boulanger et je tiens une librairie.", declined=declined, **case)
    assert [offer.value for offer in said.offers()] == ["47.61Z"]
    assert said.request.spoken_activities == {"47.61Z"}


def test_a_fact_that_was_misread_is_denied_too(client):
    file = make_submission(confirmed=True, without=("headcount",), text="Nous sommes 48 et nous voulons un robot.")
    address = f"/resultat/{link_to(file)}/"
    assert "l’effectif : 48 salariés" in text_of(client.get(address))
    client.post(f"{address}besoins/", {"fact": "headcount", "wrong": "1"})
    assert "48 salariés" not in text_of(client.get(address))
    assert "headcount" not in file.results.first().facts
    for wrong in ("", "naf", "\0", "x" * 5000):
        client.post(f"{address}besoins/", {"fact": wrong, "wrong": "1"})
    assert file.sheet.declined() == {"headcount=48.0"}


def test_the_file_command_offers_each_code_of_a_trade(tmp_path):
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    line = {"text": "Boulangerie artisanale, la facture d’électricité explose", "commune": "60159"}
    path.write_text("\n".join(map(json.dumps, [line, {**line, "naf": "10.71C"}])))
    call_command("match", str(path), "--out", str(out), "--on", f"{DAY}", verbosity=0)
    lacking, known = map(json.loads, out.read_text().splitlines())
    offered = [(offer["fact"], offer["value"]) for offer in lacking["offered"]]
    assert offered[:2] == [("naf", code) for code in BAKER]
    assert "naf" not in {offer["fact"] for offer in known["offered"]}
