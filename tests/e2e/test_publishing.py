"""A new scheme, from an editor's draft to the firms it concerns: each told once, and nobody else."""

import json
import re
import time
import urllib.request
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Service, look, sign_in, wait_for
from tests.e2e.messages import body, link, links, messages_to, wait_for_message

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
EDITOR, APPROVER = "hugo.lemaire@jonction.example", "elise.fontaine@jonction.example"
NAME, CHANGED = "Chèque cobot des lisières", "Jusqu’à 8 000 €"
# Who files, with what, and whether the new scheme concerns it; only the first one asked and is to be told.
FIRMS = """
from tests.factories import link_to, make_submission
from tests.matchmaking.subscribers import read
from backend.accounts.models import User
from backend.common.days import current_day
from backend.matchmaking.alerts import subscribe

officer = User.objects.get(email="claire.vasseur@jonction.example")

def file(email, *, asks=True, **changes):
    submission = make_submission(confirmed=True, on=current_day(), email=email, siret="", siren="", **changes)
    read(submission, on=current_day(), officer=officer)
    if asks:
        subscribe(submission=submission, frequency="immediate", paused_until=None, on=current_day())
    return link_to(submission)

print(file("concernee@atelier.example", asks=False, company_name="Atelier concerné"))
print(file("arretee@atelier.example", company_name="Atelier qui a arrêté"))
print(file("muette@atelier.example", asks=False, company_name="Atelier qui n’a rien demandé"))
print(file("autre-besoin@atelier.example", needs=("creation.transmettre",), company_name="Autre besoin"))
print(file("ferme@atelier.example", facts={"naf": "01.11Z"}, company_name="Une ferme"))
print(file("hebdomadaire@atelier.example", company_name="Atelier patient"))
"""
# Everything that a person decided or asked, or that is owed to somebody; not what is computed from it.
SNAPSHOT = """
import json
from backend.companies.models import Fact
from backend.matchmaking.models import Alert, HandOver, Note, Review, ReviewEnd, Submission
from backend.notifications.models import Notification, Stop
rows = {
    model._meta.label: list(model.objects.order_by("pk").values())
    for model in (Submission, Fact, Review, ReviewEnd, Note, HandOver, Notification, Stop)
}
rows["alerts"] = list(Alert.objects.order_by("pk").values("pk", "frequency", "told", "told_on", "sent_on", "ended_at"))
print(json.dumps(rows, default=str))
"""


def snapshot(service: Service) -> dict:
    return json.loads(service.run(SNAPSHOT))


def scan(service: Service, message) -> int:
    """Open every address of an e-mail that leads here, as a scanner does before its reader; return how many."""
    addresses = {address for address in links(message) if address.startswith(service.url)}
    for address in addresses:
        with urllib.request.urlopen(quote(address, safe=":/?&=%#~"), timeout=20) as answer:  # noqa: S310
            assert answer.status == 200, address
    return len(addresses)


