"""An officer's day in the browser, on a full desk, with JavaScript and without; ``scripts/day`` runs it.

Not collected by ./test: it takes minutes, and publishes sheets.
"""

import json
import re
import secrets
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import DESK, Service, look, sign_in, take_time
from tests.e2e.messages import link, wait_for_message
from tests.e2e.test_story import deciding

pytestmark = [
    pytest.mark.parametrize("service", [DESK], indirect=True),
    pytest.mark.parametrize("javascript", [True, False], ids=["js", "html"]),
]
OFFICER, LEAD = "claire.vasseur@jonction.example", "sophie.carlier@jonction.example"
FILE_THEM = """
import json
from datetime import timedelta
from backend.common.days import current_day
from backend.accounts.models import User
from backend.matchmaking.models import Submission
from tests.factories import first_matches, link_to, make_call, make_submission, publish_revision

officer = User.objects.get(email="claire.vasseur@jonction.example")

def file(name, **changes):
    given = dict(company_name=f"{{name}} {way}", siret="", siren="", email=f"{{name}}.{way}@firm.example".lower(),
                 needs=("competences.recruter",), text="", confirmed=True, on=current_day())
    made = make_submission(**{{**given, **changes}})
    Submission.objects.filter(pk=made.pk).update(officer=officer)
    return made

schemes = [match.scheme for match in first_matches(file("Essai"), 3)]
publish_revision(
    schemes[0], window_state="dated", opens_on=None, closes_on=current_day() + timedelta(days=3), closing_cause=""
)
reasons = file("Raisons")
print(json.dumps({{
    "offered": file("Offerte").pk, "sheet": file("Fiche", without=("headcount",)).pk,
    "reasons": reasons.pk, "link": link_to(reasons), "batch": [file(f"Lot{{n}}").pk for n in range(3)],
    "schemes": [scheme.pk for scheme in schemes], "keys": [scheme.source_key for scheme in schemes],
    "call": make_call("ARC", name="Rappel {way}").pk,
}}))
"""
# What a scheme says from now on: it opens again, its amount changes.
PUBLISH = """
from tests.factories import publish_revision
from backend.schemes.models import Scheme
from datetime import date
publish_revision(Scheme.objects.get(pk={pk}), {changes})
"""
# Each e-mail that answers the firms of a batch, by file.
ANSWERS = """
import json
from backend.notifications.models import Notification
rows = Notification.objects.filter(kind="reviewed", about__overlap=[f"submission:{{pk}}" for pk in {files}])
print(json.dumps([[row.recipient, row.state] for row in rows.order_by("recipient")]))
"""
# What the service does by itself, three mornings of work after what was filed today; who is told, of a few files.
MORNING = """
import json
from django.utils import timezone
from backend.common.days import add_working_days, current_day
from backend.matchmaking.escalation import tell_who_waits
from backend.matchmaking.models import Escalation
first = add_working_days(max(current_day(), timezone.localdate()), 1)
for n in range(3):
    tell_who_waits(on=add_working_days(first, n))
rows = Escalation.objects.filter(told_on__gte=first)
print(json.dumps({{
    "to": sorted(set(rows.values_list("to__email", flat=True))),
    "of": sorted(set(rows.filter(submission={file}).values_list("to__email", flat=True))),
}}))
"""


@pytest.fixture
def made(service: Service, way: str) -> dict:
    return json.loads(service.run(FILE_THEM.format(way=way)).splitlines()[-1])


def unfold(page: Page, label: str, *, javascript: bool) -> None:
    """Open a part that is fetched in place, or its page."""
    page.locator("summary", has_text=label).first.click()
    if not javascript:
        page.get_by_role("link", name=label).click()


@pytest.fixture
def way(javascript: bool) -> str:
    """A word for the names of one test's firms."""
    return f"{'script' if javascript else 'simple'}{secrets.token_hex(2)}"


@pytest.fixture
def see(javascript: bool):
    """Keep what a page looks like, and let axe read it."""
    way = "js" if javascript else "html"
    return lambda page, name: look(page, f"jour-{way}-{name}", javascript=javascript)


