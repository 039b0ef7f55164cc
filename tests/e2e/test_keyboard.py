"""An officer’s morning, never touching the mouse: thirty files in the long suite, twelve in ./test."""

import os
import re

import pytest
from playwright.sync_api import Page, expect

from backend.web.views.queue import PER_PAGE
from tests.e2e.conftest import DESK, Service, look, sign_in

pytestmark = pytest.mark.parametrize("service", [DESK], indirect=True)
N_FILES = 30 if os.environ.get("JONCTION_LONG") == "1" else 12  # every reason once, and a scheme kept
OFFICER = "claire.vasseur@jonction.example"
FILE_THEM = """
from tests.factories import make_submission
from backend.common.days import current_day
for number in range({n}):
    make_submission(
        confirmed=True, on=current_day(), company_name=f"Clavier {{number:02d}}", siret="", siren="",
        email=f"clavier{{number}}@firm.example", facts={{"project.horizon": "under_3_months"}},
        needs=("competences.recruter",), text="",
    )
"""
# What is kept in this tab, by the names of its fields; htmx keeps something beside.
UNSENT = """Object.keys(sessionStorage).filter(key => key.startsWith("jonction.unsent ")).map(
    key => key.split(" ")[2])"""
# How each file is decided, in turn: keys pressed on its first scheme, then what must be seen of it.
REASONS = [
    ("wrong_criterion", "un critère du dispositif est faux"),
    ("wrong_fact", "un fait de l’entreprise est faux"),
    ("already_has_it", "l’entreprise l’a déjà"),
    ("asked_and_refused", "déjà demandé, refusé"),
    ("project_started", "le projet est déjà commencé"),
    ("deadline_too_close", "la date limite est trop proche"),
    ("not_worth_it", "le montant ne vaut pas la démarche"),
    ("not_interested", "l’entreprise n’en veut pas"),
    ("better_alternative", "un autre dispositif convient mieux"),
    ("partner_first", "il faut d’abord un partenaire"),
    ("other", "autre raison"),
]


def choose(page: Page, value: str) -> None:
    """Choose in the list that has focus, by arrow keys alone."""
    for _ in range(20):
        if page.evaluate("document.activeElement.value") == value:
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"{value} cannot be chosen with the arrow keys")


