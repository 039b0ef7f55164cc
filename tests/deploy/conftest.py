"""Databases of a test's own on the running server, and the commands of the service run on them as an operator does."""

# ruff: noqa: S608 -- the names in these queries are written here or come from the database itself
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
SERVER = os.environ["DATABASE_URL"].rpartition("/")[0]
REDIS_SERVER = os.environ["REDIS_URL"].rpartition("/")[0]


@dataclass(frozen=True)
class Database:
    """A database, and what can be asked of it."""

    name: str
    register: Path  # of erased files, which all databases of a test share

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "backend.config.settings",
            "DATABASE_URL": f"{SERVER}/{self.name}",
            "JONCTION_SECRET_KEY": "deploy-tests-only-" + "0" * 40,
            "JONCTION_DEMO": "1",
            "JONCTION_DAY": "2026-11-24",
            "JONCTION_ERASED": str(self.register),
        }

    def command(self, *words: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run ``manage.py`` to its end, whatever that is, with other settings where they are given."""
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, words)],
            cwd=ROOT,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def python(self, code: str, **settings: str) -> str:
        """Run code with Django set up, with other settings where they are given, and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup(); {code}"],
            cwd=ROOT,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def refusals(self, *commands: tuple[str | Path, ...]) -> list[str]:
        """Run commands one after the other in one process, and return in which sentence each refuses.

        Any other end of one of them is an error. For those that follow, ``("set", name, value)`` changes a setting, to
        a value in JSON, and ``("env", name, value)`` the environment.
        """
        words = [[str(word) for word in command] for command in commands]
        return json.loads(self.python(f"from tests.deploy.refusals import refusals; refusals({words!r})"))

    def ask(self, query: str) -> list[tuple]:
        with psycopg.connect(f"{SERVER}/{self.name}", autocommit=True) as link:
            cursor = link.execute(query)
            return cursor.fetchall() if cursor.description else []

    def counts(self) -> dict[str, int]:
        """Count the rows of each table, one by one, as no other code of the project does."""
        with psycopg.connect(f"{SERVER}/{self.name}", autocommit=True) as link:
            tables = link.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
            return {table: link.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for (table,) in tables}


@pytest.fixture(scope="session")
def maintenance() -> Iterator[psycopg.Connection]:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as link:
        yield link


@pytest.fixture(scope="module")
def make_database(loaded_database, maintenance, tmp_path_factory):
    """Return a function that makes an empty database, or one with its tables and the reference data.

    Without what was learnt of sentences where nothing is read: it is nine tenths of the database, and of a backup.
    """
    made = []
    register = tmp_path_factory.mktemp("register") / "erased"

    def make(*, with_reference_data: bool = False, with_language: bool = False) -> Database:
        database = Database(f"jonction_deploy_{secrets.token_hex(4)}", register)
        name, template = map(sql.Identifier, (database.name, loaded_database if with_reference_data else "template0"))
        maintenance.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
        made.append(name)
        if with_reference_data and not with_language:
            database.ask("DELETE FROM matchmaking_language")
        return database

    yield make
    for name in made:
        maintenance.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
