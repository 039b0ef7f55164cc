"""Backups on real databases, by the commands an operator types."""

# ruff: noqa: S608 -- the names in these queries are written here
import json
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
from pyrage import decrypt_file, x25519

from backend.common.archives import ArchiveError, read_archive
from backend.common.encryption import identities_of
from tests.deploy.conftest import ROOT, Database


@pytest.fixture(scope="module")
def source(make_database) -> Database:
    """Return a database with a firm, its result, its e-mails and a decision; ``page`` is its result page."""
    return make_database(with_reference_data=True)


@pytest.fixture(scope="module")
def page(source) -> str:
    return source.python("from tests.deploy.firm import file_one; file_one()")


@pytest.fixture(scope="module")
def key(source, tmp_path_factory) -> tuple[Path, str]:
    """Return the file of an identity and its public key, made as an operator makes them."""
    path = tmp_path_factory.mktemp("key") / "identity"
    done = source.command("backup_key", path)
    assert done.returncode == 0, done.stderr
    name, _, public = done.stdout.strip().partition("=")
    assert name == "JONCTION_BACKUP_RECIPIENTS"
    assert path.stat().st_mode & 0o777 == 0o600
    return path, public


@pytest.fixture(scope="module")
def archive(source, page, key, tmp_path_factory) -> Path:
    """Return a backup that only the key opens, named by the service."""
    folder = tmp_path_factory.mktemp("backups")
    done = source.command("backup", folder, JONCTION_BACKUP_RECIPIENTS=key[1])
    assert done.returncode == 0, done.stderr
    assert "chiffrée" in done.stdout
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def plain(archive, key, tmp_path_factory) -> Path:
    """Return the same in clear, as any program that speaks age opens it."""
    path = tmp_path_factory.mktemp("plain") / "one.zip"
    decrypt_file(str(archive), str(path), identities_of(key[0]))
    return path


@pytest.fixture(scope="module")
def restored(make_database, archive, key) -> Database:
    database = make_database()
    done = database.command("restore", archive, "--identity", key[0])
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


@pytest.mark.slow
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


def test_a_backup_is_for_the_holder_of_its_key_and_named_by_its_moment(archive, plain, source):
    assert archive.name.startswith("jonction-20")
    assert archive.name.endswith(".zip.age")
    assert archive.stat().st_mode & 0o777 == 0o600
    content = archive.read_bytes()
    assert content.startswith(b"age-encryption.org/v1\n")
    assert b"manifest.json" not in content
    assert b"PGDMP" not in content
    with ZipFile(plain) as opened:  # plain age around a plain ZIP file: read without this program
        assert opened.testzip() is None
        assert set(opened.namelist()) == {"manifest.json", "database.dump"}
        manifest = json.loads(opened.read("manifest.json"))
    rows = {name.removeprefix("public."): n for name, n in manifest["rows"].items()}
    assert rows.pop("journal_auditevent") > 0
    assert rows == rows_of(source)
    assert "companies.0001_initial" in manifest["migrations"]
    assert manifest["release"]


def test_what_cannot_be_backed_up_is_refused_in_a_sentence(source, archive, key, tmp_path):
    """Nothing is replaced, nothing goes where nobody looks, nothing leaves in clear or without its programs."""
    kept = {path: path.read_bytes() for path in (archive, key[0])}
    before = source.counts()
    said = source.refusals(
        ("backup", archive),
        ("backup_key", key[0]),
        ("restore", archive, "--identity", key[0]),
        ("backup", tmp_path / "absent" / "one.zip"),
        ("set", "DEMO", "false"),
        ("backup", tmp_path),
        ("set", "BACKUP_RECIPIENTS", '["age1faux"]'),
        ("backup", tmp_path),
        ("set", "DEMO", "true"),
        ("set", "BACKUP_RECIPIENTS", "[]"),
        ("env", "PATH", tmp_path),
        ("backup", tmp_path / "one.zip"),
    )
    for sentence, wanted in zip(
        said,
        (
            "existe déjà",
            "n’en remplace jamais une autre",
            f"{source.name} n’est pas vide",
            f"{tmp_path}/absent",
            "JONCTION_BACKUP_RECIPIENTS",
            "« age1faux » n’est pas une clé publique age",
            "pg_dump manque",
        ),
        strict=True,
    ):
        assert wanted in sentence
    assert {path: path.read_bytes() for path in kept} == kept
    assert list(tmp_path.iterdir()) == []
    assert {**source.counts(), "journal_auditevent": 0} == {**before, "journal_auditevent": 0}


