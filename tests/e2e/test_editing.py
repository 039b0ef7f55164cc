"""Writing a scheme without a code: five criteria, who gains, a second person, the firm told, the owner's preview.

``JONCTION_LONG=1`` lets axe read every page in its states; ./test reads the two that are new to people outside.
"""

import os
import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Service, look, sign_in
from tests.e2e.messages import body, messages_to, wait_for_message
from tests.e2e.test_publishing import propose

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
LONG = os.environ.get("JONCTION_LONG") == "1"
EDITOR, APPROVER = "hugo.lemaire@jonction.example", "elise.fontaine@jonction.example"
NAME = "Prêt d’atelier des deux vallées"
ADD = "/administration/schemes/proposal/add/"
# The first has all that the five criteria ask and says so; the second is too large, the third tills the soil.
FIRMS = """
from tests.factories import make_submission
from backend.common.days import current_day
from backend.matchmaking.alerts import subscribe
from tests.matchmaking.subscribers import read
from backend.accounts.models import User

officer = User.objects.get(email="claire.vasseur@jonction.example")

for name, headcount, naf in (("small", 12.0, "25.62B"), ("large", 400.0, "25.62B"), ("farm", 5.0, "01.11Z")):
    file = make_submission(
        confirmed=True, on=current_day(), email=f"{name}@ecrire.example", siret="", siren="",
        company_name=f"Firme {name}",
        facts={"headcount": headcount, "naf": naf, "taxes_up_to_date": True, "public_body": False,
               "in_difficulty": False},
    )
    read(file, on=current_day(), officer=officer)
    subscribe(submission=file, frequency="immediate", paused_until=None, on=current_day())
"""

# There must be someone to count; too large to be of those who gain above.
ANOTHER_FIRM = """
from tests.factories import make_submission
from backend.common.days import current_day

make_submission(confirmed=True, on=current_day(), email="another@ecrire.example", siret="", siren="",
                company_name="Firme autre", facts={"headcount": 900.0, "naf": "01.11Z"})
"""


def looked_at(page: Page, name: str) -> None:
    """Read a page with axe on a phone and on a desk, in the long suite."""
    if LONG:
        look(page, f"ecrire-{name}")


def enter(context, service: Service, who: str) -> Page:
    page = context.new_page()
    page.goto(f"{service.url}{ADD}")
    sign_in(page, who)
    page.goto(f"{service.url}{ADD}")
    return page


def describe(page: Page, service: Service) -> None:
    """Fill what a sheet says once, and the rows that are not criteria."""
    texts = {
        "comment": "Délibération du 3 novembre.",
        "key": "essai-pret-atelier",
        "name": NAME,
        "summary": "Un prêt sans intérêt pour équiper un atelier.",
        "as_of": service.day,
        "amount_text": "De 2 000 à 20 000 €",
        "next_step": "Appelez le service économique.",
        "contact_name": "Service économique",
        "sources-0-title": "Délibération du conseil communautaire",
        "sources-0-dated": "2026-11",
        "operators-0-name": "Communauté de communes d’essai",
    }
    for name, text in texts.items():
        page.locator(f"[name='{name}']").fill(text)
    choices = {
        "kind": "loan",
        "level": "local",
        "confidence": "verified",
        "window_state": "permanent",
        "sources-0-tier": "operator",
        "needs-0-sub_need": "numerique.robot",
        "needs-0-weight": "1.0",
    }
    for name, value in choices.items():
        page.locator(f"[name='{name}']").select_option(value)
    page.locator("[name='operators-0-roles'][value=funder]").check()
    page.locator("[name='applicants'][value=firm]").check()


def add(page: Page, kind: str, *, group: int | None = None) -> int:
    """Add a criterion, at the end or in a group; return its row."""
    rows = page.locator("fieldset.row-of-criteria")
    before = rows.count()
    page.locator(f"#new-kind{'' if group is None else f'-{group}'}").select_option(kind)
    page.locator(f"button[name=act][value='add:{'' if group is None else group}']").click()
    expect(rows).to_have_count(before + 1)
    return before


