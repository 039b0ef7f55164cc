"""Backups on real databases, by the commands an operator types."""

# ruff: noqa: S608 -- the names in these queries are written here
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from zipfile import ZipFile

import psycopg
import pytest

from backend.common.archives import ArchiveError, read_archive
from tests.deploy.conftest import ROOT, Database


@pytest.fixture(scope="module")
def source(make_database) -> Database:
    """Return a database with a firm, its result, its e-mails and a decision; ``page`` is its result page."""
    return make_database(with_reference_data=True)


@pytest.fixture(scope="module")
def page(source) -> str:
    return source.python("from tests.deploy.firm import file_one; file_one()")


@pytest.fixture(scope="module")
def archive(source, page, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("backups") / "one.zip"
    done = source.command("backup", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def restored(make_database, archive) -> Database:
    database = make_database()
    done = database.command("restore", archive)
    assert done.returncode == 0, done.stderr
    assert "autant que dans la sauvegarde" in done.stdout
    return database


def is_empty(database: Database) -> bool:
    return database.counts() == {}


def rows_of(database: Database) -> dict[str, int]:
    """Count the rows of each table but the audit log, to which each backup and restore adds one."""
    return {table: n for table, n in database.counts().items() if table != "journal_auditevent"}


def test_a_restored_database_has_as_many_rows_in_each_table(source, restored):
    counts = rows_of(source)
    assert rows_of(restored) == counts
    assert min(counts[f"matchmaking_{name}"] for name in ("submission", "result", "match", "review")) > 0


def test_the_firm_sees_the_same_page_after_a_restore(source, restored, page):
    show = f"from tests.deploy.firm import show; show({page!r})"
    shown = source.python(show)
    assert "Tôlerie des Étangs" in shown
    assert restored.python(show) == shown


@pytest.mark.parametrize(
    "query",
    [
        "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT conrelid::regclass::text, conname, contype, convalidated FROM pg_constraint",
        "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT sequencename, last_value FROM pg_sequences WHERE sequencename NOT LIKE 'journal_%'",
    ],
    ids=["triggers", "constraints", "indexes", "sequences"],
)
def test_the_rules_of_the_database_are_restored_with_its_rows(source, restored, query):
    expected = sorted(source.ask(query))
    assert expected
    assert sorted(restored.ask(query)) == expected


@pytest.mark.parametrize("table", ["companies_fact", "matchmaking_review", "schemes_revision"])
def test_rows_that_are_never_rewritten_are_still_refused_after_a_restore(restored, table):
    assert restored.ask(f"SELECT count(*) FROM {table}") > [(0,)]
    with pytest.raises(psycopg.errors.CheckViolation, match="never rewritten"):
        restored.ask(f"UPDATE {table} SET id = id")


def test_the_audit_log_says_that_it_was_saved_and_restored(restored):
    kinds = restored.ask("SELECT kind FROM journal_auditevent WHERE submission_id IS NULL ORDER BY id")
    assert kinds[-2:] == [("backup",), ("restore",)]


@pytest.mark.slow
def test_a_restored_database_needs_no_migration(restored):
    assert restored.command("migrate", "--check").returncode == 0


def test_a_backup_is_for_its_owner_only_and_says_what_it_holds(archive, source):
    assert archive.stat().st_mode & 0o777 == 0o600
    with ZipFile(archive) as content:
        manifest = json.loads(content.read("manifest.json"))
    rows = {name.removeprefix("public."): n for name, n in manifest["rows"].items()}
    assert rows.pop("journal_auditevent") > 0
    assert rows == rows_of(source)
    assert "companies.0001_initial" in manifest["migrations"]
    assert manifest["release"]


def test_a_folder_gets_a_file_named_by_its_moment(source, tmp_path):
    source.command("backup", tmp_path)
    (found,) = tmp_path.iterdir()
    assert found.name.startswith("jonction-20")
    assert found.suffix == ".zip"


def test_a_backup_never_replaces_another(source, archive):
    before = archive.read_bytes()
    done = source.command("backup", archive)
    assert done.returncode == 1
    assert "existe déjà" in done.stderr
    assert archive.read_bytes() == before


def test_a_folder_that_does_not_exist_is_named(source, tmp_path):
    done = source.command("backup", tmp_path / "absent" / "one.zip")
    assert done.returncode == 1
    assert f"{tmp_path}/absent" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_not_ours_is_not_backed_up(make_database, tmp_path):
    done = make_database().command("backup", tmp_path / "one.zip")
    assert done.returncode == 1
    assert "aucune migration" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_rows_written_meanwhile_are_in_the_backup_of_no_table_or_of_all(source, make_database, tmp_path):
    """Each transaction adds a row to two tables, counted and dumped at different moments: they must stay equal."""
    written = threading.Event()
    ended = threading.Event()

    def write() -> None:
        with psycopg.connect(source.environment["DATABASE_URL"], autocommit=True) as link:
            n = 0
            while not ended.is_set():
                n += 1
                with link.transaction():
                    for table in ("account_group_early", "zz_late"):
                        link.execute(f"INSERT INTO {table} VALUES ({n})")
                written.set()

    for table in ("account_group_early", "zz_late"):
        source.ask(f"CREATE TABLE {table} (n integer)")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        written.wait(10)
        done = source.command("backup", tmp_path / "one.zip")
    finally:
        ended.set()
        writer.join()
        n_in_the_end = source.ask("SELECT count(*) FROM zz_late")[0][0]
        for table in ("account_group_early", "zz_late"):
            source.ask(f"DROP TABLE {table}")
    assert done.returncode == 0, done.stderr
    rows = read_archive(tmp_path / "one.zip").rows
    assert 0 < rows["public.account_group_early"] == rows["public.zz_late"] < n_in_the_end
    copy = make_database()
    assert copy.command("restore", tmp_path / "one.zip").returncode == 0
    assert copy.counts()["zz_late"] == rows["public.zz_late"]


@pytest.mark.cases(1)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(source, make_database, tmp_path, number):
    command = [sys.executable, "manage.py", "backup", str(tmp_path / "one.zip")]
    with subprocess.Popen(command, cwd=ROOT, env=source.environment, stdout=subprocess.DEVNULL) as backup:
        while not any(path.stat().st_size for path in tmp_path.iterdir()):
            assert backup.poll() is None, "ended before it could be killed"
            time.sleep(0.001)
        backup.send_signal(number)
        assert backup.wait(20) != 0
    left = list(tmp_path.iterdir())
    if number == signal.SIGTERM:
        assert left == []
        return
    (partial,) = left
    assert partial.name.startswith(".")
    assert partial.name.endswith(".partial")
    empty = make_database()
    assert empty.command("restore", partial).returncode == 1
    assert is_empty(empty)


@pytest.mark.slow
def test_nothing_is_restored_into_a_database_that_holds_something(source, archive):
    before = source.counts()
    done = source.command("restore", archive)
    assert done.returncode == 1
    assert f"{source.name} n’est pas vide" in done.stderr
    assert source.counts() == before


def test_one_foreign_table_is_enough_to_refuse(make_database, archive):
    database = make_database()
    database.ask("CREATE TABLE somebody_elses (id integer)")
    assert "somebody_elses" in database.command("restore", archive).stderr
    assert database.counts() == {"somebody_elses": 0}


@pytest.mark.cases(1)
@pytest.mark.parametrize("damage", ["cut", "flipped", "text", "empty", "absent"])
def test_a_damaged_backup_changes_nothing(make_database, archive, tmp_path, damage):
    content = archive.read_bytes()
    middle = len(content) // 2
    contents = {
        "cut": content[:-1000],
        "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "text": b"Une lettre.\n" * 100,
        "empty": b"",
    }
    path = tmp_path / "one.zip"
    if damage in contents:
        path.write_bytes(contents[damage])
    empty = make_database()
    done = empty.command("restore", path)
    assert done.returncode == 1
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr
    assert is_empty(empty)


def test_no_single_wrong_byte_is_taken_for_a_whole_backup(archive, tmp_path):
    content, manifest = archive.read_bytes(), read_archive(archive)
    path = tmp_path / "one.zip"
    drawn = random.Random(20261124)  # noqa: S311 - the same bytes each time
    tail = len(content) - 4000  # the manifest and the lists of the ZIP file, where a byte decides how others are read
    n_refused = 0
    for position in [*drawn.sample(range(tail), 30), *drawn.sample(range(tail, len(content)), 150)]:
        path.write_bytes(content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :])
        try:
            assert read_archive(path) == manifest, f"byte {position}"  # a date, say, which nothing hangs on
        except ArchiveError:
            n_refused += 1
    assert n_refused > 150


def test_a_restore_that_fails_half_way_leaves_the_database_empty(make_database, source, tmp_path):
    """A row that breaks a rule of the schema is found only once the tables are filled."""
    broken = make_database(with_reference_data=True)
    broken.ask("ALTER TABLE schemes_source DISABLE TRIGGER ALL; UPDATE schemes_source SET revision_id = -revision_id")
    assert broken.command("backup", tmp_path / "one.zip").returncode == 0
    empty = make_database()
    done = empty.command("restore", tmp_path / "one.zip")
    assert done.returncode == 1
    assert "violates foreign key constraint" in done.stderr
    assert is_empty(empty)


@pytest.mark.slow
def test_a_backup_of_a_newer_release_is_refused(make_database, tmp_path):
    newer = make_database(with_reference_data=True)
    newer.ask("INSERT INTO django_migrations (app, name, applied) VALUES ('companies', '0099_from_next_year', now())")
    newer.command("backup", tmp_path / "one.zip")
    empty = make_database()
    done = empty.command("restore", tmp_path / "one.zip")
    assert done.returncode == 1
    assert "companies.0099_from_next_year" in done.stderr
    assert is_empty(empty)


@pytest.mark.slow
def test_a_backup_whose_migrations_are_gone_is_refused(make_database, tmp_path):
    old = make_database(with_reference_data=True)
    old.ask("DELETE FROM django_migrations WHERE app = 'links' AND name <> '0001_initial'")
    old.command("backup", tmp_path / "one.zip")
    empty = make_database()
    done = empty.command("restore", tmp_path / "one.zip")
    assert done.returncode == 1
    assert "trop ancienne" in done.stderr
    assert is_empty(empty)


@pytest.mark.slow
def test_a_backup_of_an_older_release_says_to_migrate(make_database, tmp_path):
    older = make_database(with_reference_data=True)
    older.ask("DELETE FROM django_migrations WHERE app = 'companies' AND name <> '0001_initial'")
    older.command("backup", tmp_path / "one.zip")
    done = make_database().command("restore", tmp_path / "one.zip")
    assert done.returncode == 0
    assert "manage.py migrate" in done.stdout


def test_a_machine_without_the_programs_of_postgresql_says_which_is_missing(source, tmp_path):
    python = Path(sys.executable)
    without = {**source.environment, "PATH": str(tmp_path)}
    done = subprocess.run(
        [python, "manage.py", "backup", str(tmp_path / "one.zip")],
        cwd=ROOT,
        env=without,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "pg_dump manque" in done.stderr
    assert os.listdir(tmp_path) == []
