from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common.archives import ArchiveError, restore_archive
from backend.common.releases import missing_migrations
from backend.journal.models import Kind
from backend.journal.services import record_event


class Command(BaseCommand):
    help = "Restaure une sauvegarde dans une base vide : tout, ou rien."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="SAUVEGARDE")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = restore_archive(options["path"])
        except ArchiveError as error:
            raise CommandError(f"La restauration a échoué. {error}") from None
        for table, count in manifest.rows.items():
            self.stdout.write(f"{count:>9}  {table}")
        self.stdout.write(
            f"Sauvegarde du {manifest.written_at} restaurée : {manifest.n_rows} lignes de {len(manifest.rows)} tables"
            ", autant que dans la sauvegarde."
        )
        if settings.OWNER_DATABASE:
            call_command("grant_roles", stdout=self.stdout)
        if not missing_migrations():
            record_event(kind=Kind.RESTORE)
        else:
            self.stdout.write("Elle est d’une version plus ancienne : lancez « manage.py migrate » avant de servir.")
