"""The whole database in one file, and back into an empty one.

An archive is a ZIP file of what ``pg_dump`` writes, in its own compressed format, and of a manifest that says what
must be found again. Both are of one snapshot. A ZIP file says where it ends and has a checksum for each part, so that
one cut short or damaged is never taken for whole. Around it is encryption with age (``encryption.py``): who has a key
can open both without this program.
"""

# ruff: noqa: S603 -- every command below is a list built here
import json
import lzma
import os
import shutil
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from backend.common.encryption import Encrypted, EncryptionError, decrypted, is_encrypted
from backend.common.releases import applied_migrations, known_migrations, migrations_out_of_reach, release

FORMAT = 1
MANIFEST, DUMP = "manifest.json", "database.dump"
LOCK_SECONDS = 60  # what pg_dump waits for a table that a migration holds
CHUNK_BYTES = 1 << 20

# What reading a damaged file may raise: a checksum, a name, a length, a flag, a compression that is not ours.
DAMAGE = (BadZipFile, EOFError, KeyError, RuntimeError, TypeError, ValueError, lzma.LZMAError, zlib.error)

# Everything of ours: no table of PostgreSQL itself, none of another session, none that an extension brings.
_RELATIONS = """
SELECT format('%I.%I', n.nspname, c.relname), c.relkind IN ('r', 'p')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1
"""


class ArchiveError(Exception):
    """Why nothing was written or restored, as a sentence in French."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What an archive holds; ``rows`` counts those of each table."""

    written_at: str
    release: str
    server: str
    migrations: list[str]
    rows: dict[str, int]

    @property
    def n_rows(self) -> int:
        return sum(self.rows.values())


# -- writing


def write_archive(path: Path, *, recipients: Sequence[Any]) -> Manifest:
    """Write the database to ``path``, which appears only once it is whole, has been read again and is on the disk.

    It is encrypted for the recipients (of ``encryption.recipients_of``); without any it is in clear.
    """
    if path.exists():
        raise ArchiveError(f"{path} existe déjà ; une sauvegarde n’en remplace jamais une autre.")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        manifest, is_whole = _write(partial, recipients)
        if not is_whole:
            raise ArchiveError(f"Le disque de {path} est suspect : on n’y relit pas ce qui a été écrit.")
        partial.rename(path)
        _flush(path.parent, os.O_DIRECTORY)
    except EncryptionError as error:
        raise ArchiveError(str(error)) from None
    except OSError as error:
        raise ArchiveError(f"{error.filename or path} : {error.strerror or error}.") from None
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def _write(partial: Path, recipients: Sequence[Any]) -> tuple[Manifest, bool]:
    """Write the file; return what it holds, and whether the disk gives it back."""
    private = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(private, "w+b") as file:
        if recipients:
            encrypted = Encrypted(file, recipients)
            with encrypted.plain() as stream:
                manifest = _fill(stream)
        else:
            manifest = _fill(file)
        file.flush()
        os.fsync(file.fileno())
    return manifest, encrypted.reads_back(partial) if recipients else read_archive(partial) == manifest


def _fill(stream: Any) -> Manifest:
    with ZipFile(stream, "w") as archive, _snapshot() as (snapshot, manifest):
        # The role that serves may read every row; without the last option pg_dump would not believe it.
        options = ["--format=custom", "--no-owner", "--no-privileges", "--enable-row-security"]
        with archive.open(DUMP, "w", force_zip64=True) as dump:
            _run(
                "pg_dump",
                *options,
                f"--snapshot={snapshot}",
                f"--lock-wait-timeout={LOCK_SECONDS}s",
                *_address(),
                writes_to=dump,
            )
        archive.writestr(MANIFEST, json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1))
    return manifest


