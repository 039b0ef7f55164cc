"""The firm step on a phone: one box, the State's register behind it, and the way by hand where that has no answer."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.common.sites import site
from tests.companies.test_register import a_firm, a_site, answer
from tests.e2e.conftest import Service, look
from tests.e2e.hands import MOST_TAPS, Hand

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
SIRET, CLOSED = "99999995600017", "99999995600025"
SECOND = "TOLERIE DE L'OISE"


def to_firm(page: Page, service: Service) -> Hand:
    hand = Hand(page)
    page.goto(service.url)
    hand.tap(page.get_by_role("link", name="Décrire mon besoin").first)
    hand.write("De quoi avez-vous besoin", "Je cherche deux soudeurs et un robot")
    hand.button("Continuer")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre entreprise")
    return hand


def to_answer(hand: Hand) -> None:
    hand.button("Continuer")
    expect(hand.page).to_have_url(re.compile("/(projet|reponse)/$"))
    if hand.page.url.endswith("/projet/"):
        expect(hand.page.locator("main")).to_contain_text("Le registre dit")
        hand.button("Continuer")
    expect(hand.page).to_have_url(f"{hand.page.url.partition('/demande/')[0]}/demande/reponse/")
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text("CHAUDRONNERIE DU BAC")
    assert hand.taps <= MOST_TAPS, hand.taps


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False], ids=["js", "html"])
def test_a_boss_who_knows_his_siret_never_types_the_rest(service: Service, open_context, javascript):
    page = open_context(javascript=javascript).new_page()
    hand = to_firm(page, service)
    look(page, f"entreprise-{javascript}-boite", javascript=javascript)
    hand.write("Nom, SIRET ou SIREN", SIRET)
    if not javascript:
        hand.button("Rechercher")
    establishment = page.get_by_role("button", name="CHAUDRONNERIE DU BAC")
    expect(establishment).to_contain_text("Compiègne – siège, ouvert")
    look(page, f"entreprise-{javascript}-trouvee", javascript=javascript)
    hand.tap(establishment)
    expect(page.locator("main")).to_contain_text("Sirene, au 31/10/2026")
    look(page, f"entreprise-{javascript}-choisie", javascript=javascript)
    to_answer(hand)
    expect(page.locator("body")).not_to_contain_text(SECOND)


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False], ids=["js", "html"])
def test_names_closed_sites_who_opposes_and_a_register_that_is_down(service: Service, open_context, javascript):
    page = open_context(javascript=javascript).new_page()
    hand = to_firm(page, service)

    def look_for(text: str) -> None:
        page.get_by_label("Nom, SIRET ou SIREN").fill(text)
        hand.button("Rechercher")
        page.wait_for_url("**/chercher/?q=*")

    look_for("usinage")
    expect(page.locator("button.site")).to_have_count(2)
    look_for(CLOSED)
    expect(page.locator("main")).to_contain_text("cet établissement est fermé depuis le 27 février 2026")
    expect(page.locator("button.site")).to_have_count(1)
    look(page, f"entreprise-{javascript}-fermee", javascript=javascript)
    with site(port=service.register_port) as state:
        state.page("/search", answer(a_firm(statut_diffusion="P", nom_raison_sociale="GARAGE DE LA FORET")))
        look_for(f"garage de la foret {javascript}")
        expect(page.locator("main")).to_contain_text("ne souhaite pas y paraître")
        expect(page.locator("main")).not_to_contain_text("GARAGE DE LA FORET")
        expect(page.get_by_label("Nom de l’entreprise")).to_have_value(f"garage de la foret {javascript}")
        look(page, f"entreprise-{javascript}-absente", javascript=javascript)
        state.page(
            "/search", answer(a_firm(nom_raison_sociale=f"FONDERIE {javascript}", siege=a_site(commune="60057")))
        )
        look_for(f"fonderie de beauvais {javascript}")
        expect(page.locator("button.site")).to_contain_text("Beauvais, hors du territoire")
        state.page("/search", answer())
    look_for(f"loin d’ici {javascript}")
    expect(page.locator("main")).to_contain_text("Le registre des entreprises ne répond pas en ce moment")
    look(page, f"entreprise-{javascript}-panne", javascript=javascript)
    page.get_by_label("Commune du site").fill("Compiègne")
    hand.button("Continuer")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Votre entreprise")


@pytest.mark.slow
def test_the_step_is_walked_by_keyboard(service: Service, open_context):
    page = open_context().new_page()
    to_firm(page, service)
    press_until(page, "#id_q")
    page.keyboard.type("chaudronnerie bac")
    expect(page.locator("button.site")).to_have_count(1)
    press_until(page, "button.site")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Sirene, ")
    press_until(page, "summary")
    page.keyboard.press("Enter")
    press_until(page, "#id_commune")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Jaux")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Votre entreprise")
    page.goto(f"{service.url}/demande/entreprise/")
    expect(page.locator("main")).to_contain_text("Jaux")
    expect(page.locator("main")).to_contain_text("votre réponse")
    look(page, "entreprise-corrigee")


def test_a_firm_goes_from_the_first_page_to_its_answer_by_keyboard_alone(service: Service, open_context):
    page = open_context().new_page()
    page.goto(service.url)
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "main a[href$='/demande/']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre besoin")
    press_until(page, "textarea")
    page.keyboard.type("Je veux recruter un apprenti soudeur")
    press_until(page, "main form button.btn-lg")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre entreprise")
    press_until(page, "#id_q")
    page.keyboard.type(SIRET)
    expect(page.locator("button.site")).to_have_count(1)
    press_until(page, "button.site")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Sirene, ")
    while not page.url.endswith("/reponse/"):  # the step on the project, where a likely scheme reads it
        here = page.url
        press_until(page, "main form button.btn-lg")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url, here=here: url != here)
    expect(page.get_by_role("heading", level=1)).to_contain_text("CHAUDRONNERIE DU BAC")
    press_until(page, ".asked button[value=yes]")  # what a card asks
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("C’est noté")
    press_until(page, ".scheme summary")
    page.keyboard.press("Enter")
    expect(page.locator(".scheme .criteria li .outcome").first).to_be_visible()
    press_until(page, "#contact > summary")
    page.keyboard.press("Enter")
    press_until(page, "#id_contact_name")
    expect(page.locator("body")).not_to_contain_text(SECOND)


def press_until(page: Page, selector: str) -> None:
    """Go on with Tab until something has focus."""
    for _ in range(90):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} is never reached with Tab")
