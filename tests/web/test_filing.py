"""Filing, from the first page to the result: once, whatever happens on the way."""

import gzip
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backend.accounts.models import Organisation
from backend.companies.models import Company, Contact, Establishment, Fact, FactSheet
from backend.companies.services import store_snapshots
from backend.links.models import Link
from backend.matchmaking.models import AnswerCount, Result, Submission
from backend.notifications.models import Notification
from backend.web.forms.filing.contact import ContactForm
from benchmarks.phone import first_visit
from tests.factories import ARC, COMMUNES, OUTSIDE, led_to, make_organisation, rewriting
from tests.neighbour import ours
from tests.web.conftest import CONTACT, FIRM, FORMS, NEED, PROJECT, fill, text_of

MOST_QUERIES = 15  # of each request that leads to the answer, shows it, files it and shows what was filed


def row_counts():
    models = (Submission, Contact, FactSheet, Fact, Company, Establishment, Result, Notification)
    return {model.__name__: ours(model).count() for model in models}


@pytest.mark.django_db
def test_the_steps_and_a_contact_make_one_submission_with_everything_that_was_typed(client):
    response = fill(client)
    submission = ours(Submission).get()
    assert led_to(response["Location"]) == submission
    assert submission.sheet.values() == {
        "commune": "60159",
        "naf": "25.62B",
        "created_on": "2009-03-16",
        "legal_category": "57",
        "micro_entrepreneur": False,
        "group": [],
        "headcount": 35.0,
        "turnover": [2_000_000, 10_000_000],
        "project.started": False,
        "project.spend": 180_000.0,
    }
    origins = {fact.name: fact.origin for fact in submission.sheet.facts.all()}
    assert origins.pop("micro_entrepreneur") == Fact.Origin.DEDUCED
    assert set(origins.values()) == {Fact.Origin.DECLARED}
    assert submission.sheet.establishment.siret == "99999995600017"
    assert submission.sheet.name == "Chaudronnerie du Bac"
    assert submission.epci.short_name == "ARC"
    assert submission.text == NEED["text"]
    assert submission.call_slot == "noon"
    assert (submission.contact.name, submission.contact.email) == (CONTACT["contact_name"], CONTACT["email"])
    assert [need.sub_need_id for need in submission.needs.filter(ticked=True)] == NEED["needs"]
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.django_db
def test_filing_asks_the_database_little_and_packs_what_it_wrote(client):
    fill(client, upto="projet")
    form = {**CONTACT, "filing_key": client.get("/demande/reponse/").context["draft"].key}
    n_asked = {}
    for what, ask, status in (
        ("the last step", lambda: client.post("/demande/projet/", PROJECT), 302),
        ("the answer", lambda: client.get("/demande/reponse/"), 200),
        ("filing", lambda: client.post("/demande/contact/", form), 302),
        ("what was filed", lambda: client.get(response["Location"]), 200),  # noqa: B023 -- called in this very turn
    ):
        with CaptureQueriesContext(connection) as queries:
            response = ask()
        assert response.status_code == status
        asked = [query["sql"] for query in queries if "SAVEPOINT" not in str(query["sql"])]
        assert len(asked) <= MOST_QUERIES, "\n".join([what, *(str(sql)[:140] for sql in asked)])
        n_asked[what] = len(asked)
    assert n_asked["filing"] > n_asked["the last step"] > 0
    page = response.content
    assert len(page) <= 60_000
    assert len(gzip.compress(page)) <= 15_000
    assert len(page) < first_visit(page) <= 150_000
    sheet = ours(Submission).get().sheet
    assert sheet.snapshot.values() == sheet.values()
    written = sheet.snapshot.packed, sheet.snapshot.rest
    store_snapshots([sheet.pk])
    sheet.snapshot.refresh_from_db()
    assert (sheet.snapshot.packed, sheet.snapshot.rest) == written


@pytest.mark.django_db
def test_the_last_step_sent_twice_files_once_and_shows_the_same_result(client):
    client.get("/demande/")
    fill(client, upto="projet")
    form = {**CONTACT, "filing_key": client.get("/demande/reponse/").context["draft"].key}
    first = client.post("/demande/contact/", form)
    counts = row_counts()
    second = client.post("/demande/contact/", form)
    assert led_to(first["Location"]) == led_to(second["Location"])
    assert row_counts() == counts
    assert counts["Submission"] == counts["Notification"] == 1


