import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.common.archives import ArchiveError, write_archive
from backend.common.encryption import EncryptionError, recipients_of
from backend.common.releases import missing_migrations
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.privacy import register


class Command(BaseCommand):
    help = "Sauvegarde toute la base dans un fichier chiffré, qui n’apparaît qu’une fois complet et relu."
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "path",
            type=Path,
            metavar="CHEMIN",
            help="Fichier à écrire, qui ne doit pas exister ; ou dossier : le moment (UTC) sert alors de nom.",
        )
        parser.add_argument("--plain", action="store_true", help="En clair, malgré ce que la base contient.")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave nothing unfinished where a stop is asked for
        try:
            recipients = [] if options["plain"] else recipients_of(settings.BACKUP_RECIPIENTS)
            if not recipients and not options["plain"] and not settings.DEMO:
                raise ArchiveError(
                    "Donnez par JONCTION_BACKUP_RECIPIENTS la clé publique qui chiffre les sauvegardes (« manage.py "
                    "backup_key FICHIER » en fait une), ou dites --plain pour écrire en clair."
                )
            path: Path = options["path"]
            if path.is_dir():
                path /= f"jonction-{timezone.now():%Y%m%dT%H%M%SZ}.zip{'.age' if recipients else ''}"
            if register.is_kept():
                register.open_register()  # so that a restore can tell "nothing was erased" from "it is lost"
            if not missing_migrations():  # else there may be no journal yet
                record_event(kind=Kind.BACKUP)
            manifest = write_archive(path, recipients=recipients)
        except (ArchiveError, EncryptionError, register.RegisterError) as error:
            raise CommandError(f"Rien n’a été sauvegardé. {error}") from None
        self.stdout.write(
            f"{path} : {manifest.n_rows} lignes de {len(manifest.rows)} tables, {path.stat().st_size} octets, "
            + ("chiffrée" if recipients else "en clair")
        )