@pytest.fixture
def sign(service: Service, open_context, javascript: bool):
    """Open the desk of an account."""

    def opened(address: str) -> Page:
        page = open_context(width=1280, height=900, javascript=javascript).new_page()
        page.goto(f"{service.url}/compte/connexion/")
        sign_in(page, address)
        return page

    return opened


@pytest.fixture
def officer(sign) -> Page:
    return sign(OFFICER)


def test_a_file_is_offered_and_accepted(service: Service, officer: Page, sign, made, see, javascript):
    officer.goto(f"{service.url}/agent/")
    expect(officer.get_by_role("heading", level=1)).to_have_text("Demandes")
    see(officer, "liste")
    lead = sign(LEAD)
    officer.goto(f"{service.url}/agent/{made['offered']}/")
    expect(officer.locator(".in-charge")).to_contain_text("Vous suivez ce dossier.")
    unfold(officer, "Transmettre à un collègue", javascript=javascript)
    offer = officer.locator("form", has=officer.get_by_role("button", name="Proposer ce dossier"))
    whom = offer.get_by_role("option", name="Sophie Carlier").text_content()  # with whom she works for
    offer.get_by_label("À qui").select_option(label=whom)
    offer.get_by_label("Un mot").fill("Vous connaissez cette entreprise.")
    offer.get_by_role("button", name="Proposer ce dossier").click()
    expect(officer.locator("main")).to_contain_text("peut accepter ce dossier")
    see(officer, "offerte")
    lead.goto(f"{service.url}/agent/?etat=offerts")
    expect(lead.locator("main")).to_contain_text("Vous connaissez cette entreprise.")
    see(lead, "offerts")
    for box in lead.locator("input[name=offer]").all():  # what others offer stays as it is
        box.set_checked(False)
    lead.get_by_role("listitem").filter(has_text="Vous connaissez cette entreprise.").locator("input").check()
    lead.get_by_role("button", name="Accepter").click()
    expect(lead.get_by_role("status")).to_be_visible()
    lead.goto(f"{service.url}/agent/{made['offered']}/")
    expect(lead.locator(".in-charge")).to_contain_text("Vous suivez ce dossier.")
    officer.goto(f"{service.url}/agent/{made['offered']}/")
    expect(officer.locator(".in-charge")).to_contain_text("Suivi par Sophie Carlier.")


def test_a_call_is_served(service: Service, officer: Page, made, see, way):
    officer.goto(f"{service.url}/agent/?etat=a-rappeler")
    asked = officer.get_by_role("listitem").filter(has_text=f"Rappel {way}")
    expect(asked).to_contain_text("Non vérifié")
    see(officer, "rappels")
    asked.get_by_role("button", name="Traité").click()
    expect(officer.locator("main")).to_contain_text("ce rappel est traité")
    expect(asked).to_have_count(0)


def test_a_firm_is_corrected_by_telephone(service: Service, officer: Page, made, see):
    officer.goto(f"{service.url}/agent/{made['sheet']}/appel/")
    sheet = officer.locator("#fiche-appel")
    expect(sheet.get_by_role("heading", name="Où en sont ses premiers dispositifs")).to_be_visible()
    assert officer.locator("#fiche-appel section.panel").count() <= 3
    before = sheet.locator(":scope > ul").last.inner_text()
    see(officer, "fiche-appel")
    officer.emulate_media(media="print")
    expect(sheet.locator(".print-only").last).to_be_visible()  # a line to write the answer on
    expect(sheet.get_by_role("button", name="Enregistrer les réponses")).to_be_hidden()
    officer.emulate_media(media="screen")
    field = officer.locator("input[name=headcount]")
    field.fill("35")
    officer.locator("form", has=field).get_by_role("button", name="Enregistrer les réponses").click()
    expect(officer.locator("body")).to_contain_text("C’est noté")
    expect(field).to_have_count(0)
    assert sheet.locator(":scope > ul").last.inner_text() != before
    officer.goto(f"{service.url}/agent/{made['sheet']}/")
    known = officer.locator("dl.facts > div").filter(has=officer.locator("dt", has_text="Effectif"))
    expect(known).to_contain_text("35")


