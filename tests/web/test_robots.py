"""Robots that file: they are asked to press again; a person loses nothing by it."""

import time

import pytest

from backend.matchmaking.models import Submission
from backend.notifications.models import Notification
from tests.neighbour import ours
from tests.web.conftest import CONTACT, fill, text_of

pytestmark = pytest.mark.django_db
TRAPPED = {**CONTACT, "site_internet": "https://achat.example"}


def asked_again(response):
    assert response.status_code == 200
    assert "Appuyez encore une fois" in text_of(response)
    assert response.context["form"]["email"].value() == CONTACT["email"]
    assert not ours(Submission).exists()
    assert not ours(Notification).exists()
    return True


def test_a_filled_trap_files_nothing(client):
    assert asked_again(fill(client, contact=TRAPPED))


def test_the_trap_is_out_of_sight_of_people_and_of_what_fills_forms_for_them(client):
    fill(client, upto="projet")
    html = client.get("/demande/reponse/").content.decode()
    trap = html[html.index('<div class="trap"') :]
    trap = trap[: trap.index("</div>")]
    assert 'aria-hidden="true"' in trap
    assert 'tabindex="-1"' in trap
    assert 'autocomplete="off"' in trap
    assert "Ne remplissez pas ce champ" in trap


def test_someone_whose_browser_filled_the_trap_presses_again_and_has_filed(client):
    response = fill(client, contact=TRAPPED)
    assert 'name="site_internet"' not in response.content.decode()
    assert client.post("/demande/contact/", TRAPPED)["Location"].startswith("/resultat/")
    assert ours(Submission).count() == 1


def test_four_pages_in_no_time_file_nothing_until_time_has_passed(client, settings):
    settings.FILING_SECONDS = 3600
    assert asked_again(fill(client))
    assert asked_again(client.post("/demande/contact/", CONTACT, follow=True))
    settings.FILING_SECONDS = 0.01  # has passed: a machine that is busy takes longer over each page
    assert client.post("/demande/contact/", CONTACT)["Location"].startswith("/resultat/")


@pytest.mark.slow
def test_going_back_and_forth_does_not_start_the_clock_again(client, settings):
    fill(client, upto="projet")
    time.sleep(1)
    settings.FILING_SECONDS = 1
    client.get("/demande/")
    assert fill(client)["Location"].startswith("/resultat/")


def test_a_mistake_is_told_before_the_trap(client):
    response = fill(client, contact={**TRAPPED, "email": "camille@"})
    assert response.status_code == 200
    assert "Cette adresse n’est pas complète" in text_of(response)
    assert "Appuyez encore une fois" not in text_of(response)
