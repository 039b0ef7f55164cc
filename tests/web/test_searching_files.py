"""A firm telephones: its file is found by what is heard, in whatever list it stands, and nobody else's is."""

import pytest

from backend.companies.models import Contact, FactSheet
from backend.matchmaking.reviews import end_review
from tests.factories import CCLO, DAY, make_call, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.shows_both("lists of all files are what is searched")]


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


@pytest.fixture
def submission():
    file = make_submission(confirmed=True)
    FactSheet.objects.filter(pk=file.sheet_id).update(name="Établissements Leclercq Tôlerie")
    contact = {"name": "Amélie Deschamps", "email": "a.deschamps@leclercq.example", "phone": "03 53 01 18 81"}
    Contact.objects.filter(pk=file.contact_id).update(**contact)
    return file


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    "words",
    [
        "etablissements leclercq",
        "LECLERCQ etab",
        "tolerie",
        "deschamps amelie",
        "amelie leclercq",  # of the firm and of who filed
        "a.deschamps@leclercq.example",
        "03 53 01 18 81",
        "0353011881",
        "+33 3 53 01 18 81",
        "03.53.01.18.81",
    ],
)
def test_a_file_is_found_by_what_is_heard(desk, submission, words):
    make_submission(confirmed=True, company_name="Menuiserie Dubois", email="dubois@menuiserie.example")
    page = text_of(desk.get("/agent/", {"recherche": words, "etat": "tous"}))
    assert "Établissements Leclercq Tôlerie" in page
    assert "Menuiserie Dubois" not in page


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    "words", ["leclercq dubois", "53 01", "01 18 81", "%", "_", "’", "03 53 01 18 82", "deschampsamelie"]
)
def test_what_no_file_says_finds_none(desk, submission, words):
    page = text_of(desk.get("/agent/", {"recherche": words, "etat": "tous"}))
    assert "Établissements Leclercq" not in page


def test_who_telephones_does_not_say_in_which_list_they_stand(desk, officer, submission):
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    response = desk.get("/agent/?recherche=leclercq&etat=a-lire", follow=True)
    assert response.redirect_chain == [("/agent/?etat=tous&recherche=leclercq", 302)]
    assert "Établissements Leclercq" in text_of(response)


def test_what_stands_in_other_lists_is_told_beside_what_stands_in_this_one(desk, officer, submission):
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    make_submission(confirmed=True, company_name="Leclercq Deux")
    response = desk.get("/agent/?recherche=leclercq&etat=a-lire")
    assert "1 ailleurs, dans « Tous »" in text_of(response)
    assert 'href="?etat=tous&amp;recherche=leclercq"' in response.content.decode()


def test_nothing_found_anywhere_stays_where_one_is(desk, submission):
    assert desk.get("/agent/?recherche=zeppelin&etat=a-lire").status_code == 200


def test_somebody_elses_file_is_not_found(client, submission):
    client.force_login(make_officer(CCLO))
    for words in ("leclercq", "0353011881", "a.deschamps@leclercq.example", submission.reference):
        response = client.get("/agent/", {"recherche": words}, follow=True)
        assert "Établissements Leclercq" not in text_of(response)
        assert not response.redirect_chain


def test_a_call_that_is_asked_for_is_found_too(desk, client, submission):
    make_call(name="Mehdi Boulanger", company_name="Garage du Pont", phone="03 53 01 22 22")
    make_call(name="Chantal Morel", phone="03 53 01 33 33")
    make_call(CCLO, name="Mehdi Elsewhere", phone="03 53 01 44 44")
    for words in ("mehdi", "garage", "0353012222"):
        response = desk.get("/agent/", {"recherche": words, "etat": "tous"})
        assert "1 à rappeler" in text_of(response), words
        calls = text_of(desk.get("/agent/", {"recherche": words, "etat": "a-rappeler"}))
        assert "Mehdi Boulanger" in calls
        assert "Chantal Morel" not in calls
        assert "Elsewhere" not in calls