@contextmanager
def _snapshot() -> Iterator[tuple[str, Manifest]]:
    """Hold one state of the database: yield its name, for pg_dump, and what is in it."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        name, server = cursor.fetchone()
        migrations = sorted(applied_migrations())
        if not migrations:
            raise ArchiveError("Cette base n’est pas celle de Jonction : aucune migration n’y a été appliquée.")
        yield (
            name,
            Manifest(
                written_at=timezone.now().isoformat(timespec="seconds"),
                release=release(),
                server=server,
                migrations=migrations,
                rows=_count_rows(cursor),
            ),
        )


def _count_rows(cursor: CursorWrapper) -> dict[str, int]:
    cursor.execute(_RELATIONS)
    counts = {}
    for table in [name for name, is_table in cursor.fetchall() if is_table]:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - quoted by PostgreSQL itself
        counts[table] = cursor.fetchone()[0]
    return counts


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# -- reading and restoring


def read_archive(path: Path, *, identities: Sequence[Any] = ()) -> Manifest:
    """Read an archive to its last byte, and return its manifest; nothing is restored."""
    with _opened(path, identities) as archive:
        return _read(archive)


def restore_archive(path: Path, *, identities: Sequence[Any] = ()) -> Manifest:
    """Restore an archive into the database, which must be empty: all of it, or nothing; decrypted by the identities.

    Raises ``ArchiveError`` where it cannot be, and where the rows found afterwards are not those of the manifest.
    """
    _refuse_unless_empty()
    with _opened(path, identities) as archive:
        manifest = _read(archive)
        if unknown := set(manifest.migrations) - known_migrations():
            raise ArchiveError(
                f"{path} vient d’une version plus récente de Jonction ({manifest.release} ; ici {release()}), avec "
                f"des migrations inconnues ici : {', '.join(sorted(unknown))}. Installez d’abord cette version."
            )
        if migrations_out_of_reach(manifest.migrations):
            raise ArchiveError(
                f"{path} vient d’une version trop ancienne de Jonction ({manifest.release}) : ses tables ne se "
                "mettent plus à jour ici. Restaurez-la avec sa version, mettez-la à jour comme le dit "
                "docs/operations.md, puis sauvegardez de nouveau."
            )
        with archive.open(DUMP) as dump:
            options = ["--single-transaction", "--no-owner", "--no-privileges"]
            _run("pg_restore", *options, *_address(), reads_from=dump)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # else the first searches run without statistics
        found = _count_rows(cursor)
    if found != manifest.rows:
        raise ArchiveError(f"N’utilisez pas cette base, il y manque des lignes. {_differences(manifest.rows, found)}")
    return manifest


def _refuse_unless_empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RELATIONS)
        there = [name for name, _ in cursor.fetchall()]
    if there:
        raise ArchiveError(
            f"La base {connection.settings_dict['NAME']} n’est pas vide : elle a {len(there)} tables, index ou "
            f"séquences, dont {there[0]}. Créez une base vide et donnez-la par DATABASE_URL, et"
            f" par JONCTION_OWNER_DATABASE_URL si vous avez deux rôles."
        )


@contextmanager
def _opened(path: Path, identities: Sequence[Any]) -> Iterator[ZipFile]:
    try:
        if is_encrypted(path):
            if not identities:
                raise ArchiveError(f"{path} est chiffrée : donnez le fichier de la clé secrète par --identity.")
            with decrypted(path, identities) as plain, ZipFile(plain) as archive:
                yield archive
            return
        if identities:
            raise ArchiveError(f"{path} n’est pas une sauvegarde chiffrée : vérifiez-la, ou relancez sans --identity.")
        with ZipFile(path) as archive:
            yield archive
    except EncryptionError as error:
        raise ArchiveError(str(error)) from None
    except DAMAGE as error:
        raise ArchiveError(f"{path} n’est pas une sauvegarde, ou elle est abîmée ({error}).") from None
    except OSError as error:
        raise ArchiveError(f"{path} : {error.strerror or error}.") from None


def _read(archive: ZipFile) -> Manifest:
    """Check both parts against their checksums, and let pg_restore read the dump through, to nowhere."""
    content: dict[str, Any] = json.loads(archive.read(MANIFEST))
    if content.pop("format") != FORMAT:
        raise ValueError("format inconnu")
    manifest = Manifest(**content)
    with archive.open(DUMP) as dump:
        while dump.read(CHUNK_BYTES):
            pass
    with archive.open(DUMP) as dump:
        _run("pg_restore", "--file=/dev/null", reads_from=dump)
    return manifest


def _differences(expected: dict[str, int], found: dict[str, int]) -> str:
    tables = sorted(table for table in expected.keys() | found.keys() if expected.get(table) != found.get(table))
    return " ; ".join(f"{table} : {expected.get(table, 0)} attendues, {found.get(table, 0)} là" for table in tables)


# -- the programs of PostgreSQL


def _run(program: str, *options: str, reads_from: IO[bytes] | None = None, writes_to: IO[bytes] | None = None) -> None:
    """Run a program of PostgreSQL on the database of the settings; its password goes through the environment."""
    if shutil.which(program) is None:
        raise ArchiveError(f"Le programme {program} manque : installez postgresql-client, de la version du serveur.")
    _, secrets = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    with TemporaryFile() as complaints:
        child = subprocess.Popen(
            [program, *options],
            stdin=subprocess.PIPE if reads_from else subprocess.DEVNULL,
            stdout=subprocess.PIPE if writes_to else subprocess.DEVNULL,
            stderr=complaints,
            env={**os.environ, **(secrets or {}), "LC_ALL": "C"},
        )
        try:
            _stream(child, reads_from, writes_to)
            code = child.wait()
        finally:
            child.kill()  # whatever interrupts us must not be taken for the end of the file
            child.wait()
        if code:
            complaints.seek(0)
            said = [line for line in complaints.read().decode(errors="replace").splitlines() if "error:" in line]
            raise ArchiveError(said[0] if said else f"{program} s’est arrêté (code {code}).")


def _address() -> list[str]:
    psql, _ = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    return ["--no-password", *psql[1:-1], f"--dbname={psql[-1]}"]


def _stream(child: subprocess.Popen[bytes], reads_from: IO[bytes] | None, writes_to: IO[bytes] | None) -> None:
    if child.stdout and writes_to:
        shutil.copyfileobj(child.stdout, writes_to, CHUNK_BYTES)
        child.stdout.close()
    if child.stdin and reads_from:
        try:
            shutil.copyfileobj(reads_from, child.stdin, CHUNK_BYTES)
            child.stdin.close()
        except BrokenPipeError:  # it has given up: its code and its words say why
            pass
