from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class CompaniesConfig(AppConfig):
    name = "backend.companies"

    def ready(self) -> None:
        post_migrate.connect(_rebuild_snapshots, sender=self)


def _rebuild_snapshots(using: str, **_kwargs: Any) -> None:
    """Pack the facts anew where a release reads others; a migration backwards may have taken the table away."""
    from backend.companies.models import FactSnapshot
    from backend.companies.services import rebuild_snapshots

    if FactSnapshot._meta.db_table in connections[using].introspection.table_names():
        rebuild_snapshots()
