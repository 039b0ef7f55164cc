from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common.archives import ArchiveError, restore_archive
from backend.common.encryption import EncryptionError, identities_of
from backend.common.releases import missing_migrations
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.privacy import register
from backend.privacy.erasing import erase_again


class Command(BaseCommand):
    help = "Restaure une sauvegarde dans une base vide : tout, ou rien, et sans les demandes effacées depuis."
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="SAUVEGARDE")
        parser.add_argument("--identity", type=Path, metavar="CLÉ", help="Fichier de la clé secrète (age).")
        parser.add_argument(
            "--no-register",
            action="store_true",
            help="Sans le registre des demandes effacées : celles que la sauvegarde contient reviennent.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            n_noted = 0 if options["no_register"] else register.n_noted()
            identities = identities_of(options["identity"]) if options["identity"] else ()
            manifest = restore_archive(options["path"], identities=identities)
        except register.RegisterError as error:
            raise CommandError(
                f"Rien n’a été restauré. {error} Sans lui, des personnes effacées reviendraient ; dites --no-register "
                "si c’est ce que vous voulez."
            ) from None
        except (ArchiveError, EncryptionError) as error:
            raise CommandError(f"La restauration a échoué. {error}") from None
        for table, count in manifest.rows.items():
            self.stdout.write(f"{count:>9}  {table}")
        self.stdout.write(
            f"Sauvegarde du {manifest.written_at} restaurée : {manifest.n_rows} lignes de {len(manifest.rows)} tables"
            ", autant que dans la sauvegarde."
        )
        if n_noted:
            self._erase_again()
        elif missing_migrations():
            self.stdout.write("Elle est d’une version plus ancienne : lancez « manage.py migrate » avant de servir.")
        if settings.OWNER_DATABASE:
            call_command("grant_roles", stdout=self.stdout)
        if not missing_migrations():
            record_event(kind=Kind.RESTORE)

    def _erase_again(self) -> None:
        """Erase what the register names; the tables must be those of today for that."""
        try:
            if missing_migrations():
                self.stdout.write("Elle est d’une version plus ancienne : ses tables sont mises à jour d’abord.")
                call_command("migrate", interactive=False, verbosity=0)
            n_erased = erase_again()
        except Exception as error:
            raise CommandError(
                f"N’utilisez pas cette base : des demandes effacées y sont revenues, et y restent ({error})."
            ) from error
        self.stdout.write(f"Demandes effacées depuis, et effacées de nouveau : {n_erased}.")
