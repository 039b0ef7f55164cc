"""The ledger of de minimis aids on the officer's and the firm's pages, and the size with its sum."""

from datetime import date

import pytest

from backend.companies.models import Fact, ReceivedAid
from backend.companies.services import record_facts
from backend.matchmaking.state_aid import declare_aid
from backend.web.forms.aids import AidForm
from tests.factories import DAY, link_to, make_lead, make_officer, make_submission, rewriting
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
AID = {
    "granted_on": "03/03/2024",
    "amount_eur": "120 000,50 €",
    "regulation": "general",
    "title": "Pass Transition",
    "member": "Étangs Découpe",
}


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture(params=["officer", "firm"])
def page(request, client, officer, submission):
    """Return the address of a page that holds the ledger: its officer's, and the firm's own."""
    if request.param == "firm":
        return f"/resultat/{link_to(submission)}/"
    client.force_login(officer)
    return f"/agent/{submission.pk}/"


def read(client, page):
    """Return what a page says, and for an officer the part that holds the ledger."""
    text = text_of(client.get(page))
    return f"{text} {text_of(client.get(f'{page}partie/aides/'))}" if page.startswith("/agent/") else text


def test_an_aid_is_declared_in_french_and_shown_with_what_is_left(client, page, officer):
    response = client.post(f"{page}aides/", AID)
    assert response.status_code == 302
    assert response.headers["Location"] == f"{page}#aides"
    aid = ours(ReceivedAid).get()
    is_officers = page.startswith("/agent/")
    assert (str(aid.granted_on), str(aid.amount_eur)) == ("2024-03-03", "120000.50")
    assert (aid.origin, aid.author) == (("officer", officer) if is_officers else ("declared", None))
    text = read(client, page)
    assert "L’aide est notée" in text
    assert "Pass Transition – reçue par Étangs Découpe" in text
    assert "général (règlement 2023/2831) 3 mars 2024 120 000,5 € 2 mars 2027" in text
    assert "Il reste au plus 179 999,5 € sur 300 000 € jusqu’au 2 mars 2027." in text
    assert "Libéré le 3 mars 2027 : 120 000,5 €." in text
    assert "La liste n’est pas déclarée complète" in text


@pytest.mark.cases(1)
def test_what_is_not_known_of_an_aid_stays_unknown(client, page):
    client.post(f"{page}aides/", {"granted_on": "2025-01-31"})
    aid = ours(ReceivedAid).get()
    assert (aid.amount_eur, aid.regulation, aid.title, aid.member) == (None, "", "", "")
    text = read(client, page)
    assert "Aide de minimis Retirer" in text
    assert "inconnu 31 janvier 2025 inconnu 30 janvier 2028" in text
    assert "100" not in text.split("Aides qui comptent")[1].split("Reste")[0]


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"granted_on": ""}, "Donnez le jour où l’aide a été accordée"),
        ({"granted_on": "31/02/2025"}, "Cette date n’existe pas. Écrivez-la comme 31/12/2025."),
        ({"granted_on": "2026-11-25"}, "Le 25 novembre 2026 est à venir."),
        ({"granted_on": "1999-12-31"}, "L’année 1999 est sans doute une erreur."),
        ({"amount_eur": "beaucoup"}, "Écrivez un montant en euros"),
        ({"amount_eur": "-5"}, "Un montant ne peut pas être négatif."),
        ({"amount_eur": "0"}, "Une aide de 0 € n’en est pas une."),
        ({"amount_eur": "1,234"}, "Deux décimales au plus"),
        ({"amount_eur": "12345678901"}, "Ce montant est trop grand"),
        ({"amount_eur": "1234567890123"}, "Ce montant est trop grand"),
        ({"regulation": "autre"}, "choix"),
        ({"title": "x" * 121}, "120"),
        ({"member": "x" * 161}, "160"),
    ],
)
def test_an_aid_that_cannot_be_is_refused_in_words(sent, sentence):
    form = AidForm({**AID, **sent})
    assert not form.is_valid()
    assert sentence in " ".join(form.errors[next(iter(sent))])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("2000-01-01", (2000, 1, 1)), ("24/11/2026", (2026, 11, 24)), ("31/12/25", (2025, 12, 31))],
)
def test_a_day_is_typed_as_the_french_write_it_or_as_browsers_send_it(typed, expected):
    form = AidForm({"granted_on": typed})
    assert form.is_valid()
    assert form.cleaned_data["granted_on"] == date(*expected)


@pytest.mark.cases(1)
def test_what_was_typed_is_kept_beside_what_was_wrong(client, page):
    response = client.post(f"{page}aides/", {**AID, "granted_on": "31/02/2025"})
    assert response.status_code == 422
    html = response.content.decode()
    assert all(f'value="{AID[name]}"' in html for name in ("amount_eur", "title", "member"))
    assert 'value="31/02/2025"' in html
    assert "Accordée le : Cette date n’existe pas." in text_of(response)
    assert not ours(ReceivedAid).exists()


@pytest.mark.cases(1)
def test_a_ledger_that_is_full_says_so_in_the_form(client, page, monkeypatch):
    monkeypatch.setattr("backend.matchmaking.state_aid.N_AIDS", 0)
    response = client.post(f"{page}aides/", AID)
    assert response.status_code == 422
    assert "Ce dossier compte déjà 0 aides" in text_of(response)


@pytest.mark.cases(1)
def test_the_list_is_declared_complete_and_no_longer(client, page, submission):
    client.post(f"{page}aides/complet/", {"complete": "1"})
    text = read(client, page)
    assert "Liste déclarée complète le 24 novembre 2026" in text
    assert "Il reste 300 000 € sur 300 000 €." in text
    client.post(f"{page}aides/complet/", {"complete": ""})
    assert Fact.AIDS_COMPLETE not in submission.sheet.values()
    assert "Il reste au plus 300 000 €" in read(client, page)


