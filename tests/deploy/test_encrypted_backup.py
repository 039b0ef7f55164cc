"""Backups that only the holder of a key reads."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from pyrage import x25519

from backend.common.archives import ArchiveError, read_archive
from backend.common.encryption import identities_of
from tests.deploy.conftest import Database


@pytest.fixture(scope="module")
def source(make_database) -> Database:
    return make_database(with_reference_data=True)


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
def backed_up(source, key, tmp_path_factory) -> tuple[Path, dict[str, int]]:
    """Return a backup and the rows of each table when it was made: later tests back up again, which is noted too."""
    folder = tmp_path_factory.mktemp("backups")
    done = source.command("backup", folder, JONCTION_BACKUP_RECIPIENTS=key[1])
    assert done.returncode == 0, done.stderr
    assert "chiffrée" in done.stdout
    (path,) = folder.iterdir()
    return path, source.counts()


@pytest.fixture(scope="module")
def archive(backed_up) -> Path:
    return backed_up[0]


def test_it_says_nothing_without_the_key(archive, source):
    assert archive.name.endswith(".zip.age")
    assert archive.stat().st_mode & 0o777 == 0o600
    content = archive.read_bytes()
    assert content.startswith(b"age-encryption.org/v1\n")
    assert b"manifest.json" not in content
    assert b"PGDMP" not in content


def test_it_is_restored_with_the_key(backed_up, key, make_database):
    archive, counts = backed_up
    database = make_database()
    done = database.command("restore", archive, "--identity", key[0])
    assert done.returncode == 0, done.stderr
    restored = {**counts, "journal_auditevent": counts["journal_auditevent"] + 1}  # that it was restored
    assert database.counts() == restored


def test_any_program_that_speaks_age_opens_it(archive, key, tmp_path):
    """The file is plain age around a plain ZIP file: what is inside is read without this program."""
    import pyrage

    plain = tmp_path / "one.zip"
    pyrage.decrypt_file(str(archive), str(plain), identities_of(key[0]))
    with ZipFile(plain) as content:
        assert content.testzip() is None
        assert set(content.namelist()) == {"manifest.json", "database.dump"}


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("wrong key", "chiffrée pour une autre clé"),
        ("no key", "est chiffrée : donnez le fichier de la clé secrète par --identity"),
        ("cut", "abîmée ou incomplète"),
        ("cut in the header", "abîmée"),
        ("flipped", "abîmée ou incomplète"),
        ("plain", "n’est pas une sauvegarde chiffrée"),
        ("empty", "n’est pas une sauvegarde chiffrée"),
        ("key that is none", "n’est pas une clé secrète age"),
        ("key that is not there", "No such file or directory"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(archive, key, source, make_database, tmp_path, damage, told):
    content = archive.read_bytes()
    middle = len(content) // 2
    path = tmp_path / "one.zip.age"
    path.write_bytes(
        {
            "cut": content[:-1000],
            "cut in the header": content[:60],
            "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "plain": b"PK\3\4" + content,
            "empty": b"",
        }.get(damage, content)
    )
    identity = tmp_path / "identity"
    if damage == "wrong key":
        identity.write_text(str(x25519.Identity.generate()))
    elif damage == "key that is none":
        identity.write_text("AGE-SECRET-KEY-1…")
    elif damage != "key that is not there":
        identity = key[0]
    words = () if damage == "no key" else ("--identity", identity)
    database = make_database()
    done = database.command("restore", path, *words)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert database.counts() == {}


def test_no_wrong_byte_of_it_is_taken_for_a_whole_backup(archive, key, tmp_path):
    content, identities = archive.read_bytes(), identities_of(key[0])
    path = tmp_path / "one.zip.age"
    step = len(content) // 12
    for position in [*range(30, len(content), step), len(content) - 1]:
        path.write_bytes(content[:position] + bytes([content[position] ^ 0x55]) + content[position + 1 :])
        with pytest.raises(ArchiveError):
            read_archive(path, identities=identities)


def test_outside_a_demonstration_nothing_is_written_in_clear_unless_told(source, tmp_path):
    production = {"JONCTION_DEMO": "0", "JONCTION_DAY": ""}
    done = source.command("backup", tmp_path, **production)
    assert done.returncode == 1
    assert "JONCTION_BACKUP_RECIPIENTS" in done.stderr
    assert list(tmp_path.iterdir()) == []
    done = source.command("backup", tmp_path, "--plain", **production)
    assert "en clair" in done.stdout


def test_a_public_key_that_is_none_is_named(source, tmp_path):
    done = source.command("backup", tmp_path, JONCTION_BACKUP_RECIPIENTS="age1faux")
    assert done.returncode == 1
    assert "« age1faux » n’est pas une clé publique age" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_key_never_replaces_another(source, key):
    before = key[0].read_text()
    done = source.command("backup_key", key[0])
    assert done.returncode == 1
    assert "n’en remplace jamais une autre" in done.stderr
    assert key[0].read_text() == before