def say(page: Page, row: int, field: str, text: str) -> None:
    page.locator(f"[name='criteria-{row}-{field}']").fill(text)


@pytest.mark.slow
def test_a_scheme_with_five_criteria_from_the_first_word_to_the_firm_it_concerns(service: Service, open_context):
    service.run(FIRMS)
    editor = enter(open_context(width=1280, height=900), service, EDITOR)
    describe(editor, service)

    # Five criteria: each says in French what it asks, and how many firms it would keep.
    say(editor, add(editor, "in_territory"), "any_of", "Oise")
    say(editor, add(editor, "activity"), "any_of", "decolletage")
    expect(editor.locator("#live-1")).to_contain_text("Peut-être : 25.62A (Décolletage)")
    say(editor, 1, "any_of", "C")
    say(editor, add(editor, "headcount"), "below", "250")
    expect(editor.locator("#live-2")).to_contain_text(re.compile(r"moins de 250.salariés"))
    expect(editor.locator("#live-2")).to_contain_text("en exclurait")
    add(editor, "taxes_up_to_date")
    group = add(editor, "not")
    add(editor, "public_body", group=group)
    add(editor, "in_difficulty", group=group)
    expect(editor.locator(f"#live-{group}")).to_contain_text("Aucun de ces cas")
    for row in range(group + 1):
        editor.locator(f"[name='criteria-{row}-source']").select_option("1")
    effect = editor.locator("#live-sheet")
    expect(effect).to_contain_text("dont la demande est confirmée")
    expect(effect).to_contain_text("1 gagnerait ce dispositif")
    looked_at(editor, "01-formulaire")

    # The keyboard alone moves a row: what was typed goes with it, and focus stays on it.
    editor.locator("button[name=act][value='up:2']").focus()
    editor.keyboard.press("Enter")
    expect(editor.locator("[name='criteria-1-below']")).to_have_value("250")
    expect(editor.locator("#criterion-1")).to_be_focused()
    expect(editor.locator("[name='criteria-2-any_of']")).to_have_value("C")

    editor.locator("[name=name]").fill("")
    editor.get_by_role("button", name="Enregistrer le brouillon et le relire").first.click()
    expect(editor.get_by_role("alert")).to_contain_text("1 champ à corriger")
    looked_at(editor, "02-a-corriger")
    editor.locator("[name=name]").fill(NAME)
    address = propose(editor)
    looked_at(editor, "03-proposee")

    # The owner reads it by a secret link, without an account, and remarks on it.
    editor.get_by_role("link", name="Aperçu pour le porteur").click()
    editor.get_by_label("Pour qui").fill("Communauté de communes d’essai")
    editor.get_by_role("button", name="Faire le lien").click()
    looked_at(editor, "04-liens")
    secret = editor.locator(".address a").inner_text()
    owner = open_context().new_page()
    owner.goto(secret)
    expect(owner.locator("main")).to_contain_text("Aperçu, non publié.")
    expect(owner.locator("main")).to_contain_text("Aucun de ces cas")
    look(owner, "ecrire-05-apercu")
    owner.get_by_role("textbox", name="Votre remarque").fill("Le plancher est de 3 000 €.")
    owner.get_by_role("button", name="Envoyer la remarque").click()
    expect(owner.get_by_role("status")).to_contain_text("votre remarque est transmise")
    assert "Le plancher est de 3 000 €." in body(wait_for_message(service, EDITOR, "Remarque du porteur"))

    # A second person sees whom it touches and publishes; the firm it concerns is told, and the link closes.
    approver = enter(open_context(width=1280, height=900), service, APPROVER)
    approver.goto(address)
    expect(approver.locator("#content")).to_contain_text("Le porteur a laissé 1 remarque")
    expect(approver.locator("#content")).to_contain_text("1 gagnerait ce dispositif")
    approver.get_by_role("link", name="Publier cette version").click()
    looked_at(approver, "06-publier")
    approver.get_by_role("button", name="Publier cette version").click()
    expect(approver.locator(".messagelist")).to_contain_text("en vigueur dès maintenant")
    assert NAME in body(wait_for_message(service, "small@ecrire.example", "pour Firme small"))
    others = [one for name in ("large", "farm") for one in messages_to(service, f"{name}@ecrire.example")]
    assert not [one["Subject"] for one in others if NAME in body(one)]
    owner.goto(secret)
    expect(owner.locator("h1")).to_have_text("Cet aperçu ne s’ouvre plus")
    look(owner, "ecrire-07-apercu-ferme")

    # Its money is spent: one person says so at once, another reads it afterwards.
    editor.goto(f"{service.url}/administration/schemes/scheme/?q=essai-pret-atelier")
    editor.locator("#result_list").get_by_role("link", name=NAME).click()
    looked_at(editor, "08-dispositif")
    editor.get_by_role("link", name=re.compile("Passer à .*enveloppe épuisée")).click()
    editor.get_by_label("Pourquoi, et où vous l’avez lu").fill("Appel du service, 24 novembre.")
    looked_at(editor, "09-fermer")
    editor.get_by_role("button", name="Appliquer tout de suite").click()
    expect(editor.locator("#content")).to_contain_text("sans attendre une relecture")
    wait_for_message(service, APPROVER, "À relire après coup")


