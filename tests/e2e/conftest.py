"""The whole service, really started: site, worker, beat and mail catcher, on a database of its own."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import psycopg
import pytest
import yaml
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from backend.config.settings import FILING_SECONDS
from backend.config.test import WORKER
from benchmarks.phone import CHROMIUM, HEIGHT, WIDTH, places_of
from tests.conftest import TEMPLATE, make_once
from tests.e2e.shell import Shell

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"
AXE = (ROOT / "tests" / "vendor" / "axe-core-4.14.1" / "axe.min.js").read_text()
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PASSWORD = yaml.safe_load((ROOT / "fixtures" / "demo.yaml").read_text())["password"]
# What passes is not told: on a long page that costs as much as the reading.
AXE_RUN = "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})"
# In braces: what scrollTo returns is a promise, and waiting for it is waiting for frames that nobody looks at.
TO_TOP = "() => { window.scrollTo(0, 0) }"
TO_END = "() => { window.scrollTo(0, document.documentElement.scrollHeight) }"
PATIENCE_MS = 20_000  # other tests run at the same time, on two cores
expect.set_options(timeout=PATIENCE_MS)
# Sizes of a page, and whether it is read at all of them; the desk is the last one, where letters are then enlarged.
GRID, IS_GRID = ((320, 740), (360, 740), (1280, 900)), os.environ.get("JONCTION_GRID") == "1"
WIDE = 1000  # pixels from which a screen is a desk
# Where an officer's day is walked: in the long suite on a full desk, which takes minutes to fill.
DESK = "2026-11-24+2000" if os.environ.get("JONCTION_LONG") == "1" else "2026-11-24"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """Every process of the service, on one fixed day; ``2026-11-24+2000`` adds so many invented files."""

    def __init__(self, desk: str, folder: Path, *, shared: Path, reference: str) -> None:
        day, _plus, self._n_files = desk.partition("+")
        self.day = day
        self._shared, self._reference = shared, reference
        self.port, mail_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.register_port = free_port()  # where a test may stand for the State's register; else it is down
        self.mail = folder / "mail"
        self.mail.mkdir()
        self._folder = folder
        self._server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        self._database = f"e2e_{secrets.token_hex(4)}"
        redis, _, _ = os.environ["REDIS_URL"].rpartition("/")
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "backend.config.settings",
            "DATABASE_URL": f"{self._server}/{self._database}",
            "REDIS_URL": f"{redis}/{7 + WORKER}",
            "JONCTION_SECRET_KEY": secrets.token_hex(32),
            "JONCTION_DEMO": "1",
            "JONCTION_DAY": day,
            "JONCTION_URL": self.url,
            "JONCTION_MAIL_HOST": "127.0.0.1",
            "JONCTION_MAIL_PORT": str(mail_port),
            "JONCTION_CATCHER_DIR": str(self.mail),
            "JONCTION_OUTBOX_SECONDS": "1",
            "JONCTION_MAIL_PER_DOMAIN": "0",
            "JONCTION_ALERT_SECONDS": "1",
            "JONCTION_REGISTER_URL": f"http://127.0.0.1:{self.register_port}",
        }
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self._make_database()
        beat = self._folder / "beat-schedule"
        self._launch("manage.py", "catch_mail")
        self._launch("-m", "celery", "-A", "tasks.app", "worker", "--without-gossip", "--without-mingle", "-c", "2")
        self._launch("-m", "celery", "-A", "tasks.app", "beat", "--schedule", str(beat), "--pidfile=")
        self._launch("-m", "backend.config.server", "127.0.0.1", str(self.port))
        wait_for(self._answers, "the site to answer", seconds=180)

    def _make_database(self) -> None:
        """Copy the database of this day as it is when all is loaded; the first to want it makes it."""
        loaded = make_once(self._shared / f"{TEMPLATE}{self.day}{self._n_files}", self._load)
        self._sql(f'CREATE DATABASE "{self._database}" TEMPLATE "{loaded}"')

    def _load(self, database: str) -> None:
        self._sql(f'CREATE DATABASE "{database}" TEMPLATE "{self._reference}"')
        more = ["--files", self._n_files] if self._n_files else []
        subprocess.run(
            [sys.executable, "manage.py", "load_demo", *more],
            cwd=ROOT,
            env={**self.environment, "DATABASE_URL": f"{self._server}/{database}"},
            check=True,
            capture_output=True,
        )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def _launch(self, *command: str) -> None:
        with (self._folder / f"{len(self._processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        self._processes.append(process)

    def stop(self) -> None:
        if "_shell" in vars(self):
            self._shell.close()
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._sql(f'DROP DATABASE "{self._database}" WITH (FORCE)')

    def run(self, code: str) -> str:
        """Run Python in the service's own environment, as an operator would in its shell; return what it prints."""
        return self._shell.run(code)

    @cached_property
    def _shell(self) -> Shell:
        return Shell(self.environment, folder=ROOT, errors=self._folder / "shell.log")

    def _sql(self, statement: str) -> None:
        with psycopg.connect(f"{self._server}/postgres", autocommit=True) as connection:
            connection.execute(statement)


