"""The answer before any name, in a browser: its states, a call asked for on a phone, and the officer who makes it."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Service, fits_a_phone, look, sign_in, take_time

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
OFFICER, ELSEWHERE = "claire.vasseur@jonction.example", "julien.mercier@jonction.example"


def state(page: Page, service: Service, text: str, *, commune: str = "Compiègne", name: str = "") -> None:
    """Go from the first page to the answer, or to the step on the project."""
    page.goto(f"{service.url}/demande/")
    page.get_by_label("De quoi avez-vous besoin").fill(text)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_text("Remplir à la main").click()
    page.get_by_label("Nom de l’entreprise").fill(name)
    page.get_by_label("Commune du site").fill(commune)
    page.get_by_role("button", name="Continuer").click()


@pytest.mark.slow
def test_each_state_of_the_answer_reads_on_a_phone_and_on_a_desk(service: Service, open_context):
    page = open_context().new_page()
    state(page, service, "refaire mon escalier")
    expect(page.get_by_role("group", name="Qu’avez-vous en tête")).to_be_visible()
    look(page, "reponse-a-confirmer")
    page.get_by_role("button", name="Voir les dispositifs").click()  # nothing is ticked
    expect(page.get_by_role("alert")).to_contain_text("une case au moins")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Voir les dispositifs").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for _ in range(4):  # back over all that was sent: no page asks to send it again
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    page = open_context().new_page()
    state(page, service, "asdfgh qwerty")
    expect(page.get_by_role("heading", level=1)).to_contain_text("pas bien compris")
    look(page, "reponse-non-comprise")
    page = open_context().new_page()
    state(page, service, "Je cherche deux soudeurs", commune="Beauvais")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Beauvais est hors du Grand Compiégnois")
    expect(page.locator("#rappel")).to_have_count(0)
    look(page, "reponse-hors-territoire")


@pytest.mark.slow
def test_the_answer_of_very_different_firms_fits_a_phone(service: Service, open_context):
    firms = {
        "Nous voulons recruter deux développeurs et exporter en Allemagne.": ("6201Z", "57", "12"),
        "Je veux acheter un véhicule électrique et me faire connaître sur internet.": ("4334Z", "10-micro", "0"),
        "Menuiserie à Compiègne, 8 salariés. On cherche un apprenti et un local plus grand.": (
            "",
            "",
            "",
        ),
    }
    for text, (naf, legal_form, headcount) in firms.items():
        page = open_context().new_page()
        page.goto(f"{service.url}/demande/")
        page.get_by_label("De quoi avez-vous besoin").fill(text)
        page.get_by_role("button", name="Continuer").click()
        page.get_by_text("Remplir à la main").click()
        page.get_by_label("Nom de l’entreprise").fill("Établissements du Quai")
        page.get_by_label("Commune du site").fill("Compiègne")
        page.get_by_label("Code APE (NAF)").fill(naf)
        page.get_by_label("Forme juridique").select_option(legal_form)
        page.get_by_role("button", name="Continuer").click()
        page.get_by_label("Combien de salariés").fill(headcount)
        page.get_by_role("button", name="Continuer").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Établissements du Quai")
        fits_a_phone(page)


@pytest.mark.cases(1)
@pytest.mark.parametrize("javascript", [True, False], ids=["js", "html"])
def test_a_card_is_answered_in_one_tap_before_any_name(service: Service, open_context, javascript):
    page = open_context(javascript=javascript).new_page()
    state(page, service, "Je cherche deux soudeurs", name="Fonderie du Quai (inventée)")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Fonderie du Quai")
    fits_a_phone(page)
    card = page.locator(".shortlist .scheme").filter(has=page.get_by_role("button", name="C’est le cas")).first
    name = card.get_by_role("heading").inner_text()
    button = card.get_by_role("button", name="C’est le cas")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    seen = "([x, y]) => document.elementFromPoint(x, y)?.closest('button')?.value"
    assert page.evaluate(seen, middle) == "yes"  # no line that is cut hides it
    asked = card.locator("dd.asked").inner_text()
    button.click()
    expect(page.locator(".messages")).to_contain_text("C’est noté")
    again = page.locator(".shortlist .scheme").filter(has=page.get_by_role("heading", name=name))
    expect(again.filter(has_text=asked.split(chr(10))[0])).to_have_count(0)
    look(page, f"reponse-carte-{javascript}", javascript=javascript)


def test_a_part_opened_on_a_slow_line_is_fetched_when_htmx_is_there(service: Service, open_context):
    page = open_context().new_page()
    state(page, service, "Je cherche deux soudeurs", name="Fonderie du Quai (inventée)")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Fonderie du Quai")
    late: list[Route] = []
    page.route("**/htmx-*.js", lambda held: late.append(held))
    page.goto(page.url, wait_until="commit")
    card = page.locator("article.scheme").first
    card.locator("summary", has_text="Conditions et sources").click()
    expect(card.get_by_role("link", name="Voir chaque condition")).to_be_visible()
    for held in late:
        held.continue_()
    expect(card.locator(".criteria li .outcome").first).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False], ids=["js", "html"])
def test_call_me_takes_a_number_and_the_officer_opens_a_file(service: Service, open_context, javascript):
    name = f"Camille {'Script' if javascript else 'Simple'}"
    page = open_context(javascript=javascript).new_page()
    state(page, service, "Je cherche deux soudeurs", name="Fonderie du Pont (inventée)")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Fonderie du Pont")
    page.locator("summary", has_text="Rappelez-moi").click()
    page.locator("#rappel").get_by_role("button", name="Être rappelé").click()
    expect(page.get_by_role("alert")).to_contain_text("À quel numéro")
    look(page, f"rappel-{javascript}-erreur", javascript=javascript)
    page.get_by_label("À quel numéro").fill("0353016077")
    page.get_by_label("Qui demander").fill(name)
    take_time(page)
    page.locator("#rappel").get_by_role("button", name="Être rappelé").click()
    expect(page.locator("#rappel")).to_contain_text("C’est noté")
    look(page, f"rappel-{javascript}-note", javascript=javascript)

    desk = open_context(width=1280, height=900, javascript=javascript).new_page()
    desk.goto(f"{service.url}/agent/?etat=a-rappeler")
    sign_in(desk, OFFICER)
    asked = desk.get_by_role("listitem").filter(has_text=name)
    expect(asked).to_contain_text("Non vérifié")
    look(desk, f"rappel-{javascript}-file-attente", javascript=javascript)
    asked.get_by_role("link", name="Ouvrir un dossier").click()
    desk.get_by_label("Son adresse électronique").fill(f"{name.split()[1].lower()}@fonderie.example")
    desk.get_by_role("button", name="Ouvrir le dossier").click()
    expect(desk.get_by_role("alert")).to_contain_text("Sans son accord")
    look(desk, f"rappel-{javascript}-dossier-erreur", javascript=javascript)
    desk.get_by_label("Au téléphone, la personne accepte").check()
    desk.get_by_role("button", name="Ouvrir le dossier").click()
    expect(desk.locator("main")).to_contain_text("accord noté par Claire Vasseur")

    other = open_context(width=1280, height=900, javascript=javascript).new_page()
    other.goto(f"{service.url}/agent/")
    sign_in(other, ELSEWHERE)
    expect(other.get_by_role("heading", level=1)).to_contain_text("Demandes")
    other.goto(f"{service.url}/agent/?etat=a-rappeler")
    expect(other.locator("main")).to_contain_text("Personne n’attend d’appel")


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False], ids=["js", "html"])
def test_a_firm_that_left_no_number_is_called_from_its_filed_answer(service: Service, open_context, javascript):
    page = open_context(javascript=javascript).new_page()
    way = "js" if javascript else "html"
    state(page, service, "Je cherche deux soudeurs", name=f"Fonderie du Gué {way} (inventée)")
    page.locator("summary", has_text="Être suivi par un développeur économique").click()
    contact, slot = page.locator("#contact"), page.get_by_role("group", name="Quand vous rappeler")
    contact.get_by_label("Votre nom").fill("Camille Roux")
    contact.get_by_label("Votre adresse électronique").fill(f"gue-{way}@fonderie.example")
    expect(slot).to_be_hidden()
    contact.get_by_label("Votre téléphone").fill("0353016077")
    expect(slot).to_be_visible()
    contact.get_by_label("Votre téléphone").fill("")
    expect(slot).to_be_hidden()
    contact.get_by_label("J’accepte").check()
    take_time(page)
    contact.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("C’est envoyé")
    fits_a_phone(page)
    page.locator("summary", has_text="Être appelé").click()
    page.get_by_label("À quel numéro").fill("0353016077")
    page.get_by_label("le matin").check()
    look(page, f"etre-appele-{way}", javascript=javascript)
    page.get_by_role("button", name="Être appelé").click()
    expect(page.locator("#etre-appele")).to_contain_text("vous appelle au 03 53 01 60 77, si possible le matin")
    fits_a_phone(page)
    look(page, f"etre-appele-{way}-note", javascript=javascript)