def test_three_reasons_and_when_they_end(service: Service, open_context, officer: Page, made, see, javascript):
    """Too close until it opens again, not worth it until the amount changes, already had for ever."""
    officer.goto(f"{service.url}/agent/{made['reasons']}/")
    reasons = ("deadline_too_close", "not_worth_it", "already_has_it")
    for key, reason in zip(made["keys"], reasons, strict=True):
        with deciding(officer, key, javascript=javascript) as card:
            card.locator("summary", has_text="Écarter").click()
            place = card
            if not javascript:
                card.get_by_role("link", name="avec une raison").click()
                place = officer.locator("main")
            place.get_by_label("Raison").select_option(reason)
            place.get_by_role("button", name="Écarter").click()
    officer.locator("form[action$='/terminer/'] textarea").fill("Trois dispositifs sont écartés.")
    officer.get_by_role("button", name="Terminer la relecture").click()
    expect(officer.locator("main")).to_contain_text("Relecture terminée")
    see(officer, "raisons")
    firm = open_context(javascript=javascript).new_page()
    page = f"{service.url}/resultat/{made['link']}/"
    opens_again, pays_more, _has_it = made["schemes"]
    is_aside(firm, page, 3)
    see(firm, "raisons-entreprise")
    publish(service, opens_again, "summary='Autre résumé.'")  # that ends nothing
    is_aside(firm, page, 3)
    publish(service, opens_again, f"closes_on={date(2027, 6, 30)!r}".replace("datetime.", ""))
    is_aside(firm, page, 2)
    # Not what the same test, run the other way before, has published of it.
    publish(service, pays_more, f"amount_text='Jusqu’à {9 if javascript else 8} 000 €.'")
    is_aside(firm, page, 1)


def publish(service: Service, pk: int, changes: str) -> None:
    service.run(PUBLISH.format(pk=pk, changes=changes))


def is_aside(firm: Page, page: str, n: int) -> None:
    firm.goto(page)
    expect(firm.locator("summary", has_text="Écartés après relecture")).to_have_text(
        re.compile(rf"Écartés après relecture \({n}\)")
    )


def test_a_batch_is_decided_and_written_to(service: Service, officer: Page, made, see):
    """Three firms that wait for one scheme: it is kept for each, and each is written to once."""
    page = f"{service.url}/agent/dispositif/{made['schemes'][2]}/dossiers/"

    def tick() -> None:
        for pk in made["batch"]:
            officer.locator(f"input[name=file][value='{pk}']").check()

    officer.goto(page)
    find(officer, made["batch"])
    see(officer, "qui-attend")
    tick()
    officer.get_by_role("button", name="Retenir ce dispositif").click()
    expect(officer.locator("main")).to_contain_text("3")
    find(officer, made["batch"])
    tick()
    officer.locator("summary", has_text="Écrire à ces entreprises").click()
    officer.get_by_label("Le mot qu’elles liront").fill("Ce dispositif ferme le 17 décembre.")
    officer.get_by_role("button", name="Terminer et écrire").click()
    expect(officer.get_by_role("status").first).to_be_visible()
    see(officer, "lot-ecrit")
    answers = json.loads(service.run(ANSWERS.format(files=made["batch"])).splitlines()[-1])
    assert len(answers) == len({recipient for recipient, _state in answers}) == 3
    for recipient, _state in answers:
        wait_for_message(service, recipient, "a relu")


def find(officer: Page, files: list[int]) -> None:
    """Go on from page to page until the files are there."""
    last = officer.locator(f"input[name=file][value='{files[-1]}']")
    while not last.count():
        number = officer.url
        officer.get_by_role("link", name="Page suivante").click()
        expect(officer).not_to_have_url(number)
        officer.wait_for_load_state()


