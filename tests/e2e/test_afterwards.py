"""After the answer, on a phone: two requests of a firm, what it says of schemes, whom it shares with, and the end."""

import json
import re
from io import BytesIO

import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from tests.e2e.conftest import Service, look, wait_for
from tests.e2e.messages import body, link, messages_to, wait_for_message
from tests.e2e.test_sharing import FOLD, made_address
from tests.e2e.test_space import open_space

pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)
FILE_THEM = """
import json
from backend.accounts.models import User
from backend.common.days import current_day
from backend.matchmaking.alerts import subscribe
from tests.factories import make_submission
from tests.matchmaking.subscribers import read

officer, on, found = User.objects.get(email="claire.vasseur@jonction.example"), current_day(), []
for needs in (("innovation.collaboratif", "numerique.robot"), ("competences.recruter",)):
    file = make_submission(
        confirmed=True, on=on, company_name="Atelier du Lendemain", siren="{siren}", siret="", email="{address}",
        needs=needs, text="",
    )
    read(file, on=on, officer=officer)
    found.append(file.reference)
    if len(found) == 1:
        subscribe(submission=file, frequency="immediate", paused_until=None, on=on)
print(json.dumps(found))
"""
# An editor publishes another amount; what it was is printed.
CHANGE = """
from backend.schemes.models import Scheme
from tests.factories import publish_revision

scheme = Scheme.objects.get(source_key="{key}")
print(scheme.current.amount_text)
publish_revision(scheme, amount_text={amount!r})
"""
LEFT = """
from backend.links.models import Link
from backend.matchmaking.models import Alert, Guest, Submission
from backend.notifications.models import Notification

files = Submission.objects.filter(pk__in={numbers})
print(
    files.filter(erased_at=None).count(),
    Guest.objects.filter(submission__in=files).count(),
    Alert.objects.filter(submission__in=files).count(),
    Link.objects.filter(object_id__in=files.values("pk"), kind__in=("result", "access", "share", "guest")).count(),
    Notification.objects.filter(recipient__in=("{address}", "{guest}")).count(),
)
"""
NOT_WORTH_IT, CHANGED, AGAIN = "Le montant ne vaut pas la démarche", "Jusqu’à 12 321 €", "Jusqu’à 45 654 €"


def card_of(page: Page, key: str) -> Locator:
    return page.locator(f"article[data-scheme={key}]")


def say_first(page: Page, key: str, button: str, noted: str) -> None:
    """Say the first word of a scheme, on its card."""
    card = card_of(page, key)
    card.locator("summary", has_text="Ça m’intéresse").click()
    card.get_by_role("button", name=button).click()
    expect(page.locator(".messages")).to_contain_text(noted)


def then(page: Page, name: str, button: str, euros: str) -> None:
    """Say what came next of a scheme that is followed."""
    line = page.locator("#mes-dispositifs ~ ul > li", has_text=name)
    line.locator("summary", has_text="Où en êtes-vous").click()
    form = line.locator("form", has=page.get_by_role("button", name=button))
    form.get_by_label("Euros").fill(euros)
    form.get_by_role("button", name=button).click()
    expect(page.locator(".messages")).to_contain_text("C’est noté : vous avez")


def text_of_pdf(page: Page, address: str) -> str:
    content = page.request.get(address).body()
    text = " ".join(one.extract_text() for one in PdfReader(BytesIO(content)).pages)
    return re.sub(r"\s+", " ", text)


def erase(page: Page, service: Service, reference: str) -> None:
    page.goto(f"{service.url}/espace/")
    page.get_by_role("button", name=f"Données, fermer, effacer la demande {reference}").click()
    page.get_by_role("link", name="Effacer…").click()
    page.get_by_label("J’ai compris").check()
    page.get_by_role("button", name="Effacer pour toujours").click()
    expect(page.locator("main")).to_contain_text("C’est effacé")


