"""One firm, from its phone to the officer's decision and back: shortly, then whole, on two days and in two ways.

The short walk is that of ./test: axe reads what a boss, an officer and a lead see first, and scripts do what they do.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Service, fits_a_phone, look, sign_in, take_time, wait_for
from tests.e2e.messages import body, link, messages_to, wait_for_message

EXPECTED = yaml.safe_load((Path(__file__).parent / "expected_schemes.yaml").read_text())
ARC_OFFICER, OTHER_OFFICER = "claire.vasseur@jonction.example", "julien.mercier@jonction.example"
LEAD = "marc.delaunay@jonction.example"
TEXT = "Je ne trouve pas de soudeurs 🔥 <b>et</b> je voudrais un robot ; mes équipes du matin n’ont aucun bus."

# What the service does by itself at five past seven.
NEXT_MORNING = """
from django.utils import timezone
from backend.common.days import add_working_days, current_day
from backend.matchmaking.escalation import tell_who_waits
# Whatever the day of the service is, an address is confirmed on that of the clock.
tell_who_waits(on=add_working_days(max(current_day(), timezone.localdate()), 1))
"""


# The other day, a service of its own, with JONCTION_LONG=1.
WAYS = [("2026-11-24", True), ("2026-11-24", False)]
if os.environ.get("JONCTION_LONG") == "1":
    WAYS += [("2027-01-02", True), ("2027-01-02", False)]


@pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
def test_a_boss_files_an_officer_answers_and_a_lead_reads_the_figures(service: Service, open_context):
    name, address = "Chaudronnerie du Quai (inventée)", "dirigeante@quai.example"
    page = open_context().new_page()
    page.goto(service.url)
    look(page, "parcours-accueil")
    page.get_by_role("link", name="Décrire mon besoin").first.click()
    page.get_by_label("De quoi avez-vous besoin").fill(TEXT)
    look(page, "parcours-besoin")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_text("Remplir à la main").click()
    page.get_by_label("Nom de l’entreprise").fill(name)
    page.get_by_label("Commune du site").fill("Lacroix Saint Ouen")
    page.get_by_label("Code APE (NAF)").fill("code")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "parcours-entreprise-erreur")
    page.get_by_label("Code APE (NAF)").fill("2562b")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Continuer").click()  # nothing of the project is known
    expect(page.get_by_role("heading", level=1)).to_contain_text("Par quoi commencer, pour Chaudronnerie du Quai")
    before = shown(page)
    assert 3 <= len(before) <= 5
    fits_a_phone(page)
    look(page, "parcours-reponse")
    page.locator("summary", has_text="Être suivi par un développeur économique").click()
    page.get_by_label("Votre nom").fill("Camille Roux")
    page.get_by_label("Votre adresse électronique").fill(address)
    page.get_by_label("J’accepte").check()
    take_time(page)
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("C’est envoyé : confirmez votre adresse")
    assert shown(page) == before
    page.goto(link(wait_for_message(service, address, "[Cc]onfirme"), "confirmer"))
    page.get_by_role("button", name="Confirmer mon adresse").click()
    expect(page.locator("main")).to_contain_text("n’est pas encore relue")
    fits_a_phone(page)

    desk = open_context(width=1280, height=900).new_page()
    desk.goto(f"{service.url}/agent/")
    sign_in(desk, ARC_OFFICER)
    look(desk, "parcours-file-attente")
    desk.get_by_label("Entreprise, contact, téléphone, SIREN ou numéro").fill(name)
    desk.get_by_role("button", name="Chercher").click()
    expect(desk).to_have_url(re.compile("recherche="))
    desk.locator("body").press("j")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile(r"/agent/\d+/"))
    expect(desk.get_by_role("heading", level=1)).to_contain_text(name)
    file_url = desk.url.partition("?")[0].partition("#")[0]
    look(desk, "parcours-dossier")
    on_the_call_sheet(desk, f"{file_url}appel/")
    desk.goto(file_url)
    word = desk.locator("form[action$='/terminer/'] textarea")
    word.fill("Je vous appelle jeudi.")
    kept, refused = before[:2]
    with deciding(desk, str(kept), javascript=True) as card:
        card.focus()
        desk.keyboard.press("r")
    expect(word).to_have_value("Je vous appelle jeudi.")  # what was typed stays after another button
    with deciding(desk, str(refused), javascript=True) as card:
        card.locator("summary", has_text="Écarter").click()
        card.get_by_label("Raison").select_option("already_has_it")  # fetched
        card.get_by_role("button", name="Écarter").click()
    desk.get_by_role("button", name="Terminer la relecture").click()
    expect(desk.locator("main")).to_contain_text("Relecture terminée")
    assert "jeudi" not in desk.evaluate("Object.values(sessionStorage).join()")  # once it is sent, no longer
    without_shortcuts(desk)

    told = wait_for_message(service, address, "a relu")
    assert "Je vous appelle jeudi." in body(told)
    page.goto(link(told, "resultat"))
    assert shown(page)[0] == kept
    expect(page.locator("details", has_text="Écartés après relecture")).to_contain_text("vous l’avez déjà")
    look(page, "parcours-resultat-relu")

    # An officer of another intercommunality does not even learn that the file exists; the lead reads figures.
    desk.context.clear_cookies()
    desk.goto(f"{service.url}/agent/")
    sign_in(desk, OTHER_OFFICER)
    answer = desk.goto(file_url)
    assert answer is not None
    assert answer.status == 404
    desk.context.clear_cookies()
    desk.goto(f"{service.url}/agent/")
    sign_in(desk, LEAD)
    desk.goto(f"{service.url}/territoire/?depuis=tout")
    expect(desk.get_by_role("navigation", name="Pages du territoire")).to_be_visible()
    expect(desk.locator("main")).not_to_contain_text(name)
    look(desk, "parcours-territoire")


@pytest.mark.slow
@pytest.mark.parametrize(("service", "javascript"), WAYS, indirect=["service"])
def test_a_firm_files_and_its_officer_answers(service: Service, open_context, javascript):
    address = f"dirigeant-{service.day}-{'js' if javascript else 'html'}@chaudronnerie.example"
    tag = f"{'js' if javascript else 'html'}-{service.day}"
    name = f"Chaudronnerie du Bac, {tag} (inventée)"  # of this walk alone, where another one ended half-way

    def see(page: Page, name: str) -> None:
        look(page, f"{tag}-{name}", javascript=javascript)

    # The firm files on its phone.
    page = open_context(javascript=javascript).new_page()
    answer = page.goto(service.url)
    assert answer is not None
    assert answer.status == 200
    see(page, "01-accueil")
    page.get_by_role("link", name="Décrire mon besoin").first.click()
    page.get_by_text("Ou cochez dans la liste").click()
    page.get_by_text("Recruter et développer les compétences").click()
    page.locator("input[value='competences.recruter']").check()
    page.get_by_text("Moderniser et numériser l'usine").click()
    page.locator("input[value='numerique.robot']").check()
    page.get_by_text("Mobilité des salariés et transport").click()
    page.locator("input[value='mobilite.salaries']").check()
    page.get_by_label("De quoi avez-vous besoin").fill(TEXT)
    page.get_by_label("entre 3 et 12 mois").check()
    see(page, "02-besoin")
    page.get_by_role("button", name="Continuer").click()

    page.get_by_text("Remplir à la main").click()
    page.get_by_label("Nom de l’entreprise").fill(name)
    page.get_by_label("SIRET ou SIREN", exact=True).fill("999 999 956 00018")
    page.get_by_label("Commune du site").fill("Lacroix Saint Ouen")
    page.get_by_label("Code APE (NAF)").fill("2562b")
    page.get_by_label("Forme juridique").select_option("57")
    page.get_by_label("Date de création").fill("2009-03-16")
    independent = page.get_by_role("group", name="Votre entreprise est-elle indépendante")
    independent.get_by_label("Non").check()
    page.locator("summary", has_text="quelles autres entreprises").click()
    page.get_by_role("group", name="Entreprise 1").get_by_label("Part détenue").fill("10")
    page.get_by_role("button", name="Ajouter une ligne").click()
    expect(page.get_by_role("group", name="Entreprise 4")).to_be_visible()
    expect(page.get_by_role("group", name="Entreprise 1").get_by_label("Part détenue")).to_have_value("10")
    see(page, "03-entreprise-groupe")
    page.get_by_role("group", name="Entreprise 1").get_by_label("Part détenue").fill("")
    independent.get_by_label("Oui").check()
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("alert")).to_contain_text("clé de contrôle")
    expect(page.get_by_label("Commune du site")).to_have_value("Lacroix Saint Ouen")
    see(page, "03-entreprise-erreur")
    page.get_by_label("SIRET ou SIREN", exact=True).fill("999 999 956 00017")
    page.get_by_role("button", name="Continuer").click()

    page.get_by_label("Combien de salariés").fill("35")
    page.get_by_label("Chiffre d’affaires").select_option(label="de 2 M€ à 10 M€")
    page.get_by_role("group", name="Avez-vous déjà signé").get_by_label("Non").check()
    page.get_by_label("Coût du projet").fill("180 000 €")
    page.get_by_text("Ce qu’il comprend, où, vos locaux").click()
    page.get_by_label("Sur le site indiqué").check()
    see(page, "04-projet")
    page.get_by_role("button", name="Continuer").click()

    # The answer is there before any name.
    expect(page).to_have_url(f"{service.url}/demande/reponse/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Par quoi commencer, pour Chaudronnerie du Bac")
    before = shown(page)
    fits_a_phone(page)
    see(page, "05-reponse")
    page.get_by_role("link", name="autres, ou chercher").click()
    listed_before = listed(page)
    see(page, "05-tous")
    page.get_by_role("link", name="Votre réponse").click()
    page.locator("summary", has_text="Être suivi par un développeur économique").click()
    page.get_by_label("Votre nom").fill("Camille Roux")
    page.get_by_label("Votre adresse électronique").fill(address)
    page.get_by_label("Votre téléphone").fill("0353016099")
    page.get_by_role("button", name="Envoyer ma demande").click()  # without consent
    expect(page.get_by_role("alert")).to_contain_text("cochez la case")
    expect(page.get_by_label("Votre nom")).to_have_value("Camille Roux")
    see(page, "05-suivi-erreur")
    page.get_by_label("J’accepte").check()
    take_time(page)
    page.get_by_role("button", name="Envoyer ma demande").click()

    # The result shows at once, the same, explained, under what is left to do.
    expect(page.get_by_role("heading", level=1)).to_contain_text("C’est envoyé : confirmez votre adresse")
    expect(page.locator("main")).to_contain_text("Confirmez votre adresse")
    assert shown(page) == before
    assert 3 <= len(before) <= 5
    fits_a_phone(page)
    see(page, "06-resultat")
    shown_at = page.url
    first = page.locator("article.scheme").first
    first.locator("summary", has_text="Conditions et sources").click()
    if not javascript:  # else they open in place
        first.get_by_role("link", name="Voir chaque condition").click()
    expect(page.locator(".criteria li .outcome").first).to_be_visible()
    page.goto(shown_at)
    page.get_by_role("link", name="autres, ou chercher").click()
    first_twenty = listed(page)
    assert first_twenty == listed_before
    named = [key for key in EXPECTED if key in first_twenty]
    assert len(named) >= 8, f"only {named} of the schemes an officer would name"
    page.get_by_role("link", name="Votre résultat").click()
    for _ in range(3):  # back over all that was sent: no page asks to send it again
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(shown_at)

    # Before the address is confirmed, one e-mail and nothing else.
    confirmation = wait_for_message(service, address, "[Cc]onfirme")
    assert [str(m["Subject"]) for m in messages_to(service, address)] == [str(confirmation["Subject"])]
    page.goto(link(confirmation, "confirmer"))
    see(page, "07-confirmer")
    page.get_by_role("button", name="Confirmer mon adresse").click()
    expect(page.locator("main")).to_contain_text("n’est pas encore relue")
    receipt = wait_for_message(service, address, "lien de votre résultat")
    page.goto(link(receipt, "resultat"))  # another link to the same page
    fits_a_phone(page)
    expect(page.locator("main")).to_contain_text("n’est pas encore relue")
    assert receipt["List-Unsubscribe"] is None  # correspondence is refused on the page
    service.run(NEXT_MORNING)
    wait_for(
        lambda: any(name in " ".join(body(one).split()) for one in messages_to(service, ARC_OFFICER)),
        "the morning's e-mail of the officer",
    )
    result_url = page.url

    # The officer of its intercommunality reviews.
    desk = open_context(width=1280, height=900, javascript=javascript).new_page()
    desk.goto(f"{service.url}/agent/")
    see(desk, "08-connexion")
    sign_in(desk, ARC_OFFICER)
    see(desk, "09-file-attente")
    # Other stories share its queue: it may be on another page.
    desk.get_by_label("Entreprise, contact, téléphone, SIREN ou numéro").fill(name)
    desk.get_by_role("button", name="Chercher").click()
    expect(desk).to_have_url(re.compile("recherche="))
    row = desk.get_by_role("row").filter(has_text=name)
    row.get_by_role("link").first.click()
    expect(desk).to_have_url(re.compile(r"/agent/\d+/"))
    file_url = desk.url
    see(desk, "10-dossier")
    for key in named[:3]:
        with deciding(desk, key, javascript=javascript) as card:
            card.get_by_role("button", name="Retenir").click()
    for key, reason in zip(named[3:5], ("already_has_it", "not_worth_it"), strict=True):
        with deciding(desk, key, javascript=javascript) as card:
            place: Page | Locator = card
            if card.locator("summary", has_text="Écarter").count():
                card.locator("summary", has_text="Écarter").click()
                if not javascript:  # else the reasons open in place
                    card.get_by_role("link", name="avec une raison").click()
                    place = desk
            place.get_by_label("Raison").select_option(reason)
            place.get_by_role("button", name="Écarter").click()
    desk.locator("form[action$='/terminer/'] textarea").fill("Je vous appelle jeudi.")
    see(desk, "11-dossier-relu")
    desk.get_by_role("button", name="Terminer la relecture").click()
    expect(desk.locator("main")).to_contain_text("Relecture terminée")

    # The firm is told once, and can answer the officer.
    told = wait_for_message(service, address, "a relu")
    assert ARC_OFFICER in str(told["Reply-To"])
    assert "Claire Vasseur" in body(told)
    assert "Je vous appelle jeudi." in body(told)
    page.goto(result_url)
    assert sorted(shown(page)[:3]) == sorted(named[:3])  # what was kept comes first
    expect(page.locator("article.kept")).to_have_count(3)
    expect(page.locator("details", has_text="Écartés après relecture")).to_contain_text("vous l’avez déjà")
    see(page, "12-resultat-relu")
    assert len({str(m["Message-ID"]) for m in messages_to(service, address)}) == 3

    # An officer of another intercommunality does not even learn that the file exists.
    other = open_context(width=1280, height=900, javascript=javascript).new_page()
    other.goto(f"{service.url}/agent/")
    sign_in(other, OTHER_OFFICER)
    answer = other.goto(file_url)
    assert answer is not None
    assert answer.status == 404
    see(other, "13-introuvable")


def on_the_call_sheet(desk: Page, address: str) -> None:
    """Have an answer refused where it was typed, then saved; see that what cannot be saved is said."""
    desk.goto(address)
    field = desk.locator("input[name=headcount]")
    save = desk.locator("#reponses").get_by_role("button", name="Enregistrer les réponses")
    field.fill("beaucoup")
    save.click()
    expect(desk.locator("#fiche-appel .invalid-feedback")).to_contain_text("Écrivez un nombre de salariés")
    expect(field).to_have_value("beaucoup")
    field.fill("35")
    save.click()
    expect(desk.locator("#fiche-appel")).to_contain_text("C’est noté")
    expect(field).to_have_count(0)
    assert desk.url == address
    desk.context.clear_cookies(name="csrf")
    save.click()
    expect(desk.locator("[data-failed]")).to_contain_text("Rien n’a été enregistré")


def without_shortcuts(desk: Page) -> None:
    """Switch the shortcuts off: what takes focus by a key does so no longer."""
    desk.locator("body").press("j")
    assert desk.evaluate("document.activeElement.tagName") != "BODY"
    desk.locator("body").press("?")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="Raccourcis arrêtés")).to_be_visible()
    desk.reload()
    desk.locator("body").press("j")
    assert desk.evaluate("document.activeElement.tagName") == "BODY"


def shown(page: Page) -> list[str | None]:
    """Return the keys of the schemes that a page shows in full."""
    page.wait_for_load_state()  # its title is there before its cards
    return [card.get_attribute("data-scheme") for card in page.locator("article.scheme").all()]


def listed(page: Page) -> list[str | None]:
    """Return the keys of the schemes on the first page of the whole list."""
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tous les dispositifs")
    page.wait_for_load_state()
    return [row.get_attribute("data-scheme") for row in page.locator(".rows > li").all()]


@contextmanager
def deciding(page: Page, key: str, *, javascript: bool) -> Iterator[Locator]:
    """Unfold the card of a scheme, or open its page; leave once the page is back on it, with the decision in it."""
    page.wait_for_load_state()  # what is counted is counted at once
    card = page.locator(f"article[data-scheme='{key}']")
    line = page.locator(f"details.scheme-line[data-scheme='{key}']")
    anchor = (line if line.count() else card).get_attribute("id")
    if line.count():
        line.locator("> summary").click()
        if javascript:
            expect(card).to_be_visible()  # fetched
        else:
            line.get_by_role("link", name="en entier").click()
            # The old page is loaded too: what is counted in it would be of all its schemes.
            page.wait_for_url(re.compile(r"/dispositif/\d+/"), wait_until="load")
            card = page.locator("main")
    yield card
    # Until then the old page is still there, and what is unfolded in it is folded again in the new one.
    expect(page).to_have_url(re.compile(f"#{anchor}$"))
