"""A database as a server has it: its owner restored it from a backup, and another role serves from it."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import connection
from psycopg import sql

from tests.conftest import ROOT

SUPERUSER = os.environ["DATABASE_URL"]
ADDRESS = SUPERUSER.rpartition("@")[2].partition("/")[0]


@dataclass(frozen=True)
class Role:
    name: str
    password: str

    @classmethod
    def new(cls, what: str) -> "Role":
        return cls(f"{what}_{secrets.token_hex(4)}", secrets.token_hex(8))

    def url(self, database: str) -> str:
        return f"postgres://{self.name}:{self.password}@{ADDRESS}/{database}"


@dataclass(frozen=True)
class TwoRoles:
    """A database, its owner and the role that serves."""

    database: str
    owner: Role
    server: Role

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATABASE_URL": self.server.url(self.database),
            "JONCTION_OWNER_DATABASE_URL": self.owner.url(self.database),
            "DJANGO_SETTINGS_MODULE": "backend.config.settings",
            "JONCTION_SECRET_KEY": "roles-tests-only-" + "0" * 40,
            "JONCTION_DEMO": "1",
            "JONCTION_DAY": "2026-11-24",
        }

    def command(self, *words: str | Path, **changes: str) -> subprocess.CompletedProcess[str]:
        return run_command(*words, **{**self.environment, **changes})

    def connect(self, role: Role) -> psycopg.Connection:
        return psycopg.connect(role.url(self.database), autocommit=True)

    @contextmanager
    def served(self) -> Iterator[None]:
        """Let Django itself be connected as the role that serves."""
        before = dict(connection.settings_dict)
        connection.close()
        connection.settings_dict.update(NAME=self.database, USER=self.server.name, PASSWORD=self.server.password)
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.update(before)


def run_command(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` to its end, whatever that is."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, words)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def empty_database(*, creates_roles: bool) -> Iterator[TwoRoles]:
    """Make a database and its owner; the role that serves is for ``grant_roles`` to make."""
    owner, server, name = Role.new("owner"), Role.new("server"), f"jonction_roles_{secrets.token_hex(4)}"
    with psycopg.connect(SUPERUSER, autocommit=True) as link:

        def execute(statement: str) -> None:
            names = {"database": name, "owner": owner.name, "server": server.name}
            identifiers = {key: sql.Identifier(value) for key, value in names.items()}
            link.execute(sql.SQL(statement).format(password=sql.Literal(owner.password), **identifiers))

        may = "CREATEROLE" if creates_roles else "NOCREATEROLE"
        execute(f"CREATE ROLE {{owner}} LOGIN NOSUPERUSER {may} PASSWORD {{password}}")
        try:
            execute("CREATE DATABASE {database} OWNER {owner} TEMPLATE template0")
            yield TwoRoles(name, owner, server)
        finally:
            execute("DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            execute("DROP ROLE IF EXISTS {server}")
            execute("DROP ROLE {owner}")
