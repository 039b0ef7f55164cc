"""Two sheets of one scheme, on a phone, by keyboard and without JavaScript: from the list to one address for both.

With JavaScript, axe reads each page on a phone and on a desk.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Service, look, sign_in

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
EDITOR, APPROVER = "hugo.lemaire@jonction.example", "elise.fontaine@jonction.example"
LIST = "/administration/schemes/duplicatepair/"
GONE, STAYS = "hdf-pass-cyber-conseil", "hdf-pass-cyber-investissement"
PAIR = f"""
from tests.schemes.ingestion.duplicates.pairs import make_pair
from tests.schemes.people import get_scheme

make_pair(get_scheme("{GONE}"), get_scheme("{STAYS}"), chance=1.0)
"""


def enter(context, service: Service, who: str, path: str) -> Page:
    page = context.new_page()
    page.goto(f"{service.url}{path}")
    sign_in(page, who)
    page.goto(f"{service.url}{path}")
    return page


def press(page: Page, name: str) -> None:
    """Press a button with the keyboard alone."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")


@pytest.mark.slow
def test_two_sheets_of_one_scheme_become_one_address(service: Service, open_context):
    service.run(PAIR)
    phone = enter(open_context(javascript=False), service, EDITOR, LIST)
    phone.locator("#result_list tbody a").first.click()
    expect(phone.get_by_role("heading", name="Ce qui rapproche")).to_be_visible()
    pair = phone.url
    press(phone, "Même dispositif")

    expect(phone.get_by_text("Une seule fiche reste.")).to_be_visible()
    form = phone.url
    press(phone, "Proposer cette fusion")
    expect(phone.get_by_text("Choisissez la fiche qui reste.")).to_be_visible()
    phone.get_by_label(STAYS).check()
    phone.get_by_label("Pourquoi c’est le même dispositif").fill("Un seul guichet, une seule page.")
    press(phone, "Proposer cette fusion")
    expect(phone.get_by_text("Fusion proposée")).to_be_visible()
    fusion = phone.url
    expect(phone.get_by_role("button", name="Réunir ces deux fiches")).to_have_count(0)

    other = enter(open_context(javascript=False), service, APPROVER, fusion.removeprefix(service.url))
    press(other, "Réunir ces deux fiches")
    expect(other.get_by_text("mène maintenant à")).to_be_visible()
    visitor = open_context(javascript=False).new_page()
    answer = visitor.goto(f"{service.url}/dispositifs/{GONE}/")
    assert answer is not None
    assert answer.url == f"{service.url}/dispositifs/{STAYS}/"

    other.get_by_label("Pourquoi").fill("Ce sont deux chèques.")
    press(other, "Défaire la fusion")
    expect(other.get_by_text("est de retour")).to_be_visible()
    visitor.goto(f"{service.url}/dispositifs/{GONE}/")
    assert visitor.url == f"{service.url}/dispositifs/{GONE}/"

    desk = enter(open_context(width=1280, height=900), service, APPROVER, LIST)
    for name, address in (("paire", pair), ("reunir", form), ("fusion", fusion)):
        desk.goto(address)
        look(desk, f"doublons-{name}")