@pytest.mark.django_db
def test_the_key_of_a_filing_opens_nothing_in_another_browser(client):
    client.get("/demande/")
    fill(client, upto="projet")
    form = {**CONTACT, "filing_key": client.get("/demande/reponse/").context["draft"].key}
    assert client.post("/demande/contact/", form)["Location"].startswith("/resultat/")
    assert Client().post("/demande/contact/", form)["Location"] == "/demande/"


def commit(function, *arguments):
    """Run in a thread, so with a connection of its own: what it writes is committed and seen by the other threads."""
    try:
        return function(*arguments)
    finally:
        connection.close()


@rewriting()
def erase():
    ours(Submission).all().delete()
    for model in (Contact, FactSheet, Establishment, Company, Notification, Session, AnswerCount, Link):
        model.objects.all().delete()


def rows_by_table():
    return {model.__name__: model._base_manager.count() for model in apps.get_models() if model._meta.managed}


@pytest.fixture
def threads(db):
    before = rows_by_table()
    with ThreadPoolExecutor(4) as pool:
        yield pool
        pool.submit(commit, erase).result()
    left = {table for table, n in rows_by_table().items() if n > before[table]}
    assert left == set(), "what the threads committed is there for every test after this one"


@pytest.mark.alone("its threads see what is committed only")
def test_four_clicks_at_the_same_moment_file_once(threads):
    browser = Client()
    together = Barrier(4)

    def reach_the_last_step():
        fill(browser, upto="projet")
        return {**CONTACT, "filing_key": browser.get("/demande/reponse/").context["draft"].key}

    def click(form):
        other = Client()
        other.cookies = browser.cookies.copy()
        together.wait(timeout=10)
        return other.post("/demande/contact/", form)

    form = threads.submit(commit, reach_the_last_step).result()
    answers = list(threads.map(commit, [click] * 4, [form] * 4))
    submission = ours(Submission).get()
    assert [answer.status_code for answer in answers] == [302] * 4
    assert {led_to(answer["Location"]) for answer in answers} == {submission}
    assert row_counts() == {
        "Submission": 1,
        "Contact": 1,
        "FactSheet": 1,
        "Fact": 10,
        "Company": 1,
        "Establishment": 1,
        "Result": 1,
        "Notification": 1,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("step", FORMS)
def test_a_lost_session_keeps_what_was_typed(client, step):
    assert client.post(f"/demande/{step}/", FORMS[step]).status_code == 302
    form = client.get(f"/demande/{step}/").context["form"]
    for name, value in FORMS[step].items():
        assert form[name].value() in (value, True), name


@pytest.mark.django_db
def test_a_lost_session_asks_again_for_the_steps_that_are_missing(client):
    assert client.post("/demande/entreprise/", FIRM)["Location"] == "/demande/besoin/"
    assert client.post("/demande/contact/", CONTACT)["Location"] == "/demande/besoin/"
    assert fill(client)["Location"].startswith("/resultat/")


@pytest.mark.django_db
@pytest.mark.parametrize("step", [*list(FORMS)[1:], "contact", "reponse"])
def test_a_step_opened_without_a_draft_leads_to_the_first_one(client, step):
    assert client.get(f"/demande/{step}/", follow=True).redirect_chain[-1][0] == "/demande/besoin/"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/demande/inconnue/", "/demande/reponse/"])
def test_a_page_that_makes_no_sense_yet_leads_to_the_first_step(client, path):
    assert client.get(path, follow=True).redirect_chain[-1][0] == "/demande/besoin/"


@pytest.mark.django_db
def test_going_back_shows_what_was_typed_and_changes_it(client):
    make_organisation(ARC)
    fill(client, upto="projet")
    assert "Réponse promise" not in text_of(client.get("/demande/reponse/"))
    Organisation.objects.update(promised_days=3)
    assert "Réponse promise sous 3 jours ouvrés." in text_of(client.get("/demande/reponse/"))
    page = client.get("/demande/entreprise/")
    assert page.context["form"]["company_name"].value() == FIRM["company_name"]
    client.post("/demande/entreprise/", {**FIRM, "company_name": "Autre nom"})
    client.post("/demande/contact/", CONTACT)
    assert ours(Submission).get().sheet.name == "Autre nom"


@pytest.mark.django_db
def test_a_draft_can_be_thrown_away(client):
    fill(client, upto="projet")
    assert client.get("/demande/effacer/").status_code == 405
    assert client.post("/demande/effacer/")["Location"] == "/"
    assert client.get("/demande/reponse/")["Location"] == "/demande/"


@pytest.mark.django_db
@pytest.mark.neighbour("address", "group", "epci")  # whose company is another
def test_filing_again_makes_a_second_submission_of_the_same_firm(client):
    first, second = fill(client)["Location"], fill(client)["Location"]
    assert first != second
    counts = row_counts()
    assert (counts["Submission"], counts["Company"], counts["Establishment"]) == (2, 1, 1)


@pytest.mark.django_db
@pytest.mark.cases(2)
@pytest.mark.parametrize(("epci", "commune"), COMMUNES.items())
def test_the_commune_of_the_site_decides_who_is_in_charge(client, epci, commune):
    fill(client, entreprise={"commune": commune})
    assert ours(Submission).get().epci.short_name == epci


@pytest.mark.django_db
@pytest.mark.parametrize("site", ["Compiègne", "", "Beauvais"])
def test_the_commune_of_the_project_wins_over_that_of_the_site(client, site):
    fill(
        client,
        entreprise={"commune": site},
        projet={"project_place": "elsewhere", "project_commune": "Attichy"},
    )
    assert ours(Submission).get().epci.short_name == "CCLO"


@pytest.mark.django_db
def test_a_commune_typed_before_the_project_came_back_to_the_site_does_not_count(client):
    fill(client, projet={"project_place": "same", "project_commune": "Attichy"})
    assert ours(Submission).get().epci.short_name == "ARC"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"entreprise": {"commune": "Beauvais"}},
        {"projet": {"project_place": "elsewhere", "project_commune": "Beauvais"}},
    ],
)
def test_outside_the_territory_the_result_is_shown_and_nothing_is_kept(client, changes):
    response = fill(client, upto="projet", **changes)
    assert response["Location"] == "/demande/reponse/"
    page = client.get(response["Location"])
    text = text_of(page)
    assert "Beauvais est hors du Grand Compiégnois" in text
    assert "Conseillers-entreprises" in text
    assert "le service économique de votre intercommunalité (CA du Beauvaisis)" in text
    assert "la chambre de commerce ou de métiers de votre département (Oise) : CCI de l'Oise 03 44 79 80 81" in text
    assert 'href="tel:0344798081"' in page.content.decode()
    assert "le service économique de la Région Hauts-de-France" in text
    assert "Les plus proches de votre demande" in text
    assert not any(row_counts().values())
    assert "Être suivi" not in text
    assert client.post("/demande/contact/", CONTACT)["Location"] == "/demande/reponse/"
    assert not any(row_counts().values())


