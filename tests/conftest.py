"""What every test shares: reference data loaded once, real files where they are, how long property tests search."""

import fcntl
import gc
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from _pytest.runner import runtestprotocol
from django.db import connection
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from backend.common.data_stack import with_room
from backend.common.files import digest_of_files
from backend.common.releases import code_state
from tests import reference
from tests.reference import ROOT

REAL_DATA = Path(os.environ.get("JONCTION_REAL_DATA") or ROOT.parent / "shared" / "data")
NO_REAL_DATA = "no real data"
TEMPLATE = "template-"
# Half a minute a file and more, the first most.
SLOW = (
    "tests/e2e/",
    "tests/web/test_access.py",
    "tests/deploy/",
    "tests/security/test_pairs.py",
    "tests/security/test_erasure_backup.py",
    "tests/matchmaking/test_alerts.py",
    "tests/matchmaking/test_scheme_events.py",
    "tests/schemes/editing/test_admin.py",
    "tests/web/test_territory.py",
    "tests/web/test_public_catalogue.py",
    "tests/steering/",
    "tests/security/",
)
N_DEAREST = 5
n_cases: Counter[str] = Counter()  # collected so far, of the tests that leave some to `./test -m slow`
MAKERS = [ROOT / "tests" / name for name in ("factories.py", "neighbour.py")]
BROWSER = "tests/e2e/"
# What firms do in a browser is walked by one process, what is published and reviewed by another: each service that is
# started takes a dozen seconds of processor, and the third process works while these two wait for pages.
OF_FIRMS = tuple(
    f"{BROWSER}test_{name}.py"
    for name in ("afterwards", "answer", "call_sheet", "firm", "partners", "sharing", "space", "stories", "story")
)

settings.register_profile(
    "short", derandomize=True, max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", parent=settings.get_profile("short"), max_examples=10_000, derandomize=False)
settings.load_profile("long" if os.environ.get("JONCTION_LONG") == "1" else "short")


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of one run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def loaded_database(request: pytest.FixtureRequest) -> str:
    """Return the name of a database with its tables and the reference data, to copy; who wants it first makes it."""
    return made_reference(again=request.config.getvalue("create_db") and "PYTEST_XDIST_WORKER" not in os.environ)


def made_reference(*, again: bool = False) -> str:
    try:
        return reference.make(again=again)
    except reference.NoReference as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture(scope="session")
def kept_folder(request: pytest.FixtureRequest, shared_folder: Path, loaded_database: str) -> Path:
    """Return a folder of what is made once for all processes of a run.

    With ``--reuse-db``, for the next runs too, as long as code, migrations and fixtures say the same, and on this day.
    """
    if not request.config.getvalue("reuse_db") or request.config.getvalue("create_db"):
        return shared_folder
    made_by = [loaded_database, code_state(), digest_of_files(MAKERS), datetime.now(UTC).date().isoformat()]
    folder = request.config.cache.mkdir("kept") / sha256(" ".join(made_by).encode()).hexdigest()[:12]
    for older in folder.parent.iterdir():
        if older != folder:
            shutil.rmtree(older, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    return folder


def make_once(path: Path, make: Callable[[str], None]) -> str:
    """Return the name of a database that is made once for all processes of a run; ``path`` keeps it."""
    with path.open("a+") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        name = kept.read()
        if not name:
            name = f"{path.name.replace('-', '_')}_{secrets.token_hex(4)}"
            make(name)
            kept.write(name)
    return name


@pytest.fixture(scope="session")
def django_db_modify_db_settings(loaded_database: str) -> None:
    """Copy the test database from the loaded one: every test sees the real territory and the real catalogue.

    With ``--reuse-db`` the copy of the last run is used, as long as migrations and fixtures say the same.
    """
    test = connection.settings_dict["TEST"]
    test["TEMPLATE"] = loaded_database
    test["NAME"] = f"{loaded_database}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


@pytest.fixture
def no_activity_table(db: None) -> None:
    """Take away INSEE's table between the two NAF, which the reference data holds."""
    from backend.territories.models import ActivityTable

    ActivityTable.objects.all().delete()


@pytest.fixture
def real_data() -> Path:
    """Return the folder of the real files; mark the test ``real_data``."""
    return REAL_DATA


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave all but the first cases of a test that says ``cases(n)`` to ``./test -m slow``."""
    marker = item.get_closest_marker("cases")
    if marker:
        test = item.nodeid.partition("[")[0]
        n_cases[test] += 1
        if n_cases[test] > marker.args[0]:
            item.add_marker("slow")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slow files first, in whatever order the others are: processes that share a run then end together."""
    items.sort(key=lambda item: next((n for n, path in enumerate(SLOW) if item.nodeid.startswith(path)), len(SLOW)))
    twice = [nodeid for nodeid, n in Counter(item.nodeid for item in items).items() if n > 1]
    if twice:  # xdist would run one of them and say that all passed
        raise pytest.UsageError(f"tests with the same id: {', '.join(twice)}")


class ByFile(LoadFileScheduling):
    """A file is run by one process; so are the browser tests, in two parts."""

    def schedule(self) -> None:
        """Begin once there is a database to copy: ./test has it made while processes collect their tests."""
        if "DATABASE_URL" in os.environ:
            made_reference()
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(BROWSER):
            return f"{BROWSER} of firms: {nodeid.startswith(OF_FIRMS)}"
        return super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[Any]:
    """Collect no garbage while tests are collected: nothing is thrown away then, and each round reads all of it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Spare the collector the nine thousand tests and all that was imported: it read them at each of its rounds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test as pytest does, with room on the stack: a fifth of all processor time went where there was none."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    with_room(runtestprotocol)(item, nextitem=nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("real_data") and not REAL_DATA.is_dir():
        pytest.skip(f"{NO_REAL_DATA}: {REAL_DATA} is no folder; JONCTION_REAL_DATA names another one")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Drop the databases that others were copied from, once every process of the run is done."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    loaded = [path.read_text() for path in session.config._tmp_path_factory.getbasetemp().glob(f"{TEMPLATE}*")]
    if loaded:
        server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as server_connection:
            for name in loaded:
                server_connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_REAL_DATA in str(report.longrepr)]
    terminalreporter.write_line(f"{len(skipped)} real-data tests skipped")
    spent: Counter[str] = Counter()
    for report in (one for reports in terminalreporter.stats.values() for one in reports):
        if isinstance(report, pytest.TestReport):
            spent[report.nodeid.partition("::")[0]] += report.duration
    if len(spent) > N_DEAREST:  # a file is run by one process: none may last as long as the others together
        dearest = ", ".join(f"{path} {seconds:.0f} s" for path, seconds in spent.most_common(N_DEAREST))
        terminalreporter.write_line(f"{spent.total():.0f} s of tests, most in {dearest}")
