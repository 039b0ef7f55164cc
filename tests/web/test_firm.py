"""Who the firm is: one box, its establishments in the State's register, what it corrects, and the way by hand."""

import csv
import json
import re
from datetime import date
from io import StringIO
from pathlib import Path
from urllib.parse import quote

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client

from backend.companies.models import Fact, RegisteredEstablishment
from backend.matchmaking.models import Submission
from backend.matchmaking.services import confirm_address, correct_submission
from tests.common.sites import site as state_site
from tests.companies.test_register import a_firm, a_site, answer
from tests.factories import DAY, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import CONTACT, FIRM, NEED, PROJECT, text_of

pytestmark = pytest.mark.django_db
REGISTER = Path(__file__).resolve().parents[2] / "fixtures" / "register"
SEARCH, CHOOSE, STEP = "/demande/entreprise/chercher/", "/demande/entreprise/choisir/", "/demande/entreprise/"
SIRET = "99999995600017"  # of CHAUDRONNERIE DU BAC, Compiègne; its other establishment, in Jaux, is closed
SECOND = "TOLERIE DE L'OISE"
TYPING = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def copy():
    """Load the invented copy of the register."""
    call_command("load_establishments", REGISTER / "etablissements.csv", REGISTER / "unites.csv", stdout=StringIO())


@pytest.fixture
def state(settings):
    """Return the State's service, which knows two firms."""
    caches["counters"].clear()
    with state_site() as served:
        settings.REGISTER_URL = served.url
        served.page("/search", answer(a_firm(), a_firm(nom_raison_sociale=SECOND, siege=a_site(commune="60057"))))
        yield served


@pytest.fixture
def drafting(client):
    """Return a browser that said what it needs."""
    client.post("/demande/besoin/", NEED)
    return client


def closed_one() -> str:
    return RegisteredEstablishment.objects.get(siret__startswith=SIRET[:9], is_open=False).siret


def sirets_in(page) -> set[str]:
    """Return the establishments that a page offers to choose."""
    return set(re.findall(r'name="siret"\s+value="(\d+)"', page.content.decode()))


def chosen(client):
    return client.session["draft"]["registered"]


def choose(client, siret: str = SIRET):
    response = client.post(CHOOSE, {"siret": siret})
    assert response.status_code == 302, text_of(response)
    return client.get(response["Location"])


def go_on(client, **changes):
    """Send the step of the chosen establishment as its page shows it, but for what is changed."""
    form = client.get(STEP).context["form"]
    shown = {name: form[name].value() or "" for name in form.fields}
    siret = changes.pop("siret", form.registered.siret)
    return client.post(STEP, {**shown, "siret": siret, **changes})


def file_it(client) -> Submission:
    client.post("/demande/projet/", {**PROJECT, "headcount": ""})
    response = client.post("/demande/contact/", CONTACT)
    assert response.status_code == 302, text_of(response)
    return ours(Submission).get()


# -- finding


@pytest.mark.parametrize("typed", ["chaud bac", SIRET, "999 999 956 00017", "999 999 956", "Chaudronnérie du BAC"])
def test_a_name_or_a_number_finds_the_establishment_and_no_other_firm(drafting, copy, typed):
    page = drafting.get(SEARCH, {"q": typed})
    text = text_of(page)
    assert "CHAUDRONNERIE DU BAC" in text
    assert "Compiègne – siège, ouvert" in text
    assert "Mécanique industrielle" in text
    assert sirets_in(page) == {SIRET}
    assert SECOND not in text
    assert ("Jaux – fermé depuis le 27 février 2026" in text) == (typed not in (SIRET, "999 999 956 00017"))