@pytest.mark.slow
def test_in_clear_is_written_outside_a_demonstration_where_it_is_told(source, tmp_path):
    done = source.command("backup", tmp_path, "--plain", JONCTION_DEMO="0", JONCTION_DAY="")
    assert "en clair" in done.stdout
    (path,) = tmp_path.iterdir()
    assert path.suffix == ".zip"


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


@pytest.mark.slow
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
def test_one_foreign_table_is_enough_to_refuse(make_database, plain):
    database = make_database()
    database.ask("CREATE TABLE somebody_elses (id integer)")
    assert "somebody_elses" in database.command("restore", plain).stderr
    assert database.counts() == {"somebody_elses": 0}


# What the server refuses once the tables are filled: an index comes after the rows.
NO_INDEX = """
CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'half way'; END $$;
CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION refuse();
"""


def test_what_cannot_be_restored_is_refused_in_a_sentence_and_leaves_the_database_empty(
    make_database, archive, plain, key, tmp_path
):
    def damaged(path: Path, content: bytes) -> Path:
        written = tmp_path / path.name
        written = written.with_stem(f"{len(list(tmp_path.iterdir()))}-{path.stem}")
        written.write_bytes(content)
        return written

    identity = ("--identity", key[0])
    (tmp_path / "other").write_text(str(x25519.Identity.generate()))
    (tmp_path / "none").write_text("AGE-SECRET-KEY-1…")
    refused = []
    for path, words, told in (
        (archive, identity, "abîmée ou incomplète"),
        (plain, (), "abîmée"),
    ):
        content = path.read_bytes()
        middle = len(content) // 2
        refused += [
            (damaged(path, content[:-1000]), words, told),
            (damaged(path, content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]), words, told),
        ]
    refused += [
        (damaged(archive, archive.read_bytes()[:60]), identity, "abîmée"),
        (damaged(archive, b"PK\3\4" + archive.read_bytes()), identity, "n’est pas une sauvegarde chiffrée"),
        (damaged(archive, b""), identity, "n’est pas une sauvegarde chiffrée"),
        (damaged(plain, b""), (), "n’est pas une sauvegarde"),
        (damaged(plain, b"Une lettre.\n" * 100), (), "n’est pas une sauvegarde"),
        (tmp_path / "absent.zip", (), "No such file or directory"),
        (archive, ("--identity", tmp_path / "other"), "chiffrée pour une autre clé"),
        (archive, ("--identity", tmp_path / "none"), "n’est pas une clé secrète age"),
        (archive, ("--identity", tmp_path / "absent"), "No such file or directory"),
        (archive, (), "est chiffrée : donnez le fichier de la clé secrète par --identity"),
        (plain, (), "half way"),
    ]
    empty = make_database()
    empty.ask(NO_INDEX)
    said = empty.refusals(
        ("backup", tmp_path / "one.zip"), *(("restore", path, *words) for path, words, _told in refused)
    )
    assert "aucune migration" in said[0]
    assert not (tmp_path / "one.zip").exists()
    for sentence, (path, words, told) in zip(said[1:], refused, strict=True):
        assert told in sentence, (path, words)
    assert is_empty(empty)


def test_no_single_wrong_byte_is_taken_for_a_whole_backup(plain, tmp_path):
    content, manifest = plain.read_bytes(), read_archive(plain)
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


def test_no_wrong_byte_of_an_encrypted_one_is_taken_for_a_whole_backup(archive, key, tmp_path):
    content, identities = archive.read_bytes(), identities_of(key[0])
    path = tmp_path / "one.zip.age"
    step = len(content) // 12
    for position in [*range(30, len(content), step), len(content) - 1]:
        path.write_bytes(content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :])
        with pytest.raises(ArchiveError):
            read_archive(path, identities=identities)


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