@pytest.mark.cases(1)
def test_an_aid_is_taken_back_from_the_page(client, page, submission):
    aid = declare_aid(submission=submission, on=DAY, granted_on=DAY, amount_eur=None, title="Pass Transition")
    assert client.post(f"{page}aides/{aid.pk}/retirer/").status_code == 302
    assert "Pass Transition" not in read(client, page)
    assert client.post(f"{page}aides/{aid.pk}/retirer/").status_code == 404  # it is no longer there


@pytest.mark.cases(1)
def test_an_aid_of_another_file_is_not_there_to_be_taken_back(client, page):
    other = make_submission(confirmed=True)
    aid = declare_aid(submission=other, on=DAY, granted_on=DAY, amount_eur=None)
    assert client.post(f"{page}aides/{aid.pk}/retirer/").status_code == 404
    assert ours(ReceivedAid).standing().count() == 1


def test_a_firm_reads_what_its_officer_noted_and_cannot_take_it_back(client, submission, officer):
    aid = declare_aid(
        submission=submission, on=DAY, granted_on=DAY, amount_eur=None, title="Pass Transition", author=officer
    )
    page = f"/resultat/{link_to(submission)}/"
    response = client.get(page)
    assert "Pass Transition" in text_of(response)
    assert f"{page}aides/{aid.pk}/retirer/" not in response.content.decode()
    assert client.post(f"{page}aides/{aid.pk}/retirer/").status_code == 403


def test_a_territory_lead_reads_the_ledger_and_has_no_form(client, submission):
    declare_aid(submission=submission, on=DAY, granted_on=DAY, amount_eur=None, title="Pass Transition")
    client.force_login(make_lead())
    response = client.get(f"/agent/{submission.pk}/partie/aides/")
    assert "Pass Transition" in text_of(response)
    assert f"/agent/{submission.pk}/aides/" not in response.content.decode()


@pytest.mark.parametrize("has_one", [True, False])
def test_a_firm_is_asked_only_where_a_scheme_of_its_result_is_de_minimis(client, monkeypatch, submission, has_one):
    if not has_one:
        monkeypatch.setattr("backend.schemes.catalogue.regimes._read", dict)
    text = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert ("Aides de minimis déjà reçues" in text) is has_one


def test_a_firm_that_declared_an_aid_keeps_its_list_whatever_its_result(client, monkeypatch, submission):
    monkeypatch.setattr("backend.schemes.catalogue.regimes._read", dict)
    client.post(f"/resultat/{link_to(submission)}/aides/", AID)
    assert "Pass Transition" in text_of(client.get(f"/resultat/{link_to(submission)}/"))


def test_an_officer_reads_a_warning_on_each_de_minimis_scheme_and_a_firm_does_not(client, submission, officer):
    declare_aid(submission=submission, on=DAY, granted_on=DAY, amount_eur=300_000, regulation="general")
    sentence = "plafond de 300 000 € atteint, à vérifier avant de la demander."
    assert sentence not in text_of(client.get(f"/resultat/{link_to(submission)}/"))
    client.force_login(officer)
    page = client.get(f"/agent/{submission.pk}/").context["page"]
    cards = [card for group in page.groups for card in group.cards]
    warned = [card for card in cards if any(sentence in " ".join(note.split()) for note in card.aid_notes)]
    assert warned
    for card in warned[:2]:
        assert sentence in text_of(client.get(f"/agent/{submission.pk}/dispositif/{card.match.scheme_id}/"))


def test_the_insee_category_is_a_hint_that_changes_no_verdict(client, submission, officer):
    client.force_login(officer)
    before = list(submission.results.latest("computed_at").matches.values_list("scheme_id", "eligibility", "score"))
    told = {"fact": "insee_category", "insee_category": "ETI", "insee_category_year": "2023"}
    assert client.post(f"/agent/{submission.pk}/corriger/", told).status_code == 302
    page = text_of(client.get(f"/agent/{submission.pk}/"))
    assert "Indice, qui ne décide de rien : catégorie de l’INSEE ETI (2023)." in page.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    newest = submission.results.latest("computed_at")
    assert list(newest.matches.values_list("scheme_id", "eligibility", "score")) == before


@pytest.mark.parametrize(
    ("year", "told"),
    [("l’an dernier", "comme 2023"), ("1999", "depuis 2008"), ("2031", "dans l’avenir")],
)
def test_a_year_of_the_insee_category_that_cannot_be_is_refused(client, submission, officer, year, told):
    client.force_login(officer)
    sent = {"fact": "insee_category", "insee_category": "PME", "insee_category_year": year}
    answer = client.post(f"/agent/{submission.pk}/corriger/", sent)
    assert answer.status_code == 422
    assert told in text_of(answer)
    assert not submission.sheet.facts.filter(name="insee_category").exists()


def test_an_officer_reads_the_sum_that_makes_the_size(client, submission, officer):
    group = [{"name": "Mère SA", "share": 60, "headcount": 100, "turnover": 1_000_000, "balance_sheet": 1_000_000}]
    record_facts(sheet=submission.sheet, values={"group": group}, origin="declared", on=DAY)
    with rewriting():
        submission.results.all().delete()
    client.force_login(officer)
    text = text_of(client.get(f"/agent/{submission.pk}/"))
    assert "Taille consolidée : entreprise moyenne" in text
    assert "Mère SA (liée, comptée en entier) effectif 100 – chiffre d’affaires 1 M€ – bilan 1 M€" in text
    assert "Total effectif 135 – chiffre d’affaires de 3 M€ à 11 M€" in text
