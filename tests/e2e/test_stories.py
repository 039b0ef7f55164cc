"""Seven firms on a phone, from the first page to the answer, in four ways; `scripts/stories` prints what each took.

In ``./test`` the first firm walks by taps; in ``./test -m slow`` the others do, and the first one also without
JavaScript, by keyboard and with the register down; ``JONCTION_LONG=1`` walks all in all ways.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

from benchmarks.phone import places_of
from tests.common.sites import site
from tests.companies.test_register import a_firm, a_site, answer
from tests.e2e.conftest import LOWEST_CARD, LOWEST_STEP, MOST_SCREENS, Service, take_time
from tests.e2e.hands import MOST_TAPS, Hand, Keyboard

STORIES = yaml.safe_load((Path(__file__).parent / "stories.yaml").read_text())
WAYS = ["taps", "no script", "keyboard", "register down"]
IS_LONG = os.environ.get("JONCTION_LONG") == "1"
WALKS = [(way, name) for way in WAYS for name in STORIES if IS_LONG or way == "taps" or name == next(iter(STORIES))]
LEAST_IN_COMMON = 3
SECOND = "TOLERIE DE L'OISE"
# After a few walks in vain nobody asks the register for a minute, not even walks on which it answers.
AFTER_THE_PAUSE = "from django.core.cache import caches\ncaches['counters'].clear()"
pytestmark = pytest.mark.parametrize("service", ["2026-11-24"], indirect=True)


@pytest.mark.cases(1)
@pytest.mark.parametrize(("way", "name"), WALKS)
def test_a_firm_reaches_its_answer(service: Service, open_context, way, name):
    story = STORIES[name]
    page = open_context(javascript=way != "no script").new_page()
    hand = Keyboard(page) if way == "keyboard" else Hand(page)
    with register(service, story.get("register"), is_down=way == "register down"):
        to_firm(hand, service, story["text"])
        if story.get("register") and way != "register down":
            by_siret(hand, story["register"])
        else:
            by_hand(hand, story)
        to_answer(hand)
    taps, places = hand.taps, places_of(page)
    shown = [card.get_attribute("data-scheme") for card in page.locator("article.scheme").all()]
    common = [key for key in story["expected"] if key in shown]
    note(name, way, taps, *(f"{value:.2f}" for value in places.values()), len(common), ", ".join(map(str, shown)))
    expect(page.locator("body")).not_to_contain_text(SECOND)
    if story.get("register") and way != "register down":
        assert taps <= MOST_TAPS
    assert places["screens"] <= MOST_SCREENS, places
    assert 0 < places["card"] <= LOWEST_CARD, places
    # Outside the territory, whom to call stands in the place of the steps.
    assert places["step"] == 0 if story.get("outside") else 0 < places["step"] <= LOWEST_STEP, places
    missed = set(story["expected"]) - set(shown)
    assert len(common) >= LEAST_IN_COMMON or missed <= set(story.get("missed", {})), (common, shown)
    if story.get("call"):
        call_me_back(hand)
        note(name, way, f"{hand.taps} with the call", "", "", "", "", "")


@contextmanager
def register(service: Service, firm: dict[str, str] | None, *, is_down: bool) -> Iterator[None]:
    """Stand for the State's register, which knows the firm of a story and another one; or for nothing."""
    if is_down or not firm:
        try:
            yield
        finally:
            if is_down:
                service.run(AFTER_THE_PAUSE)
        return
    with site(port=service.register_port) as state:
        state.page("/search", answer(known(firm), a_firm(nom_raison_sociale=SECOND)))
        yield


def known(firm: dict[str, str]) -> dict[str, Any]:
    """Return a firm as the register answers it."""
    head = a_site(
        siret=firm["siret"], commune=firm["commune"], activite_principale=firm["naf"], nom_commercial=firm["name"]
    )
    return a_firm(
        siren=firm["siret"][:9],
        nom_raison_sociale=firm["name"],
        nature_juridique=firm.get("legal_category", "5710"),
        tranche_effectif_salarie=firm["headcount"],
        siege=head,
    )


def note(*cells: object) -> None:
    """Write what a walk took as a row of the table that `scripts/stories` prints."""
    if file := os.environ.get("JONCTION_STORIES"):
        with Path(file).open("a") as table:
            table.write(f"| {' | '.join(map(str, cells))} |\n")


def to_firm(hand: Hand, service: Service, text: str) -> None:
    hand.page.goto(service.url)
    hand.tap(hand.page.get_by_role("link", name="Décrire mon besoin").first)
    hand.write("De quoi avez-vous besoin", text)
    hand.button("Continuer")
    expect(hand.page.get_by_role("heading", level=1)).to_have_text("Votre entreprise")


def by_siret(hand: Hand, firm: dict[str, str]) -> None:
    hand.write("Nom, SIRET ou SIREN", firm["siret"])
    hand.button("Rechercher")
    hand.tap(hand.page.get_by_role("button", name=firm["name"]))
    expect(hand.page.locator("main")).to_contain_text("Sirene, lu le")
    hand.button("Continuer")


def by_hand(hand: Hand, story: dict[str, Any]) -> None:
    """Type what the register would have said: where it is down, after it was asked in vain."""
    firm = story.get("register")
    if firm:
        hand.write("Nom, SIRET ou SIREN", firm["name"])
        hand.button("Rechercher")
        expect(hand.page.locator("main")).to_contain_text("Le registre des entreprises ne répond pas en ce moment")
        expect(hand.page.get_by_label("Nom de l’entreprise")).to_have_value(firm["name"])
        hand.write("Commune du site", story["commune"])
        hand.write("Code APE (NAF)", firm["naf"])
    else:
        hand.tap(hand.page.get_by_text("Remplir à la main"))
    hand.button("Continuer")


def to_answer(hand: Hand) -> None:
    expect(hand.page).to_have_url(re.compile("/(projet|reponse)/$"))
    if hand.page.url.endswith("/projet/"):
        hand.button("Continuer")
    expect(hand.page).to_have_url(re.compile("/demande/reponse/$"))
    expect(hand.page.locator("h1")).to_be_visible()
    hand.page.wait_for_load_state()  # its title is there before its cards


def call_me_back(hand: Hand) -> None:
    page: Page = hand.page
    hand.tap(page.locator("#rappel > summary"))
    hand.write("À quel numéro", "0353016078")
    hand.write("Qui demander", "Camille Roux")
    take_time(page)
    hand.button("Être rappelé")
    expect(page.locator("#rappel")).to_contain_text("C’est noté")