def test_as_one_types_only_the_copy_is_asked_and_a_part_of_the_page_answers(drafting, copy, state):
    page = drafting.get(SEARCH, {"q": "chaud"}, **TYPING)
    assert "HX-Request" in page["Vary"]
    assert "<html" not in page.content.decode()
    assert "CHAUDRONNERIE DU BAC" in text_of(page)
    assert SECOND not in text_of(page)
    nothing = text_of(drafting.get(SEARCH, {"q": "zzzz"}, **TYPING))
    assert "Rien de tel dans le territoire. « Rechercher » cherche dans toute la France." in nothing
    for typed in ("", "c", "9999999", "\0", "99999995"):
        assert drafting.get(SEARCH, {"q": typed}, **TYPING).status_code == 200
    assert state.asked == []


def test_what_was_sent_is_asked_of_the_copy_first_then_of_the_service(drafting, copy, state):
    drafting.get(SEARCH, {"q": "chaudronnerie"})
    assert state.asked == []
    everywhere = drafting.get(SEARCH, {"q": "chaudronnerie", "partout": "1"})
    assert len(state.asked) == 1
    text = text_of(everywhere)
    assert text.index("CHAUDRONNERIE DU BAC") < text.index(SECOND)
    assert "Beauvais, hors du territoire" in text
    state.page("/search", answer(a_firm(siege=a_site(siret="41816609600069", commune="75102"))))
    assert "Paris, hors du territoire" in text_of(drafting.get(SEARCH, {"q": "41816609600069"}))


def test_the_service_answers_a_siret_with_that_site_alone(drafting, state):
    branch = a_site(siret="99999995600033", commune="60325")
    state.page("/search", answer(a_firm(sites=[branch])))
    assert sirets_in(drafting.get(SEARCH, {"q": "99999995600033"})) == {"99999995600033"}
    closed = {**branch, "siret": "99999995600041", "etat_administratif": "F", "date_fermeture": None}
    state.page("/search", answer(a_firm(sites=[closed])))
    page = drafting.get(SEARCH, {"q": "99999995600041"})
    assert "cet établissement est fermé." in text_of(page)
    assert sirets_in(page) == {SIRET}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Écrivez un nom, ou un numéro"),
        ("ab", "« ab » est trop court"),
        ("123456789012", "a 12 chiffres : un SIREN en a 9, un SIRET 14"),
        ("99999995600018", "sa clé de contrôle est fausse"),
        ("999999957", "sa clé de contrôle est fausse"),
    ],
)
def test_what_cannot_be_looked_for_is_said_and_kept(drafting, copy, state, typed, said):
    page = drafting.get(SEARCH, {"q": typed})
    assert page.status_code == 200
    assert said in text_of(page)
    assert page.context["search_form"]["q"].value() == typed
    assert "Remplir à la main" in text_of(page)
    assert state.asked == []


@pytest.mark.parametrize("odd", ["a\0bc", "%%%", "<b>x</b>", "🙂🙂🙂", "é" * 300, "' OR 1=1 --", "‮abc", "\ud800"])
def test_anything_may_be_typed(drafting, copy, odd):
    query = quote(odd, errors="surrogatepass")
    for more in ({}, TYPING):
        assert drafting.get(f"{SEARCH}?q={query}", **more).status_code == 200


def test_who_is_not_found_goes_on_by_hand_with_what_was_typed(drafting, copy):
    page = drafting.get(SEARCH, {"q": "Inconnue du Bois"})
    assert "ne souhaite pas y paraître" in text_of(page)
    assert page.context["form"]["company_name"].value() == "Inconnue du Bois"
    assert '<details class="fold" open>' in page.content.decode()
    page = drafting.get(SEARCH, {"q": "418 166 096"})
    assert page.context["form"]["number"].value() == "418166096"
    assert drafting.post(STEP, FIRM)["Location"] == "/demande/projet/"


def test_who_opposes_is_as_unknown_as_who_does_not_exist(drafting, copy, state):
    state.page("/search", answer(a_firm(statut_diffusion="P", nom_raison_sociale="GARAGE DE LA FORET")))
    hidden = text_of(drafting.get(SEARCH, {"q": "Garage de la foret"}))
    assert "GARAGE DE LA FORET" not in hidden
    state.page("/search", answer())
    unknown = text_of(drafting.get(SEARCH, {"q": "Garage du desert"}))
    assert hidden.replace("foret", "") == unknown.replace("desert", "").replace("Garage du", "Garage de la")
    with (REGISTER / "etablissements.csv").open() as lines:
        (row,) = [row for row in csv.DictReader(lines) if row["statutDiffusionEtablissement"] == "P"]
    assert sirets_in(choose(drafting, row["siret"])) == set()
    assert not chosen(drafting)


