"""A file shared with a chamber: proposed, agreed to by its firm, read, answered, stopped; also without JavaScript."""

import json

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Service, look, sign_in
from tests.e2e.messages import body, link, wait_for_message

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
OFFICER, PARTNER = "claire.vasseur@jonction.example", "lucie.perrin@jonction.example"
CHAMBER = "Chambre de commerce et d’industrie de l’Oise"
FILE_IT = """
import json
from backend.common.days import current_day
from tests.factories import make_submission

file = make_submission(
    confirmed=True, on=current_day(), company_name="{name}", email="{email}", siret="", siren="",
    text="Je cherche un robot de soudure.",
)
print(json.dumps({{"pk": file.pk, "reference": file.reference}}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [False, True])
def test_a_file_is_shared_with_a_chamber_and_no_longer(service: Service, open_context, javascript):
    name, email = f"Atelier {'Script' if javascript else 'Simple'}", f"chef-{javascript}@atelier.example".lower()
    made = json.loads(service.run(FILE_IT.format(name=name, email=email)).splitlines()[-1])

    desk = open_context(width=1280, height=900, javascript=javascript).new_page()
    desk.goto(f"{service.url}/agent/{made['pk']}/")
    sign_in(desk, OFFICER)
    desk.goto(f"{service.url}/agent/{made['pk']}/")
    desk.locator("summary", has_text="Partager avec un partenaire").click()
    if not javascript:
        desk.get_by_role("link", name="Partager avec un partenaire").click()
    desk.get_by_role("button", name="Partager ce dossier").click()
    expect(desk.get_by_role("alert")).to_contain_text("sans lui, rien n’est partagé")
    look(desk, f"partenaire-{javascript}-erreur", javascript=javascript)
    desk.get_by_label("Avec qui").select_option(label=CHAMBER)
    desk.get_by_label("Pourquoi, et ce que vous en attendez").fill("Voyez son usage du robot.")
    desk.get_by_label("le lui demander").check()
    desk.get_by_role("button", name="Partager ce dossier").click()
    expect(desk.locator("#partenaires")).to_contain_text("Accord demandé")
    look(desk, f"partenaire-{javascript}-demande", javascript=javascript)

    firm = open_context(javascript=javascript).new_page()
    firm.goto(link(wait_for_message(service, email, "Votre accord"), "resultat"))
    expect(firm.locator("main")).to_contain_text("Voyez son usage du robot.")
    look(firm, f"partenaire-{javascript}-accord", javascript=javascript)
    firm.get_by_role("button", name="Oui, je suis d’accord").click()
    expect(firm.locator("#partenaires")).to_contain_text("pas encore ouvert")

    partner = open_context(javascript=javascript).new_page()
    told = wait_for_message(service, PARTNER, made["reference"])
    assert name not in body(told)
    partner.goto(link(told, "partenaire"))
    sign_in(partner, PARTNER)
    expect(partner.get_by_role("heading", level=1)).to_contain_text(name)
    address = partner.url
    look(partner, f"partenaire-{javascript}-dossier", javascript=javascript)
    partner.get_by_label("Votre réponse").fill("Nous passons jeudi.")
    partner.get_by_role("button", name="Répondre").click()
    expect(partner.locator("#mots")).to_contain_text("Nous passons jeudi.")

    desk.goto(f"{service.url}/agent/{made['pk']}/")
    expect(desk.locator("main")).to_contain_text("Nous passons jeudi.")
    look(desk, f"partenaire-{javascript}-reponse", javascript=javascript)
    firm.reload()
    expect(firm.locator("#partenaires")).to_contain_text("ouvert pour la dernière fois")
    look(firm, f"partenaire-{javascript}-partage", javascript=javascript)
    firm.locator("#partenaires").get_by_role("button", name="Arrêter").click()
    expect(firm.locator("#partenaires")).to_contain_text("arrêté par vous")
    answer = partner.goto(address)
    assert answer is not None
    assert answer.status == 404