@pytest.mark.slow
def test_two_editors_at_once_lose_nothing(service: Service, open_context):
    one = enter(open_context(width=1280, height=900), service, EDITOR)
    describe(one, service)
    one.locator("[name=key]").fill("essai-a-deux")
    one.get_by_role("button", name="Enregistrer le brouillon et le relire").first.click()
    one.get_by_role("link", name="Modifier le brouillon").click()
    expect(one.locator("[name=name]")).to_be_visible()
    address = one.url
    two = enter(open_context(width=1280, height=900), service, APPROVER)
    two.goto(address)

    one.locator("[name=name]").fill("Le nom de Hugo")
    one.locator("[name=notes]").fill("Une remarque de Hugo.")
    one.get_by_role("button", name="Enregistrer le brouillon et le relire").first.click()
    expect(one.locator(".messagelist")).to_contain_text("Brouillon enregistré")

    two.locator("[name=name]").fill("Le nom d’Élise")
    two.locator("[name=documents]").fill("Un devis")
    two.get_by_role("button", name="Enregistrer le brouillon et le relire").first.click()
    expect(two.locator("#content")).to_contain_text("Rien n’est perdu")
    expect(two.locator("#content")).to_contain_text("Gardé de l’autre enregistrement")
    looked_at(two, "10-deux-personnes")
    two.get_by_label("Garder l’autre").check()
    two.get_by_role("button", name="Enregistrer le brouillon ainsi").click()
    sheet = two.locator("#content")
    for kept in ("Le nom de Hugo", "Une remarque de Hugo.", "Un devis"):
        expect(sheet).to_contain_text(kept)


@pytest.mark.slow
def test_without_javascript_a_criterion_is_added_and_tried(service: Service, open_context):
    service.run(ANOTHER_FIRM)
    page = enter(open_context(javascript=False), service, EDITOR)
    page.locator("#new-kind").select_option("headcount")
    page.get_by_role("button", name="Ajouter ce critère").click()
    page.locator("[name='criteria-0-below']").fill("50")
    page.locator("button[name=act][value=check]").first.click()
    expect(page.locator("#live-0")).to_contain_text("Effectif de l’entreprise")
    expect(page.locator("#live-0")).to_contain_text("Seul, ce critère")
    expect(page.locator("[name='criteria-0-below']")).to_have_value("50")