@pytest.mark.parametrize("wrong", [{"status": 503}, {"status": 429}, {"body": "<html>"}])
def test_where_the_register_is_down_the_firm_files_by_hand(drafting, state, wrong):
    state.page("/search", wrong.get("body", ""), status=wrong.get("status", 200))
    for text in ("chaudronnerie", SIRET):
        page = drafting.get(SEARCH, {"q": text})
        assert "ne répond pas en ce moment. Remplissez à la main : rien n’est perdu." in text_of(page)
        assert page.context["by_hand"]
    response = drafting.post(CHOOSE, {"siret": SIRET}, follow=True)
    assert "ne répond pas" in text_of(response)
    drafting.post(STEP, FIRM)
    assert file_it(drafting).sheet.name == FIRM["company_name"]


def test_one_network_does_not_ask_for_all(drafting, state, settings):
    settings.THROTTLES = {"register.network": (1, 3600)}
    assert "CHAUDRONNERIE" in text_of(drafting.get(SEARCH, {"q": "chaudronnerie"}))
    assert "ne répond pas en ce moment" in text_of(drafting.get(SEARCH, {"q": "tolerie"}))
    assert len(state.asked) == 1


def test_without_a_draft_nothing_is_looked_for(client, copy, state):
    for response in (client.get(SEARCH, {"q": "chaud"}), client.post(CHOOSE, {"siret": SIRET})):
        assert response["Location"] == "/demande/"
    assert state.asked == []


# -- a closed establishment


def test_a_closed_establishment_is_said_with_its_day_and_the_open_ones_are_offered(drafting, copy):
    page = drafting.get(SEARCH, {"q": closed_one()})
    text = text_of(page)
    assert "cet établissement est fermé depuis le 27 février 2026" in text
    assert "Choisissez un établissement ouvert de la même entreprise" in text
    assert sirets_in(page) == {SIRET}
    assert SECOND not in text
    again = choose(drafting, closed_one())
    assert "fermé depuis le 27 février 2026" in text_of(again)
    assert not chosen(drafting)


def test_a_firm_that_has_nothing_open_is_told_so(drafting, copy):
    (closed,) = RegisteredEstablishment.objects.filter(name__startswith="VERRERIE")
    text = text_of(drafting.get(SEARCH, {"q": closed.siret}))
    assert "fermé depuis le 29 mai 2026" in text
    assert "ne montre pas d’autre établissement ouvert" in text


# -- choosing


def test_the_chosen_one_fills_the_step_with_source_and_day(drafting, copy):
    text = text_of(choose(drafting))
    for value in (
        "999 999 956 00017", "Compiègne", "Mécanique industrielle (25.62B)", "16 mars 2009",
        "20 à 49 salariés, à la fin de 2024 (il y a 2 ans)", "PME (2024)",
    ):  # fmt: skip
        assert f"{value} Sirene, au 31/10/2026" in text, value
    assert "société par actions simplifiée (5710)".casefold() in text.casefold().replace("sas, ", "")
    assert SECOND not in text


def test_a_known_siret_leads_to_the_answer_in_few_steps(drafting, copy):
    choose(drafting)
    response = go_on(drafting)
    assert response["Location"] in ("/demande/projet/", "/demande/reponse/")
    drafting.post("/demande/projet/", {})
    assert drafting.get("/demande/reponse/").status_code == 200