def one_click(message) -> None:
    """Stop as a mail program does (RFC 8058): one POST, without a cookie."""
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.search(r"<(https?://[^>]+)>", str(message["List-Unsubscribe"]).replace("\n", ""))
    assert address
    request = urllib.request.Request(address.group(1), data=b"List-Unsubscribe=One-Click", method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        assert answer.status == 200


def fill_sheet(page: Page, service: Service) -> None:
    """Describe a new scheme, as the reviewed files do."""
    page.locator("[name=comment]").fill("Annoncé par l’intercommunalité.")
    page.locator("[name=key]").fill("essai-cheque-cobot")
    page.locator("[name=name]").fill(NAME)
    page.locator("[name=summary]").fill("Une aide à l’achat d’un premier robot collaboratif.")
    page.locator("[name=kind]").select_option("grant")
    page.locator("[name=level]").select_option("local")
    page.locator("[name=applicants][value=firm]").check()
    page.locator("[name=confidence]").select_option("verified")
    page.locator("[name=as_of]").fill(service.day)
    page.locator("[name=window_state]").select_option("permanent")
    page.locator("[name=amount_text]").fill("Jusqu’à 5 000 €")
    page.locator("[name=next_step]").fill("Appelez le service économique.")
    page.locator("[name=contact_name]").fill("Service économique")
    page.locator("[name='needs-0-sub_need']").select_option("numerique.robot")
    page.locator("[name='needs-0-weight']").select_option("1.0")
    page.locator("[name='sources-0-title']").fill("Délibération du conseil communautaire")
    page.locator("[name='sources-0-dated']").fill("2026-11")
    page.locator("[name='sources-0-tier']").select_option("operator")
    page.locator("[name='operators-0-name']").fill("Communauté de communes d’essai")
    page.locator("[name='operators-0-roles'][value=funder]").check()
    page.locator("[name=new_kind]").select_option("activity")
    page.get_by_role("button", name="Ajouter ce critère").click()
    page.locator("[name='criteria-0-any_of']").fill("C")
    page.locator("[name='criteria-0-source']").select_option("1")


def propose(page: Page) -> str:
    """Save the draft, read it back, send it to be reviewed; return its address."""
    page.get_by_role("button", name="Enregistrer le brouillon et le relire").first.click()
    expect(page.locator("#content")).to_contain_text("Le moteur lit cette fiche sans erreur")
    page.get_by_role("link", name="Envoyer à la relecture").click()
    page.get_by_role("button", name="Envoyer à la relecture").click()
    expect(page.locator(".messagelist")).to_contain_text("Proposition envoyée")
    return page.url


def publish(service: Service, page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Publier").click()
    look(page, f"publier-{service.day}-05-confirmer")
    page.get_by_role("button", name="Publier cette version").click()
    expect(page.locator(".messagelist")).to_contain_text("publiée, en vigueur dès maintenant")


def alerts_to(service: Service, address: str) -> list[str]:
    return [body(message) for message in messages_to(service, address) if NAME in body(message)]


@pytest.mark.slow
def test_a_published_scheme_reaches_exactly_the_firms_that_asked_and_that_it_concerns(service: Service, open_context):
    concerned, stopped, *_others = service.run(FIRMS).split()
    addresses = ["arretee", "muette", "autre-besoin", "ferme"]

    # One of them asks on its result's page; another stops on its own, before anything is published.
    firm = open_context().new_page()
    firm.goto(f"{service.url}/resultat/{concerned}/")
    firm.get_by_text("Alertes, courriels, agenda, partage, contacts, liens et données").click()
    firm.get_by_label("dès qu’il y a du nouveau").check()
    look(firm, f"publier-{service.day}-01-alertes")
    firm.get_by_role("button", name="Me prévenir").click()
    expect(firm.locator("main")).to_contain_text("nous vous préviendrons")
    firm.goto(f"{service.url}/resultat/{stopped}/")
    firm.get_by_text("Alertes, courriels, agenda, partage, contacts, liens et données").click()
    firm.get_by_role("button", name="Ne plus me prévenir").click()
    expect(firm.locator("main")).to_contain_text("nous ne vous préviendrons plus")
    receipt = wait_for_message(service, "concernee@atelier.example", "lien de votre résultat")
    before = snapshot(service)
    assert scan(service, receipt) >= 1
    assert snapshot(service) == before

    # An editor writes, and cannot publish; a second person does.
    editor = open_context(width=1280, height=900).new_page()
    editor.goto(f"{service.url}/administration/schemes/proposal/add/")
    sign_in(editor, EDITOR)
    editor.goto(f"{service.url}/administration/schemes/proposal/add/")
    fill_sheet(editor, service)
    look(editor, f"publier-{service.day}-02-brouillon")
    address = propose(editor)
    look(editor, f"publier-{service.day}-03-proposee")
    expect(editor.get_by_role("link", name="Publier")).to_have_count(0)
    told = wait_for_message(service, APPROVER, "Fiche à relire")
    approver = open_context(width=1280, height=900).new_page()
    approver.goto(link(told, "administration"))
    sign_in(approver, APPROVER)
    look(approver, f"publier-{service.day}-04-a-relire")
    publish(service, approver, address)
    wait_for_message(service, EDITOR, "est publiée")

    # The firm concerned that asked is told, once; nobody else is.
    alert = wait_for_message(service, "concernee@atelier.example", "pour Atelier concerné")
    assert NAME in body(alert)
    assert "Jusqu’à 5 000 €" in body(alert)
    wait_for(lambda: alerts_to(service, "hebdomadaire@atelier.example"), "the other subscriber's e-mail")
    time.sleep(4)  # some sweeps more: whoever should not be told has had time to be
    assert len(alerts_to(service, "concernee@atelier.example")) == 1
    for name in addresses:
        assert alerts_to(service, f"{name}@atelier.example") == []

    # A scanner opens every address of it: nothing changes. Then the firm stops, in one click, and that is that.
    before = snapshot(service)
    assert scan(service, alert) >= 2
    assert snapshot(service) == before
    one_click(alert)
    firm.goto(f"{service.url}/resultat/{concerned}/")
    firm.get_by_text("Alertes, courriels, agenda, partage, contacts, liens et données").click()
    expect(firm.get_by_role("button", name="Me prévenir")).to_be_visible()
    expect(firm.locator("main")).to_contain_text(NAME)  # its result has it all the same

    # The editor corrects the amount: published again, it is another version, and the matches of before keep theirs.
    editor.goto(f"{service.url}/administration/schemes/proposal/add/")
    editor.goto(f"{service.url}/administration/schemes/scheme/?q=essai-cheque-cobot")
    editor.get_by_role("link", name=NAME).first.click()
    look(editor, f"publier-{service.day}-06-dispositif")
    editor.get_by_role("link", name="Proposer une modification").click()
    editor.locator("[name=amount_text]").fill(CHANGED)
    address = propose(editor)
    publish(service, approver, address)
    firm.reload()
    expect(firm.locator("main")).to_contain_text(CHANGED)
    assert "0 différences" in service.run("from django.core.management import call_command; call_command('replay')")
    time.sleep(3)
    assert len(alerts_to(service, "concernee@atelier.example")) == 1
