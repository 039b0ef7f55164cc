"""The call sheet in a browser: what it refuses is read in place, and what was typed stays."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Service, look, sign_in

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
OFFICER = "claire.vasseur@jonction.example"
FILE_IT = """
from tests.factories import make_submission
from backend.common.days import current_day
file = make_submission(
    confirmed=True, on=current_day(), company_name="Fiche d’appel", siret="", siren="",
    email="fiche@firm.example", without=("headcount",), text="",
)
print(file.pk)
"""


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False])
def test_a_refused_answer_is_read_where_it_was_typed(service: Service, open_context, javascript):
    sheet = f"{service.url}/agent/{service.run(FILE_IT).strip()}/appel/"
    page = open_context(width=1280, height=900, javascript=javascript).new_page()
    page.goto(sheet)
    sign_in(page, OFFICER)
    page.goto(sheet)
    field = page.locator("input[name=headcount]")
    field.fill("beaucoup")
    form = page.locator("form", has=field)
    form.get_by_role("button", name="Enregistrer les réponses").click()
    expect(page.locator("#fiche-appel .invalid-feedback")).to_contain_text("Écrivez un nombre de salariés")
    expect(field).to_have_value("beaucoup")
    look(page, f"fiche-appel-{service.day}-refus", javascript=javascript)
    field.fill("35")
    form.get_by_role("button", name="Enregistrer les réponses").click()
    expect(page.locator("body")).to_contain_text("C’est noté")
    expect(field).to_have_count(0)
    if not javascript:
        return
    choice = page.locator("#fiche-appel input[type=radio]").first
    name = choice.get_attribute("name")
    choice.check()  # and not saved: the browser asks before it is lost, and the note of the call saves it first
    with page.expect_event("dialog") as asked_first:
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.locator(".back-link").first.click()
    assert asked_first.value.type == "beforeunload"
    expect(page).to_have_url(sheet)
    page.locator("summary", has_text="Noter cet appel").click()
    page.get_by_role("button", name="Noter", exact=True).click()
    expect(page).to_have_url(re.compile("#suivi$"))
    page.goto(sheet)
    expect(page.locator(f"[name='{name}']")).to_have_count(0)
    asked = page.locator("#fiche-appel form").first
    page.context.clear_cookies(name="csrf")
    asked.get_by_role("button", name="Enregistrer les réponses").click()
    expect(page.locator("[data-failed]")).to_contain_text("Rien n’a été enregistré")
    expect(asked).to_be_visible()
    look(page, f"fiche-appel-{service.day}-sans-cookie")
    page.reload()
    page.context.clear_cookies(name="session")
    page.get_by_role("button", name="Enregistrer les réponses").click()
    expect(page).to_have_url(re.compile("/compte/connexion/"))  # the whole page, not the part