def test_what_the_register_says_is_filed_as_such(drafting, copy):
    choose(drafting)
    go_on(drafting, independent="yes")
    submission = file_it(drafting)
    sheet = submission.sheet
    assert (str(sheet.establishment), str(sheet.company), sheet.name) == (SIRET, SIRET[:9], "CHAUDRONNERIE DU BAC")
    facts = sheet.current()
    official = {name for name, fact in facts.items() if fact.origin == Fact.Origin.REGISTER}
    assert official == {
        "commune", "naf", "legal_category", "micro_entrepreneur", "created_on", "headcount", "insee_category",
    }  # fmt: skip
    assert facts["headcount"].value == [20, 49]
    assert facts["group"].origin == Fact.Origin.DECLARED


def test_what_the_firm_corrects_is_declared_beside_it(drafting, copy, client):
    choose(drafting)
    go_on(drafting, commune="Jaux", created_on="", legal_form="54")
    page = text_of(drafting.get(STEP))
    assert "Jaux votre réponse Compiègne Sirene" in page
    assert "je ne sais pas votre réponse créée le 16 mars 2009 Sirene" in page
    drafting.post("/demande/projet/", {**PROJECT, "headcount": "52"})
    submission = file_it_as_sent(drafting)
    facts, official = submission.sheet.current(), submission.sheet.official()
    for name, value in {"commune": "60325", "legal_category": "54", "headcount": 52.0}.items():
        assert (facts[name].value, facts[name].origin) == (value, Fact.Origin.DECLARED)
    assert "created_on" not in facts
    assert (official["commune"].value, official["created_on"].value) == ("60159", "2009-03-16")
    confirm_address(submission=submission)
    client.force_login(make_officer())
    desk = text_of(client.get(f"/agent/{submission.pk}/"))
    assert "Registre des entreprises : Compiègne" in desk
    assert "Registre des entreprises : de 20 à 49 salariés" in desk
    assert "registre des entreprises, 24 novembre 2026" in desk


def file_it_as_sent(client) -> Submission:
    client.post("/demande/contact/", CONTACT)
    return ours(Submission).get()


def test_another_establishment_drops_what_was_said_of_the_former(drafting, copy):
    choose(drafting)
    go_on(drafting, commune="Jaux")
    other = RegisteredEstablishment.objects.get(name=SECOND, is_head_office=True)
    text = text_of(choose(drafting, other.siret))
    assert SECOND in text
    assert "CHAUDRONNERIE" not in text
    assert "Jaux" not in text.partition("Corriger")[0]
    go_on(drafting)
    facts = file_it(drafting).sheet.current()
    assert (facts["commune"].value, facts["naf"].value) == (other.commune, "25.11Z")
    assert facts["commune"].origin == Fact.Origin.REGISTER


def test_a_page_of_the_former_establishment_says_nothing_of_the_new_one(drafting, copy):
    choose(drafting)
    other = RegisteredEstablishment.objects.get(name=SECOND, is_head_office=True)
    choose(drafting, other.siret)
    assert go_on(drafting, siret=SIRET, commune="Jaux")["Location"] == STEP
    assert "entreprise" not in drafting.session["draft"]["steps"]
    assert chosen(drafting)["siret"] == other.siret


def test_by_hand_after_all_forgets_the_register(drafting, copy):
    choose(drafting)
    page = drafting.get(SEARCH)
    assert "Vous aviez choisi CHAUDRONNERIE DU BAC" in text_of(page)
    drafting.post(CHOOSE, {"siret": ""})
    assert not chosen(drafting)
    drafting.post(STEP, {**FIRM, "company_name": "Autre", "number": ""})
    sheet = file_it(drafting).sheet
    assert (sheet.name, sheet.establishment, sheet.official()) == ("Autre", None, {})


