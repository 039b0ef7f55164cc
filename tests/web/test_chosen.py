"""Who the firm is: the establishment it chose in the State’s register, what it corrects, what it leaves."""

import json
from datetime import date

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client

from backend.companies.models import Fact, RegisteredEstablishment
from backend.matchmaking.services import confirm_address, correct_submission
from tests.companies.test_register import a_firm, a_site, answer
from tests.factories import DAY, make_officer, make_submission
from tests.web.choosing import CHOOSE, SEARCH, SIRET, STEP, choose, chosen, file_it, file_it_as_sent, go_on
from tests.web.conftest import FIRM, NEED, PROJECT, SECOND, text_of

pytestmark = pytest.mark.django_db


def test_the_chosen_one_fills_the_step_with_source_and_day(drafting, copy):
    text = text_of(choose(drafting))
    for value in (
        "999 999 956 00017", "Compiègne", "Mécanique industrielle (25.62B)", "16 mars 2009",
        "20 à 49 salariés, à la fin de 2024 (il y a 2 ans)", "PME (2024)",
    ):  # fmt: skip
        assert f"{value} Sirene, au 31/10/2026" in text, value
    assert "société par actions simplifiée (5710)".casefold() in text.casefold().replace("sas, ", "")
    assert SECOND not in text


@pytest.mark.parametrize(
    ("year", "said"),
    [(2026, "à la fin de 2026 Sirene"), (2025, "à la fin de 2025 (il y a un an)"), (None, "20 à 49 salariés Sirene")],
)
def test_the_year_of_the_headcount_is_said_as_its_end(drafting, copy, year, said):
    RegisteredEstablishment.objects.filter(siret=SIRET).update(headcount_year=year)
    assert said in text_of(choose(drafting))


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
    assert "je ne sais pas votre réponse 16 mars 2009 Sirene" in page
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
    assert "Sirene : Compiègne" in desk
    assert "Sirene : de 20 à 49 salariés" in desk
    assert "Sirene, 24 novembre 2026" in desk
    assert "egistre des entreprises" not in desk


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


def answered(client, **changes):
    """Have said of the firm and of its project, on the page of a step and beside it."""
    client.post("/demande/projet/", {**PROJECT, "headcount": "52", "turnover_band": "2000000,10000000", **changes})
    session = client.session
    said = {"answered": {"answer:jei": True}, "declined": ["group"]}
    steps = {**session["draft"]["steps"], "question": {"question": ["headcount"], "headcount": ["52"]}}
    session["draft"] = {**session["draft"], **said, "steps": steps}
    session.save()


def test_another_firm_is_said_nothing_that_was_said_of_the_former(drafting, copy):
    choose(drafting)
    go_on(drafting)
    answered(drafting)
    other = RegisteredEstablishment.objects.get(name=SECOND, is_head_office=True)
    choose(drafting, other.siret)
    draft = drafting.session["draft"]
    assert (draft["answered"], draft["declined"]) == ({}, [])
    assert set(draft["steps"]) == {"besoin", "projet"}
    go_on(drafting)
    facts = file_it_as_sent(drafting).sheet.current()
    assert facts["headcount"].origin == Fact.Origin.REGISTER
    assert not facts.keys() & {"turnover", "balance_sheet", "answer:jei"}
    assert not [name for name in facts if name.startswith(Fact.DECLINED)]
    assert facts["project.spend"].value == 180_000.0


def test_the_size_alone_is_asked_again_of_another_firm(drafting, copy):
    choose(drafting)
    go_on(drafting)
    answered(drafting, started="", spend="", project_place="")
    choose(drafting, RegisteredEstablishment.objects.get(name=SECOND, is_head_office=True).siret)
    assert "projet" not in drafting.session["draft"]["steps"]


def test_by_hand_after_another_firm_says_nothing_of_it_either(drafting, copy):
    choose(drafting)
    go_on(drafting)
    answered(drafting)
    drafting.post(CHOOSE, {"siret": ""})
    draft = drafting.session["draft"]
    assert (draft["answered"], draft["declined"]) == ({}, [])
    assert "headcount" not in draft["steps"]["projet"]


@pytest.mark.parametrize("number", ["999 999 107", ""])
def test_a_number_typed_by_hand_tells_the_firms_apart_and_none_does_not(drafting, copy, number):
    drafting.post(STEP, {**FIRM, "number": number})
    answered(drafting)
    choose(drafting)
    assert bool(drafting.session["draft"]["answered"]) == (number == "")


def test_another_site_of_the_firm_keeps_what_was_said_of_it(drafting, copy):
    head, branch = RegisteredEstablishment.objects.filter(name=SECOND).order_by("-is_head_office")
    choose(drafting, head.siret)
    go_on(drafting)
    answered(drafting)
    choose(drafting, branch.siret)
    draft = drafting.session["draft"]
    assert draft["answered"] == {"answer:jei": True}
    assert draft["steps"]["projet"]["headcount"] == ["52"]


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


@pytest.mark.cases(2)
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
    counts = "matchmaking_answercount"  # a number of the day
    assert {table for table in after if after[table] != before[table]} == {"django_session", counts}
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
