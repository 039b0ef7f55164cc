"""What varied firms are asked, one question after another: nothing absurd, nothing twice, of a steady total."""

import pytest
from django.test import Client

from backend.common.days import current_day
from backend.matchmaking.questions import condition_questions, fact_questions, open_of, unasked
from backend.matchmaking.services import decline_question
from backend.schemes.catalogue.definitions import manual_facts
from backend.schemes.models import Criterion
from backend.web.forms.question import open_questions
from tests.factories import DAY, link_to, make_submission
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db
CRAFT, GROUP, BALANCE, MICRO = "craft_register", "group", "balance_sheet", "micro_entrepreneur"
METAL = {"uimm-picardie.sector", "member_of.uimm-picardie", "promeo-compiegne.trades", "ecole-production-otech.trades"}
SITES = {
    "mte-audit-energetique-en-industrie.industry",
    "mte-decarb-flash-2025-2027.industrial_site",
    "mte-etude-performance-energetique-en-industrie.industrial_project",
    "accise-electricite-industrie.electricity_intensity",
}
BOATS, FLEET, QUOTA = "mte-pami.river_vessel", "mte-mobilipro.fleet", "aide-apprentissage-2026.quota"
# Commune, activity, legal form, staff, day of creation; what it writes; what it is never asked.
FIRMS = {
    "mechanics": ("Compiègne", "25.62B", "57", "120", "1998-03-01", "Un robot de soudure, et recruter.",
                  {CRAFT, QUOTA}),
    "baker": ("Noyon", "10.71C", "10", "4", "2015-05-01", "Facture d’électricité, et un apprenti.",
              {GROUP, "opco_2i"}),
    "hairdresser": ("Compiègne", "96.02A", "10-micro", "0", "2025-09-01", "Refaire mon salon, un site internet.",
                    {GROUP, BALANCE, FLEET, *METAL, *SITES}),
    "chemistry": ("Venette", "20.59Z", "57", "600", "1980-01-01", "De la chaleur fatale à récupérer.", {CRAFT, BOATS}),
    "software": ("Compiègne", "62.01Z", "57", "12", "2021-02-01", "Un développeur, et vendre en Allemagne.",
                 {"opco_2i", FLEET, *METAL, *SITES}),
    "restaurant": ("Compiègne", "56.10A", "54", "9", "2012-02-01", "Recruter un cuisinier, des bornes de recharge.",
                   {BOATS, FLEET, "opco_2i", *METAL, *SITES}),
    "haulier": ("Noyon", "49.41A", "57", "45", "2005-02-01", "Des camions électriques.", {CRAFT, BOATS, *SITES}),
    "farmer": ("Attichy", "01.11Z", "65", "1", "1999-02-01", "Réduire ma consommation d’eau.",
               {CRAFT, *METAL, *SITES}),
    "association": ("Compiègne", "88.99B", "92", "30", "2003-02-01", "Former nos salariés.",
                    {CRAFT, "opco_2i", *METAL}),
    "mason": ("Choisy-au-Bac", "43.99C", "54", "7", "2008-02-01", "Une mini-pelle, et former un jeune.",
              {QUOTA, BOATS, *METAL, *SITES}),
    "aeronautics": ("Compiègne", "30.30Z", "55", "1500", "1960-02-01", "Décarboner le site, former à la soudure.",
                    {CRAFT, "hdf-dacs-tpe.no_leasing"}),
    "shop": ("Compiègne", "47.71Z", "54", "2", "2019-02-01", "Vendre en ligne.", {FLEET, *METAL, *SITES}),
    "inn": ("Pierrefonds", "55.10Z", "54", "18", "2001-02-01", "Isoler l’hôtel, et recruter.", {CRAFT, BOATS, *SITES}),
    "perfumer": ("Compiègne", "20.42Z", "", "60", "", "Former mes chefs d’équipe.", {"public_body"}),
    "unknown": ("Compiègne", "", "", "", "", "Investir dans une machine.", set()),
}  # fmt: skip
NOTHING = dict.fromkeys(
    ("headcount_band", "turnover_band", "balance_sheet_band", "started", "spend", "tenure", "project_commune"), ""
)


def walk(firm):
    """Return the pages that a firm reads as it passes every question, each with what is asked on it."""
    commune, naf, form, staff, created, text, _never = FIRMS[firm]
    client = Client()
    fill(
        client,
        upto="projet",
        besoin={"text": text, "needs": []},
        entreprise={"commune": commune, "naf": naf, "legal_form": form, "created_on": created, "independent": ""},
        projet={**NOTHING, "headcount": staff},
    )
    found = []
    while True:
        page = client.get("/demande/reponse/").context
        asked = page["asked"]
        cards = [card.asked for card in page["page"].cards if card.asked]
        found.append((asked and asked.question, cards))
        if asked is None:
            return found
        client.post("/demande/question/", {"question": asked.question.name, "skip": "1"})


