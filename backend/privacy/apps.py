from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PrivacyConfig(AppConfig):
    name = "backend.privacy"

    def ready(self) -> None:
        post_migrate.connect(_keep_treatments, sender=self)


def _keep_treatments(using: str, **_kwargs: Any) -> None:
    """Put the table in code into the database, as who migrates: the function reads it there."""
    from backend.privacy.treatments import store_treatments

    store_treatments(using=using)
