from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from backend.common.releases import applied_migrations, migrations_out_of_reach


class Command(BaseCommand):
    help = "Met la base à jour pour cette version (migrations, droits, données) ; idempotent."
    requires_system_checks = ()  # they load every page of the site

    def handle(self, *args: Any, **options: Any) -> None:
        """Do all of it in one process: each would take longer to start than to find that nothing changed."""
        if migrations_out_of_reach(applied_migrations()):
            raise CommandError(
                "Cette base est d’une version trop ancienne pour être mise à jour ici ; rien n’a été changé. "
                "Une base de démonstration se refait : supprimez le dossier .run. Pour une autre, voyez "
                "docs/operations.md, « Upgrade »."
            )
        call_command("migrate", interactive=False, skip_checks=True, stdout=self.stdout)
        for name in ("grant_roles", "load_reference", *(["load_demo"] if settings.DEMO else [])):
            call_command(name, stdout=self.stdout)