def tab_to(page: Page, selector: str) -> None:
    """Go on with Tab until something has focus."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"Tab does not reach {selector}")


def set_aside(page: Page, reason: str) -> None:
    page.keyboard.press("e")
    expect(page.locator("select[name=reason]:focus")).to_be_visible()  # fetched, then focused
    choose(page, reason)
    if reason == "wrong_fact":
        tab_to(page, "select[name=fact]")
        choose(page, "headcount")
    elif reason == "better_alternative":
        tab_to(page, "input[name=alternative]")
        page.keyboard.type("PMSMP")
        name = page.locator("datalist[id^=dispositifs] option").nth(0).get_attribute("value")
        page.keyboard.press("Control+A")
        page.keyboard.type(str(name))
    elif reason == "partner_first":
        tab_to(page, "input[name=partner]")
        page.keyboard.type("un laboratoire")
    elif reason == "other":
        tab_to(page, "textarea[name=comment]")
        page.keyboard.type("Le guichet ne répond plus.")
    tab_to(page, "button[value=rejected]")
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.slow
def test_a_morning_of_files_is_reviewed_by_keyboard_alone(service: Service, open_context):
    service.run(FILE_THEM.format(n=N_FILES))
    page = open_context(width=1280, height=900).new_page()
    page.goto(f"{service.url}/agent/?recherche=Clavier")
    sign_in(page, OFFICER)
    page.goto(f"{service.url}/agent/?recherche=Clavier")
    expect(page.get_by_role("row")).to_have_count(min(N_FILES, PER_PAGE) + 1)
    look(page, f"clavier-{service.day}-01-file-attente")
    page.locator("body").press("j")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    seen = set()
    for number in range(N_FILES):
        seen.add(page.url.split("#")[0])
        page.keyboard.press("j")
        expect(page.locator("[id^=d-]:focus")).to_have_id(re.compile(r"^d-\d+$"))
        scheme = page.evaluate("document.activeElement.id")
        with page.expect_navigation():
            page.keyboard.press("r")
        expect(page.locator(f"#{scheme}")).to_be_focused()  # one goes on from where one was
        expect(page.locator(f"#{scheme} .tags")).to_contain_text("Retenu")
        if number == 0:  # taken back, then kept again
            with page.expect_navigation():
                page.keyboard.press("u")
            expect(page.locator(f"#{scheme} .tags")).not_to_contain_text("Retenu")
            with page.expect_navigation():
                page.keyboard.press("r")
        page.keyboard.press("j")
        expect(page.locator(f"[id^=d-]:focus:not(#{scheme})")).to_be_visible()
        second = page.evaluate("document.activeElement.id")
        reason, words = REASONS[number % len(REASONS)]
        set_aside(page, reason)
        expect(page.locator(f"#{second}")).to_contain_text(words)
        if number == 1:
            look(page, f"clavier-{service.day}-02-dossier")
            page.keyboard.press("n")
            page.keyboard.type("Une note au clavier.")
            tab_to(page, "input[name=audience]")
            page.keyboard.press("Space")
            tab_to(page, "button[type=submit]")
            with page.expect_navigation():
                page.keyboard.press("Enter")
            expect(page.locator("main")).to_contain_text("Une note au clavier.")
        with page.expect_navigation():
            page.locator("body").press("s")
    assert len(seen) == N_FILES
    page.goto(f"{service.url}/agent/?recherche=Clavier")  # none is left to read: all of them are shown
    expect(page).to_have_url(re.compile("etat=tous"))


@pytest.mark.slow
def test_what_was_typed_comes_back_after_another_button_until_it_is_sent(service: Service, open_context):
    service.run(FILE_THEM.replace("Clavier", "Tiroir").replace("clavier", "tiroir").format(n=1))
    page = open_context(width=1280, height=900).new_page()
    page.goto(f"{service.url}/agent/?recherche=Tiroir")
    sign_in(page, OFFICER)
    page.goto(f"{service.url}/agent/?recherche=Tiroir")
    with page.expect_navigation():  # keys pressed before would be for the list
        page.get_by_role("link", name="Tiroir 00").click()
    note, word = page.locator("textarea[name=text]"), page.locator("#fin textarea")
    page.keyboard.press("j")
    expect(page.locator("[id^=d-]:focus")).to_be_visible()
    scheme = page.evaluate("document.activeElement.id")
    page.keyboard.press("e")
    refusal = page.locator(f"#{scheme} textarea[name=message]")
    refusal.fill("Trop tôt pour vous.")
    page.get_by_text("Écrire une note…").click()
    note.fill("Rappeler jeudi.")
    word.fill("Commencez par PME+.")
    with page.expect_navigation():
        page.locator(f"#{scheme} button[value=kept]").click()
    expect(note).to_have_value("Rappeler jeudi.")
    expect(note).to_be_visible()  # its fold is open
    expect(word).to_have_value("Commencez par PME+.")
    expect(refusal).to_have_value("Trop tôt pour vous.")
    expect(page.locator(f"#{scheme}")).to_be_focused()
    with page.expect_navigation():  # refused: nobody was chosen to read it
        page.locator("form:has(textarea[name=text])").evaluate(
            "form => { form.noValidate = true; form.requestSubmit() }"
        )
    expect(note).to_have_value("Rappeler jeudi.")
    page.goto(page.url.replace("notes/", ""))
    expect(note).to_have_value("Rappeler jeudi.")
    page.locator("input[name=audience]").first.check()
    with page.expect_navigation():
        page.get_by_role("button", name="Enregistrer la note").click()
    expect(note).to_have_value("")
    page.reload()
    expect(note).to_have_value("")
    expect(word).to_have_value("Commencez par PME+.")
    with page.expect_navigation():
        page.get_by_role("button", name="Terminer la relecture").click()
    expect(page.locator("main")).to_contain_text("Relecture terminée")
    assert page.evaluate(UNSENT) == ["message"]  # the words of the refusal, which was not sent
    assert "PME+" not in page.evaluate("Object.values(sessionStorage).join()")
    page.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url(lambda url: "/agent/" not in url)
    assert page.evaluate(UNSENT) == []


def test_the_list_of_keys_is_read_where_one_is_and_gives_the_focus_back(service: Service, open_context):
    service.run(FILE_THEM.replace("Clavier", "Touche").replace("clavier", "touche").format(n=1))
    page = open_context(width=360, height=640).new_page()
    page.goto(f"{service.url}/agent/?recherche=Touche")
    sign_in(page, OFFICER)
    page.goto(f"{service.url}/agent/?recherche=Touche")
    with page.expect_navigation():
        page.get_by_role("link", name="Touche 00").click()
    page.emulate_media(reduced_motion="reduce")  # to be where one goes at once
    page.keyboard.press("j")
    expect(page.locator("[id^=d-]:focus")).to_be_visible()
    page.wait_for_function("scrollY > innerHeight")
    scheme, place = page.evaluate("document.activeElement.id"), page.evaluate("scrollY")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Raccourcis clavier")
    expect(keys).to_be_visible()
    expect(keys.get_by_role("button", name="Fermer")).to_be_focused()
    assert keys.evaluate("box => box.scrollWidth <= box.clientWidth && box.getBoundingClientRect().width <= 360")
    page.keyboard.press("j")  # while one reads, no key does anything
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    expect(page.locator(f"#{scheme}")).to_be_focused()
    assert page.evaluate("scrollY") == place
    page.keyboard.press("?")
    page.keyboard.press("Enter")
    expect(keys).to_be_hidden()
