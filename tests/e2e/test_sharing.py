"""A share opened by another browser and ended, a feed, and a call prepared: with and without JavaScript."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Service, look, sign_in

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
OFFICER = "claire.vasseur@jonction.example"
FOLD = "Alertes, courriels, agenda, partage"
FILE_IT = """
import json
from backend.common.days import current_day
from backend.matchmaking.scheme_events import say
from tests.factories import first_matches, link_to, make_submission

on = current_day()
file = make_submission(confirmed=True, on=on, company_name="Partage et Cie", siret="", siren="", text="")
scheme = first_matches(file)[0].scheme
say(submission=file, scheme=scheme, state="followed", on=on)
print(json.dumps({"token": link_to(file), "scheme": scheme.pk}))
"""


def made_address(page: Page) -> str:
    """Return the address that the page shows once."""
    return re.sub(r"\s", "", page.locator("#adresse").inner_text())


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [False, True])
def test_a_firm_shares_its_answer_follows_its_days_and_prepares_a_call(service: Service, open_context, javascript):
    made = json.loads(service.run(FILE_IT).splitlines()[-1])
    result = f"{service.url}/resultat/{made['token']}/"
    context = open_context(javascript=javascript)
    page = context.new_page()

    page.goto(result)
    page.get_by_text(FOLD).click()
    look(page, "resultat-partage", javascript=javascript)
    page.get_by_role("button", name="Créer un lien de partage").click()
    share = made_address(page)
    look(page, "partage-fait", javascript=javascript)

    other = open_context(javascript=javascript).new_page()
    other.goto(share)
    expect(other.get_by_role("heading", level=1)).to_contain_text("Partage et Cie")
    expect(other.locator("main form")).to_have_count(0)
    look(other, "partage", javascript=javascript)

    page.get_by_role("link", name="C’est copié").click()  # back to its part of the page, whose fold opens
    expect(page.locator("#partage")).to_contain_text("consulté 1 fois")
    page.locator("#partage").get_by_role("button", name="Arrêter").click()
    page.get_by_text("n’ouvre plus rien").wait_for()
    assert other.goto(share).status == 404
    expect(other.locator("body")).to_contain_text("demandez-en un autre à l’entreprise")

    page.get_by_role("button", name="Créer mon adresse d’agenda").click()
    feed = other.request.get(made_address(page))
    assert feed.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "BEGIN:VCALENDAR" in feed.text()

    if javascript:
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=service.url)
    page.goto(f"{result}dispositif/{made['scheme']}/")
    expect(page.locator("#reponses")).to_contain_text("Partage et Cie")
    copy = page.get_by_role("button", name="Copier")
    expect(copy).to_be_visible(visible=javascript)
    if javascript:
        copy.click()
        expect(page.get_by_role("status").filter(has_text="Copié.")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.strip() == page.locator("#reponses").evaluate("text => text.textContent").strip()
    look(page, "appel-a-preparer", javascript=javascript)

    if javascript:
        desk = open_context().new_page()
        desk.goto(f"{service.url}/compte/agenda/")
        sign_in(desk, OFFICER)
        desk.goto(f"{service.url}/compte/agenda/")
        look(desk, "mon-agenda")
