"""The database that tests copy: its tables and the reference data, made once for what migrations and fixtures say.

    python -m tests.reference

makes it where the server of DATABASE_URL has none, and prints its name. What code makes of unchanged fixtures is not
seen: ``pytest --create-db`` makes it again.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
FAMILY = "jonction_reference"
LOCK = 7_311_520  # whoever makes it holds this; any number does
STALE = "7 days"  # those of other fixtures are dropped then: another checkout may still copy them


class NoReference(Exception):
    """It cannot be made; the message says why and what to do."""


def name() -> str:
    """Return what the database is named: after a digest of migrations and fixtures."""
    found = sha256()
    for path in sorted(_files()):
        found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return f"{FAMILY}_{found.hexdigest()[:12]}"


def _files() -> Iterator[Path]:
    yield from (ROOT / "backend").glob("*/migrations/*.py")
    yield from (path for path in (ROOT / "fixtures").rglob("*") if path.is_file())


def make(*, again: bool = False) -> str:
    """Return the name of the database, made where there is none or where it is wanted ``again``."""
    wanted = name()
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    try:
        link = psycopg.connect(f"{server}/postgres", autocommit=True)
    except psycopg.OperationalError as error:
        raise NoReference(
            f"No PostgreSQL answers where DATABASE_URL says: {error}\n"
            "`make test T=tests/web/test_x.py` starts one and keeps it; ./test starts one for itself."
        ) from None
    with link:
        link.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        if again:
            _drop(link, wanted)
        if not _is_there(link, wanted):
            _drop_stale(link)
            _load(link, server, wanted)
    return wanted


def _is_there(link: psycopg.Connection, database: str) -> bool:
    return link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None


def _load(link: psycopg.Connection, server: str, database: str) -> None:
    """Make it under another name first: one that is half loaded is nobody's template."""
    unfinished = f"{FAMILY}_unfinished"
    _drop(link, unfinished)
    link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    environment = {**os.environ, "DATABASE_URL": f"{server}/{unfinished}"}
    for command in ("migrate", "load_reference"):
        done = subprocess.run(
            [sys.executable, "manage.py", command],
            cwd=ROOT,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise NoReference(f"`manage.py {command}` failed on an empty database:\n{done.stderr}")
    with psycopg.connect(f"{server}/{unfinished}", autocommit=True) as loaded:
        loaded.execute("ANALYZE")  # copies have its statistics: else each query is planned as if nothing were known
    link.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(database))
    )


def _drop_stale(link: psycopg.Connection) -> None:
    query = (
        "SELECT datname FROM pg_database WHERE datname LIKE %s"
        " AND (pg_stat_file('base/' || oid || '/PG_VERSION')).modification < now() - %s::interval"
    )
    for (database,) in link.execute(query, [f"{FAMILY}_%", STALE]).fetchall():
        _drop(link, database)


def _drop(link: psycopg.Connection, database: str) -> None:
    link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{make()}\n")
    except NoReference as error:
        sys.exit(str(error))
