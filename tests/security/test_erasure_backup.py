"""What was erased is in no backup made since, and comes back with none made before."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pyrage
import pytest

from backend.common.encryption import identities_of
from backend.matchmaking.models import Submission
from backend.privacy import register
from backend.privacy.erasing import erase_again
from tests.deploy.conftest import ROOT, Database, maintenance, make_database  # noqa: F401 -- fixtures
from tests.factories import make_submission
from tests.neighbour import ours
from tests.security.erased import TRACES

SEARCH = "import json, sys; from tests.security.erased import search_tables; json.dump(search_tables(), sys.stdout)"


@pytest.fixture(scope="module")
def source(make_database) -> Database:  # noqa: F811
    return make_database(with_reference_data=True, with_language=True)


@pytest.fixture(scope="module")
def key(source, tmp_path_factory) -> tuple[Path, str]:
    path = tmp_path_factory.mktemp("key") / "identity"
    return path, source.command("backup_key", path).stdout.strip().partition("=")[2]


@pytest.fixture(scope="module")
def backups(source, key, tmp_path_factory) -> dict[str, Path]:
    """Return a backup from before a firm was erased, and one from after."""
    folder = tmp_path_factory.mktemp("backups")
    source.python("from tests.security.erased import file_everything; file_everything()")
    source.python("from tests.factories import make_submission; make_submission(confirmed=True)")
    found = {}
    for when in ("before", "after"):
        found[when] = folder / f"{when}.zip.age"
        done = source.command("backup", found[when], JONCTION_BACKUP_RECIPIENTS=key[1])
        assert done.returncode == 0, done.stderr
        if when == "before":
            source.python(
                "from backend.matchmaking.models import Submission; from backend.privacy.erasing import "
                "erase_submission; erase_submission(submission=Submission.objects.earliest('pk'))"
            )
    return found


def as_text(backup: Path, key: Path, folder: Path) -> str:
    """Return all that a backup holds, as SQL."""
    plain = folder / f"{backup.stem}.zip"
    pyrage.decrypt_file(str(backup), str(plain), identities_of(key))
    with ZipFile(plain) as content:
        content.extract("database.dump", folder)
    return subprocess.run(
        ["pg_restore", "--file=-", str(folder / "database.dump")], capture_output=True, text=True, check=True
    ).stdout


def traces_in(text: str) -> set[str]:
    text = text.lower()
    return {
        what
        for what, trace in TRACES.items()
        if trace.lower() in text
        or trace.encode().hex() in text
        or trace.encode("unicode_escape").decode().lower() in text
    }


@pytest.mark.slow
def test_a_fresh_backup_holds_nothing_of_the_firm(backups, key, tmp_path):
    assert traces_in(as_text(backups["before"], key[0], tmp_path)) >= {"name", "address", "siren", "rare word"}
    assert traces_in(as_text(backups["after"], key[0], tmp_path)) == set()


@pytest.mark.django_db
def test_what_a_backup_brings_back_is_erased_again_by_a_register_of_digests(settings, tmp_path):
    settings.ERASED_REGISTER = tmp_path / "erased"
    firm, beside = (make_submission(confirmed=True, email=f"{n}@firme.example") for n in "ab")
    register.note_erased(firm)  # as in a backup from before: the register alone knows
    (line,) = settings.ERASED_REGISTER.read_text().split()
    assert len(line) == 64
    assert int(line, 16)
    for name in ("erased", "erased.key"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert (erase_again(), erase_again()) == (1, 0)
    assert list(ours(Submission).filter(erased_at=None)) == [beside]
    assert (Submission.objects.get(pk=firm.pk).contact.email, beside.contact.email) == ("", "b@firme.example")


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_no_backup_brings_the_firm_back(backups, key, make_database, when):  # noqa: F811
    database = make_database()
    done = database.command("restore", backups[when], "--identity", key[0])
    assert done.returncode == 0, done.stderr
    assert f"effacées de nouveau : {1 if when == 'before' else 0}" in done.stdout
    assert database.python(SEARCH) == "{}"
    ((n_left,),) = database.ask("SELECT count(*) FROM matchmaking_submission WHERE erased_at IS NULL")
    assert n_left == 1
    assert "Tôlerie des Étangs" in str(database.ask("SELECT name FROM companies_factsheet"))


@pytest.mark.slow
def test_a_backup_brings_it_back_only_where_that_is_asked(backups, key, make_database):  # noqa: F811
    database = make_database()
    lost = {"JONCTION_ERASED": "/nowhere/erased"}
    done = database.command("restore", backups["before"], "--identity", key[0], **lost)
    assert done.returncode == 1
    assert "/nowhere/erased" in done.stderr
    assert "--no-register" in done.stderr
    assert database.counts() == {}
    done = database.command("restore", backups["before"], "--identity", key[0], JONCTION_ERASED="")
    assert "JONCTION_ERASED" in done.stderr
    assert database.counts() == {}
    done = database.command("restore", backups["before"], "--identity", key[0], "--no-register", **lost)
    assert done.returncode == 0, done.stderr
    assert '"name"' in database.python(SEARCH)


@pytest.mark.slow
def test_an_older_release_is_brought_up_to_date_before_it_is_erased_from(backups, key, make_database, tmp_path):  # noqa: F811
    """A backup without a column that erasing reads: the tables are migrated first."""
    older = make_database()
    older.command("restore", backups["before"], "--identity", key[0], "--no-register")
    assert older.command("migrate", "matchmaking", "0063").returncode == 0
    assert older.command("backup", tmp_path / "older.zip").returncode == 0
    database = make_database()
    done = database.command("restore", tmp_path / "older.zip")
    assert done.returncode == 0, done.stderr
    assert "mises à jour d’abord" in done.stdout
    assert database.python(SEARCH) == "{}"


@pytest.mark.slow  # tests/security/test_erasure_pages.py asks the page
def test_an_erasure_that_the_register_cannot_take_does_not_happen(backups, key, make_database):  # noqa: F811
    database = make_database()
    database.command("restore", backups["before"], "--identity", key[0], "--no-register")
    code = (
        "from backend.matchmaking.models import Submission; from backend.privacy.erasing import erase_submission; "
        "import django; django.setup(); erase_submission(submission=Submission.objects.earliest('pk'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {code}"],
        cwd=ROOT,
        env={**database.environment, "JONCTION_ERASED": "/nowhere/erased"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "RegisterError: Le registre des demandes effacées ne peut être lu ou écrit (/nowhere" in done.stderr
    assert database.ask("SELECT count(*) FROM matchmaking_submission WHERE erased_at IS NOT NULL") == [(0,)]
