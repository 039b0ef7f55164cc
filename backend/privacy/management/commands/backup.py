import signal
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.common.archives import ArchiveError, write_archive
from backend.common.releases import missing_migrations
from backend.journal.models import Kind
from backend.journal.services import record_event


class Command(BaseCommand):
    help = "Sauvegarde toute la base dans un fichier, qui n’apparaît qu’une fois complet et relu."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path",
            type=Path,
            metavar="CHEMIN",
            help="Fichier à écrire, qui ne doit pas exister ; ou dossier : le moment (UTC) sert alors de nom.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        if path.is_dir():
            path /= f"jonction-{timezone.now():%Y%m%dT%H%M%SZ}.zip"
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave nothing unfinished where a stop is asked for
        if not missing_migrations():  # else there may be no journal yet
            record_event(kind=Kind.BACKUP)
        try:
            manifest = write_archive(path)
        except ArchiveError as error:
            raise CommandError(f"Rien n’a été sauvegardé. {error}") from None
        self.stdout.write(
            f"{path} : {manifest.n_rows} lignes de {len(manifest.rows)} tables, {path.stat().st_size} octets"
        )