@pytest.mark.cases(1)
@pytest.mark.parametrize("firm", FIRMS)
def test_no_firm_is_asked_what_makes_no_sense_for_it_nor_the_same_twice(firm):
    pages, never = walk(firm), FIRMS[firm][-1]
    questions = [question for question, _cards in pages if question]
    names = [question.name.removeprefix("answer:") for question in questions]
    on_cards = [line.condition for line in pages[0][1]]
    assert questions
    assert not never.intersection([*names, *on_cards])
    assert len(names) == len(set(names))
    assert len({question.question for question in questions}) == len(questions)
    asked_on_cards = {f"Est-ce exact ? « {line.sentence.removesuffix('.')} »" for line in pages[0][1]}
    assert not {question.question for question in questions} & asked_on_cards
    # Who passes settles nothing: of how many each could settle some is the same number on every page.
    assert len({question.n_undecided for question in questions}) == 1
    assert all(question.n_can_settle <= question.n_waiting <= question.n_undecided for question in questions)


def test_what_a_rule_does_not_know_is_asked():
    rules = {name: row for name, row in {**fact_questions(), **condition_questions()}.items() if row.plausible}
    assert len(rules) > 20
    assert unasked({}, on=current_day()) == frozenset()
    spoken = unasked({}, on=current_day(), spoken=["96.02A"])
    assert "answer:uimm-picardie.sector" in spoken
    assert CRAFT not in spoken


INDEPENDENT, URSSAF = "answer:bpifrance_independent", "answer:urssaf_up_to_date"


def left_to_ask(submission):
    return {question.name for question in open_questions(open_of(submission, submission.results.last())).of_firm}


def test_a_condition_waits_for_the_fact_that_may_settle_it_and_no_longer():
    fact, firm = "taxes_up_to_date", {"needs": ("finance.pret", "competences.recruter"), "confirmed": True}
    unknown = make_submission(**firm, without=(fact,))
    assert fact in left_to_ask(unknown)
    assert URSSAF not in left_to_ask(unknown)
    decline_question(submission=unknown, question=fact, on=DAY)
    assert URSSAF in left_to_ask(unknown)
    assert URSSAF in left_to_ask(make_submission(**firm, facts={fact: False}))
    assert URSSAF not in left_to_ask(make_submission(**firm, facts={fact: True}))


@pytest.mark.parametrize("group", [{"without": ("group",)}, {"facts": {"group": []}}])
def test_a_firm_that_tells_its_group_is_not_asked_whether_it_is_independent_too(group):
    submission = make_submission(needs=("finance.pret",), confirmed=True, **group)
    loan = submission.results.last().matches.get(scheme__source_key="bpi-pret-croissance")
    assert loan.eligibility == "undecided"
    assert loan.addresses
    assert INDEPENDENT not in left_to_ask(submission)


def test_a_card_says_what_is_left_to_check_where_it_is_not_asked(client):
    submission = make_submission(
        confirmed=True, needs=("mobilite.flotte",), facts={"naf": "47.71Z", "headcount": 2.0}, text="Des bornes."
    )
    make_submission(confirmed=True, needs=("mobilite.flotte",), company_name="Autre SAS", email="b@firm.example")
    page = client.get(f"/resultat/{link_to(submission)}/")
    card = next(card for card in page.context["page"].cards if card.revision.scheme.source_key == "mte-advenir")
    assert (card.asked, [line.condition for line in card.left_to_say]) == (None, ["mte-advenir.fleet"])
    assert "Il reste à vérifier L'entreprise a une flotte de véhicules lourds" in text_of(page)
    assert "Autre SAS" not in text_of(page)


@pytest.mark.parametrize("naf", ["45.20A", "47.30Z", "71.20A", "85.53Z"])
def test_trades_of_the_car_services_are_asked_whether_they_are(naf):
    assert "answer:mte-advenir.fleet" not in unasked({"naf": naf}, on=current_day())
    assert "answer:mte-advenir.fleet" in unasked({"naf": "96.02A"}, on=current_day())


def test_each_rule_is_of_a_question_that_exists():
    asked = {name for row in Criterion.objects.all() for name in manual_facts(row.definition)}
    for name, row in condition_questions().items():
        assert name.removeprefix("answer:") in asked, name
        assert not row.after or row.after in fact_questions(), name