def test_a_visit_is_filed_and_its_firm_confirms(service: Service, open_context, officer: Page, see, way, javascript):
    name, address = f"Visite {way}", f"visite.{way}@firm.example"
    officer.goto(f"{service.url}/agent/nouveau/")
    officer.get_by_role("button", name="Commencer").click()
    expect(officer.locator("main")).to_contain_text("Vous remplissez ceci pour une entreprise")
    officer.get_by_label("De quoi avez-vous besoin").fill("Je cherche deux soudeurs.")
    officer.get_by_role("button", name="Continuer").click()
    officer.get_by_text("Remplir à la main").click()
    officer.get_by_label("Nom de l’entreprise").fill(name)
    officer.get_by_label("Commune du site").fill("Compiègne")
    officer.get_by_role("button", name="Continuer").click()
    officer.locator("summary", has_text="Répondre").click()
    officer.get_by_label("Combien de salariés").fill("12")
    officer.get_by_role("button", name="Répondre et recalculer").click()
    expect(officer.locator("main")).to_contain_text("Ouvrir le dossier de l’entreprise")
    officer.get_by_label("Nom de la personne").fill("Camille Roux")
    officer.get_by_label("Son adresse électronique").fill(OFFICER)  # a staff address is refused as the firm's
    officer.get_by_label("Son téléphone").fill("0353016099")
    officer.get_by_label("La personne accepte").check()
    take_time(officer)
    officer.get_by_role("button", name="Ouvrir le dossier").click()
    expect(officer.get_by_role("alert")).to_be_visible()
    see(officer, "visite-refusee")
    officer.set_viewport_size({"width": 360, "height": 740})
    assert officer.locator(".error-summary li").evaluate("line => line.scrollWidth <= line.clientWidth")
    officer.set_viewport_size({"width": 1280, "height": 900})
    officer.get_by_label("Son adresse électronique").fill(address)
    officer.get_by_role("button", name="Ouvrir le dossier").click()
    expect(officer.locator("main")).to_contain_text("accord noté par Claire Vasseur")
    file = officer.url
    see(officer, "visite")
    firm = open_context(javascript=javascript).new_page()
    firm.goto(link(wait_for_message(service, address, "[Cc]onfirme"), "confirmer"))
    expect(firm.locator("main")).to_contain_text("a déposé une demande pour vous")
    firm.get_by_role("button", name="Confirmer").click()
    expect(firm.get_by_role("heading", level=1)).to_contain_text(name)
    see(firm, "visite-confirmee")
    officer.goto(file)
    expect(officer.locator("main")).not_to_contain_text("pas encore confirmé")


def test_who_is_away_is_told_of_nothing(service: Service, officer: Page, made, see):
    """Declare an absence: the stand-in is told of what waits, the absent officer of nothing."""
    officer.goto(f"{service.url}/agent/equipe/")
    fold = officer.locator("details", has=officer.locator("summary", has_text="Déclarer une absence"))
    fold.locator("summary").click()
    fold.get_by_label("Qui est absent").select_option(label="Claire Vasseur")
    fold.get_by_label("Premier jour").fill("2027-03-01")
    fold.get_by_label("Dernier jour").fill("2027-02-01")
    fold.get_by_label("Qui est prévenu à sa place").select_option(label="Sophie Carlier")
    fold.get_by_role("button", name="Déclarer cette absence").click()
    expect(officer.locator("main")).to_contain_text("inversez les dates")
    see(officer, "absence-refusee")
    fold.get_by_label("Premier jour").fill("2026-11-24")
    fold.get_by_role("button", name="Déclarer cette absence").click()
    away = officer.locator("li", has=officer.get_by_role("heading", name="Claire Vasseur"))
    expect(away).to_contain_text("remplacé par Sophie Carlier")
    see(officer, "absence")
    told = json.loads(service.run(MORNING.format(file=made["sheet"])).splitlines()[-1])
    assert OFFICER not in told["to"]
    assert LEAD in told["of"]
    away.get_by_role("button", name="Annuler").click()
    expect(away).not_to_contain_text("remplacé par")
