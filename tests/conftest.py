"""What every test shares: reference data loaded once, real files where they are, how long property tests search."""

import os
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
REAL_DATA = Path(os.environ.get("JONCTION_REAL_DATA") or ROOT.parent / "shared" / "data")
NO_REAL_DATA = "no real data"

settings.register_profile(
    "short", derandomize=True, max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# For mutation testing, which runs the suite a thousand times and must find the same each time.
settings.register_profile(
    "brief", parent=settings.get_profile("short"), max_examples=40, derandomize=True, database=None
)
settings.register_profile("long", parent=settings.get_profile("short"), max_examples=10_000, derandomize=False)
settings.load_profile("long" if os.environ.get("JONCTION_LONG") == "1" else "short")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Load the reference data into the test database: every test sees the real territory and the real catalogue."""
    with django_db_blocker.unblock():
        call_command("load_reference", stdout=StringIO())


@pytest.fixture
def real_data() -> Path:
    """Return the folder of the real files; mark the test ``real_data``."""
    return REAL_DATA


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("real_data") and not REAL_DATA.is_dir():
        pytest.skip(f"{NO_REAL_DATA}: {REAL_DATA} is no folder; JONCTION_REAL_DATA names another one")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Drop the databases that browser tests copied theirs from, once every process of the run is done."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    loaded = [path.read_text() for path in session.config._tmp_path_factory.getbasetemp().glob("e2e-*")]
    if loaded:
        server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            for name in loaded:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_REAL_DATA in str(report.longrepr)]
    terminalreporter.write_line(f"{len(skipped)} real-data tests skipped")
