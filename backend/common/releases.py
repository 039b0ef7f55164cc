"""Which release this is, and which migrations it knows, has applied and still misses."""

import tomllib
from collections.abc import Iterable
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
    """Return the migrations of this release, each as ``app.name``."""
    return frozenset(f"{app}.{name}" for app, name in _on_disk().disk_migrations)


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
