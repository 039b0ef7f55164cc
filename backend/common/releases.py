"""Which release this is, and which migrations it knows, has applied, still misses and can no longer apply."""

import tomllib
from collections.abc import Collection, Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@cache
def release() -> str:
    content = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    return str(content["project"]["version"])


@cache
def _on_disk() -> MigrationLoader:
    return MigrationLoader(None)


def known_migrations() -> frozenset[str]:
    """Return the migrations of this release and those that they replace, each as ``app.name``."""
    replaced = (replaced for migration in _on_disk().replacements.values() for replaced in migration.replaces)
    return frozenset(f"{app}.{name}" for app, name in (*_on_disk().disk_migrations, *replaced))


def migrations_out_of_reach(applied: Collection[str]) -> frozenset[str]:
    """Return what a database misses of the migrations that one of this release replaces, where it has had others.

    The files of these are gone: such a database cannot be brought to this release. One that had all of them can.
    """
    missing: set[str] = set()
    for migration in _on_disk().replacements.values():
        replaced = {f"{app}.{name}" for app, name in migration.replaces}
        if not replaced.isdisjoint(applied):
            missing |= replaced.difference(applied)
    return frozenset(missing)


def applied_migrations() -> frozenset[str]:
    """Return the migrations that the database says it has had."""
    return frozenset(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def missing_migrations() -> frozenset[str]:
    """Return the last migration of each app that the database has not had."""
    return frozenset(f"{app}.{name}" for app, name in _on_disk().graph.leaf_nodes()) - applied_migrations()


@cache
def code_state() -> str:
    """Digest code, templates and the libraries they are locked to: a release may write the same rows otherwise."""
    found = sha256()
    for path in sorted(_sources()):
        found.update(path.read_bytes())
    return found.hexdigest()


@cache
def code_changed_at() -> float:
    """Return when the code was last written here, in seconds since 1970."""
    return max((path.stat().st_mtime for path in _sources()), default=0.0)


def _sources() -> Iterable[Path]:
    for folder in ("backend", "matching"):
        for pattern in ("*.py", "*.html"):
            yield from (settings.BASE_DIR / folder).rglob(pattern)
    yield settings.BASE_DIR / "requirements.txt"