@pytest.mark.django_db
def test_a_commune_of_another_region_names_that_region(client):
    fill(client, upto="projet", entreprise={"commune": "Rennes (35238)"})
    text = text_of(client.get("/demande/reponse/"))
    assert "Région Bretagne" in text
    assert "CCI de l'Oise" not in text  # not theirs


@pytest.mark.django_db
def test_correcting_the_commune_from_outside_goes_on(client):
    fill(client, upto="projet", entreprise={"commune": OUTSIDE})
    assert client.post("/demande/entreprise/", FIRM)["Location"] == "/demande/reponse/"
    assert "Être suivi par un développeur économique" in text_of(client.get("/demande/reponse/"))
    assert client.post("/demande/contact/", CONTACT)["Location"].startswith("/resultat/")


@pytest.mark.django_db
def test_a_moment_to_be_called_is_kept_beside_a_number_only(client):
    fill(client, contact={"phone": ""})
    assert ours(Submission).get().call_slot == "any"


@pytest.mark.django_db
def test_when_to_be_called_shows_with_a_number_and_says_so_where_it_shows_without(client):
    fill(client, upto="projet")
    page = client.get("/demande/reponse/")
    block = page.content.decode().partition('class="with-number"')[2].partition("</fieldset>")[0]
    assert "Si vous avez donné un numéro." in block
    assert re.search(r'name="phone"[^>]* placeholder=" "', page.content.decode())  # by which the style sheet knows


def test_the_words_of_the_alerts_are_short_and_say_what_they_stand_for():
    label = str(ContactForm.base_fields["alerts"].label)
    assert len(label.split()) < 15
    for word in ("Écrivez-moi", "paraît", "ouvre", "change", "ferme", "facultatif"):
        assert word in label
