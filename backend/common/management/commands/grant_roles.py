from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.common.roles import RoleError, grant_serving_role


class Command(BaseCommand):
    help = "Donne au rôle de DATABASE_URL de quoi servir, et rien de plus. À lancer après chaque « migrate »."
    requires_system_checks = ()  # they load every page of the site

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.OWNER_DATABASE is None:
            self.stdout.write(
                "Un seul rôle sert et possède la base : donnez JONCTION_OWNER_DATABASE_URL pour en avoir deux"
                " (docs/operations.md)."
            )
            return
        try:
            role = grant_serving_role(serving=settings.SERVING_DATABASE)
        except RoleError as error:
            raise CommandError(f"Aucun droit n’a été changé. {error}") from None
        self.stdout.write(f"{role} peut servir, et ne peut ni changer la base ni réécrire ce qui ne se réécrit pas.")
