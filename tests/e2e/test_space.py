"""A contact finds its requests, begins another one without typing its firm, and goes on with it on another device."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Service, look, take_time
from tests.e2e.messages import link, wait_for_message

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
FILE_THEM = """
from tests.factories import make_submission
from backend.common.days import current_day
for name, number, confirmed in (
    ("Tôlerie du Premier", "999999956", True),
    ("Fonderie de la Seconde", "999999972", True),
    ("Dite Mienne", "", False),
):
    make_submission(
        confirmed=confirmed, on=current_day(), company_name=name, siren=number, siret="", email="{address}",
        needs=("competences.recruter",), text="",
    )
"""


def open_space(page: Page, service: Service, address: str) -> None:
    page.goto(service.url)
    page.get_by_role("navigation", name="Menu principal").get_by_role("link", name="Mon espace").click()
    page.get_by_label("Votre adresse électronique").fill(address)
    page.get_by_role("button", name="Recevoir le lien").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Regardez vos courriels")
    page.goto(link(wait_for_message(service, address, "30 minutes"), "acces"))


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [False, True])
def test_a_contact_begins_another_request_from_its_space(service: Service, open_context, javascript):
    way = "js" if javascript else "html"
    address = f"espace-{way}@firm.example"
    service.run(FILE_THEM.replace("{address}", address))
    page = open_context(javascript=javascript).new_page()

    def see(name: str) -> None:
        look(page, f"espace-{way}-{name}", javascript=javascript)

    # One link, all requests: firm by firm, and one that somebody filed under this address.
    open_space(page, service, address)
    see("1-lien")
    page.get_by_role("button", name="Ouvrir mon espace").click()
    for name in ("Tôlerie du Premier", "Fonderie de la Seconde"):
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    see("2-liste")
    firm = page.locator("section", has=page.get_by_role("heading", name="Tôlerie du Premier"))
    expect(firm).not_to_contain_text("Seconde")

    # Another project: the firm is not typed again.
    firm.get_by_role("button", name="Nouvelle demande pour cette entreprise").click()
    page.get_by_label("De quoi avez-vous besoin").fill("Un robot de soudage.")
    page.get_by_role("button", name="Continuer").click()
    expect(page).to_have_url(re.compile("/(projet|reponse)/$"))
    if page.url.endswith("/demande/projet/"):
        page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("pour Tôlerie du Premier")

    # Gone on with where it was left.
    page.goto(f"{service.url}/espace/")
    expect(page.locator("main")).to_contain_text("Un robot de soudage.")
    see("3-commencee")
    page.get_by_role("button", name="Reprendre").click()
    page.locator("summary", has_text="Être suivi par un développeur économique").click()
    expect(page.locator("#contact")).to_contain_text(address)
    page.get_by_label("J’accepte").check()
    see("4-accord")
    take_time(page)
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.locator("main")).to_contain_text("n’est pas encore relue")  # confirmed at once

    page.goto(f"{service.url}/espace/")
    expect(page.locator("main")).not_to_contain_text("Commencées, pas envoyées")
    page.get_by_role("button", name="Fermer mon espace").click()
    page.goto(f"{service.url}/espace/")
    expect(page.get_by_label("Votre adresse électronique")).to_be_visible()
