"""What an answer is on a phone of 360 × 740: how tall, where it begins, and how much a first visit transfers."""

import gzip
import re
from pathlib import Path

from django.contrib.staticfiles import finders
from playwright.sync_api import Page, sync_playwright

CHROMIUM, FLAGS = "/usr/bin/chromium-headless-shell", ["--no-sandbox", "--disable-gpu"]
WIDTH, HEIGHT = 360, 740
LOADED = re.compile(r'(?:src|<link rel="(?:stylesheet|icon)"\s+href)="/static/([^"]+)"')
PLACES = """height => {
    const box = selector => document.querySelector(selector)?.getBoundingClientRect();
    return {
        screens: document.documentElement.scrollHeight / height,
        step: (box('.next-steps li')?.bottom ?? 0) + scrollY,
        card: (box('.shortlist .scheme')?.top ?? 0) + scrollY,
    };
}"""


def places_of(page: Page) -> dict[str, float]:
    """Return the screens of an answer, and where its first step ends and its first card begins, in pixels."""
    page.wait_for_load_state()
    found: dict[str, float] = page.evaluate(PLACES, HEIGHT)
    return found


def first_visit(body: bytes) -> int:
    """Return the compressed bytes of a page and of all that it loads: what a first visit transfers, headers apart."""
    files = map(finders.find, LOADED.findall(body.decode()))
    return sum(len(gzip.compress(content)) for content in (body, *(Path(str(file)).read_bytes() for file in files)))


def measure_answer(address: str, steps: dict[str, dict[str, str]]) -> dict[str, float]:
    """Fill in the steps of a firm at a running site, and measure the answer; nothing is filed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="fr-FR").new_page()
        for step, typed in steps.items():
            page.goto(f"{address}/demande/{step}/")
            token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
            sent = {**typed, "csrfmiddlewaretoken": token}
            page.request.post(page.url, form=sent, headers={"Referer": page.url})
        page.goto(f"{address}/demande/reponse/")
        found = {name: round(value, 2) for name, value in places_of(page).items()}
        browser.close()
    return found