@pytest.mark.slow
@pytest.mark.parametrize("javascript", [True, False], ids=["js", "html"])
def test_a_firm_after_its_answer(service: Service, open_context, javascript):
    way = "js" if javascript else "html"
    address, guest = f"lendemain-{way}@firm.example", f"comptable-{way}@cabinet.example"
    siren = "999999956" if javascript else "999999972"
    made = service.run(FILE_THEM.replace("{address}", address).replace("{siren}", siren)).splitlines()[-1]
    first, second = json.loads(made)
    page = open_context(javascript=javascript).new_page()

    # Two requests of one firm, in one space.
    open_space(page, service, address)
    page.get_by_role("button", name="Ouvrir mon espace").click()
    firm = page.locator("section", has=page.get_by_role("heading", name="Atelier du Lendemain"))
    expect(firm).to_contain_text(first)
    expect(firm).to_contain_text(second)
    page.get_by_role("button", name=f"Ouvrir la demande {first}").click()
    cards = page.locator("article.scheme")
    expect(cards).to_have_count(5)
    result = page.url.partition("#")[0]
    keys = [card.get_attribute("data-scheme") for card in cards.all()]
    dismissed, obtained, followed = keys[:3]
    names = {key: card_of(page, key).get_by_role("heading").inner_text() for key in keys[:3]}

    # One is not for it: gone from the page, the list and the PDF.
    say_first(page, dismissed, NOT_WORTH_IT, "n’est pas pour vous.")
    expect(card_of(page, dismissed)).to_have_count(0)
    page.goto(f"{result}tous/")
    expect(page.locator(f"li[data-scheme={dismissed}]")).to_have_count(0)
    pdf = text_of_pdf(page, f"{result}pdf/")
    assert names[obtained] in pdf
    assert names[dismissed] not in pdf

    # One is asked for, then obtained.
    page.goto(result)
    say_first(page, obtained, "Ça m’intéresse", "vous intéresse.")
    then(page, names[obtained], "Demande déposée", "20 000")
    then(page, names[obtained], "Obtenu", "15 000")
    expect(page.locator("#mes-dispositifs ~ ul")).to_contain_text("15 000 €")
    look(page, f"lendemain-{way}-obtenu", javascript=javascript)

    # One is followed; it changes, and an e-mail says so, with nothing of what was dismissed.
    say_first(page, followed, "Ça m’intéresse", "vous intéresse.")
    before = service.run(CHANGE.format(key=followed, amount=CHANGED)).splitlines()[-1:] or [""]
    alert = wait_for(
        lambda: next((one for one in messages_to(service, address) if CHANGED in body(one)), None), "the alert"
    )
    assert names[followed] in body(alert)
    assert names[dismissed] not in body(alert)

    # What was dismissed for its amount comes back with another one.
    was = service.run(CHANGE.format(key=dismissed, amount=AGAIN)).splitlines()[-1:] or [""]
    page.goto(f"{result}tous/")
    expect(page.locator(f"li[data-scheme={dismissed}]")).to_have_count(1)
    assert names[dismissed] in text_of_pdf(page, f"{result}pdf/")

    # A share, opened by another browser and revoked.
    page.goto(result)
    page.get_by_text(FOLD).click()
    page.get_by_role("button", name="Créer un lien de partage").click()
    share = made_address(page)
    other = open_context(javascript=javascript).new_page()
    other.goto(share)
    expect(other.get_by_role("heading", level=1)).to_contain_text("Atelier du Lendemain")
    page.goto(result)
    page.get_by_text(FOLD).click()
    page.locator("#partage").get_by_role("button", name="Arrêter").click()
    assert other.goto(share).status == 404

    # A contact, invited from the space, who accepts in a browser of her own and reads that request alone.
    page.goto(result)
    page.get_by_text(FOLD).click()
    page.get_by_text("Inviter un contact").click()
    page.get_by_label("Son adresse électronique").fill(guest)
    page.get_by_label("lire et répondre").last.check()
    look(page, f"lendemain-{way}-inviter", javascript=javascript)
    page.get_by_role("button", name="Inviter", exact=True).click()
    expect(page.locator("body")).to_contain_text("Un courriel part vers")
    other.goto(link(wait_for_message(service, guest, "vous invite"), "invitation"))
    other.get_by_role("button", name="Accepter").click()
    expect(other.locator("main")).to_contain_text("lire et répondre")
    expect(other.locator("main")).not_to_contain_text(second)
    expect(other.get_by_role("button", name="Recevoir un lien de 30 minutes").first).to_be_visible()
    look(other, f"lendemain-{way}-invitee", javascript=javascript)
    hers = other.url.partition("#")[0]

    # All erased: nothing opens any more, and nothing is left of either address.
    for reference in (first, second):
        erase(page, service, reference)
        if reference == first:
            assert other.goto(hers).status == 404
            other.goto(f"{service.url}/espace/")
            expect(other.locator("main")).not_to_contain_text(first)
    page.goto(f"{service.url}/espace/")
    expect(page.get_by_label("Votre adresse électronique")).to_be_visible()
    numbers = [int(reference.rpartition("-")[2]) for reference in (first, second)]
    left = service.run(LEFT.format(numbers=numbers, address=address, guest=guest))
    assert left.split() == ["0"] * 5
    for key, amount in ((followed, before), (dismissed, was)):  # other tests read the same catalogue
        service.run(CHANGE.format(key=key, amount=amount[0]))