def test_a_number_that_was_corrected_later_drops_what_the_register_said(drafting, copy):
    choose(drafting)
    go_on(drafting, legal_form="54")
    submission = file_it(drafting)
    identity = {"siret": SIRET, "siren": SIRET[:9], "name": "Bac"}
    correct_submission(submission=submission, facts={}, identity=identity, on=DAY)
    assert submission.sheet.current()["naf"].origin == Fact.Origin.REGISTER
    identity = {"siret": "99999107800018", "siren": "999991078", "name": "Bac"}
    correct_submission(submission=submission, facts={"commune": "60325"}, identity=identity, on=DAY)
    facts = submission.sheet.current()
    assert submission.sheet.official() == {}
    assert {name: fact.value for name, fact in facts.items() if name in ("naf", "commune", "legal_category")} == {
        "commune": "60325",
        "legal_category": "54",
    }


@pytest.mark.parametrize("siret", ["99999999999999", "1", "' OR 1", "99999995600017\0", "é", "\uff19" * 14])
def test_a_number_of_nobody_is_not_taken(drafting, copy, siret):
    response = drafting.post(CHOOSE, {"siret": siret})
    assert response.status_code == 302
    assert not chosen(drafting)


def test_a_site_outside_is_said_at_this_step(drafting, state):
    state.page("/search", answer(a_firm(siege=a_site(commune="60057"))))
    assert "Cet établissement est hors du territoire" in text_of(choose(drafting))


def test_a_sole_trader_has_no_name_and_is_asked_its_regime(drafting, copy):
    trader = RegisteredEstablishment.objects.filter(legal_category="1000", name="").first()
    page = choose(drafting, trader.siret)
    assert "Entreprise individuelle" in text_of(page)
    assert page.context["form"]["legal_form"].value() == ""
    go_on(drafting, legal_form="10-micro")
    facts = file_it(drafting).sheet.current()
    assert (facts["legal_category"].value, facts["micro_entrepreneur"].value) == ("10", True)


# -- what it proves, and what it leaves


def test_a_number_proves_nothing_and_the_register_says_nothing_of_who_filed(client, copy, state):
    client.post("/demande/besoin/", NEED)
    before = [text_of(client.get(SEARCH, {"q": SIRET})), text_of(choose(client))]
    submission = make_submission(confirmed=True, siret=SIRET, siren=SIRET[:9], company_name="Chaudronnerie secrète")
    other = Client()
    other.post("/demande/besoin/", NEED)
    after = [text_of(other.get(SEARCH, {"q": SIRET})), text_of(choose(other))]
    assert before == after
    go_on(client)
    client.post("/demande/projet/", PROJECT)
    page = text_of(client.get("/demande/reponse/"))
    assert "secrète" not in page
    assert submission.contact.email not in page


def test_until_a_contact_is_given_nothing_but_the_session_exists(client, copy, state):
    def rows():
        return {
            model._meta.db_table: model._base_manager.count() for model in apps.get_models() if model._meta.managed
        }

    before = rows()
    client.post("/demande/besoin/", NEED)
    client.get(SEARCH, {"q": "chaudronnerie", "partout": "1"})
    choose(client)
    go_on(client)
    client.get("/demande/reponse/")
    after = rows()
    assert {table for table in after if after[table] != before[table]} == {"django_session"}
    kept = json.dumps(Session.objects.get().get_decoded())
    assert "CHAUDRONNERIE" in kept
    assert "Dupont" not in kept


def test_a_draft_of_another_release_is_read_without_its_establishment(drafting, copy):
    choose(drafting)
    session = drafting.session
    session["draft"] = {**session["draft"], "registered": {"siret": SIRET, "gone": 1}}
    session.save()
    page = drafting.get(STEP)
    assert page.status_code == 200
    assert "Rechercher" in text_of(page)


def test_the_day_of_the_register_is_that_of_its_files(drafting, copy):
    assert date.fromisoformat(choose(drafting).context["registered"].read_on) == date(2026, 10, 31)


def test_what_the_firm_says_in_passing_counts_before_the_register(drafting, copy):
    choose(drafting)
    go_on(drafting)
    session = drafting.session
    session["draft"] = {**session["draft"], "answered": {"headcount": 48.0}}
    session.save()
    facts = file_it(drafting).sheet.current()
    assert (facts["headcount"].value, facts["headcount"].origin) == (48.0, Fact.Origin.DECLARED)