def wait_for(condition, what: str, *, seconds: float = 60):
    """Return the first true value of a condition; fail with what was waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.2)
    pytest.fail(f"Waited {seconds:.0f} s for {what}.")


# Ended with the last of these tests: its clock and its workers would go on beside all others, each second.
@pytest.fixture(scope="package", params=["2026-11-24", "2027-01-02"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_folder: Path, loaded_database: str
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    running = Service(request.param, folder, shared=shared_folder, reference=loaded_database)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")  # ended with these tests: while it lives, Django takes this thread for an async one
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator:
    """Open a browser of one's own: a phone by default."""
    opened: list[BrowserContext] = []

    def opener(*, width: int = 360, height: int = 740, javascript: bool = True) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=javascript, locale="fr-FR"
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        return context

    yield opener
    for context in opened:
        context.close()


def look(page: Page, name: str, *, javascript: bool = True) -> None:
    """Let axe read a page at 320 px where it was opened on a phone, at 1280 px on a desk.

    Nothing may scroll sideways at either, nor on the desk with letters twice as large. ``JONCTION_GRID=1``
    (`scripts/accessibility`) has axe read each page at 320, 360 and 1280 px and with letters twice as large.
    ``JONCTION_SCREENSHOTS=1`` keeps its pictures on a phone and on a desk.
    """
    page.wait_for_load_state()  # a click waits until the next page answers, not until its styles are there
    SCREENSHOTS.mkdir(exist_ok=True)
    size = page.viewport_size
    for width, height in ((360, 740), (1280, 900)) if os.environ.get("JONCTION_SCREENSHOTS") == "1" else ():
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(TO_TOP)
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
    if javascript:
        for width, height in GRID if IS_GRID else GRID[::2]:
            page.set_viewport_size({"width": width, "height": height})
            assert not scrolls_sideways(page), f"{name} scrolls sideways at {width} px"
            if IS_GRID or (width < WIDE) == (size["width"] < WIDE):
                let_axe_read(page, f"{name} at {width} px")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert not scrolls_sideways(page), f"{name} scrolls sideways with letters twice as large"
        if IS_GRID:
            let_axe_read(page, f"{name} with letters twice as large")
        page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(size)


def let_axe_read(page: Page, what: str) -> None:
    if not page.evaluate("'axe' in window"):  # once a page, whatever the sizes: it is half a megabyte to parse
        page.evaluate(AXE)
    # At its end, where the bar that stays in sight lies on nothing: axe takes what it covers for too small.
    page.evaluate(TO_END)
    found = page.evaluate(AXE_RUN, RULES)
    broken = [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]]) for violation in found["violations"]
    ]
    if file := os.environ.get("JONCTION_GRID_TO"):
        with Path(file).open("a") as read:
            read.write(f"{len(broken)} | {what} | {broken or ''}\n")
    assert broken == [], f"axe on {what}"


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def take_time(page: Page) -> None:
    """Wait as long as a person takes at least: who sends a request sooner is asked to press again."""
    page.wait_for_timeout(1000 * FILING_SECONDS)


def sign_in(page: Page, address: str) -> None:
    page.get_by_label("Courriel").fill(address)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url(lambda url: "/compte/connexion/" not in url)


MOST_SCREENS, LOWEST_STEP, LOWEST_CARD = 6, 700, 1500


def fits_a_phone(page: Page) -> None:
    """Six screens at most; what to do first stands on the first one, the first scheme on the second."""
    assert page.viewport_size == {"width": WIDTH, "height": HEIGHT}
    places = places_of(page)
    assert places["screens"] <= MOST_SCREENS, places
    assert 0 < places["step"] <= LOWEST_STEP, places
    assert 0 < places["card"] <= LOWEST_CARD, places
