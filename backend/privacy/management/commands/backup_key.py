import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from pyrage import x25519


class Command(BaseCommand):
    help = "Fait une clé de chiffrement des sauvegardes : la clé secrète dans un fichier, la clé publique à l’écran."
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="FICHIER", help="Fichier à écrire, qui ne doit pas exister.")

    def handle(self, *args: Any, **options: Any) -> None:
        identity, path = x25519.Identity.generate(), options["path"]
        public = str(identity.to_public())
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"# public key: {public}\n{identity}\n")
        except OSError as error:
            raise CommandError(f"{path} : {error.strerror}. Une clé n’en remplace jamais une autre.") from None
        self.stdout.write(f"JONCTION_BACKUP_RECIPIENTS={public}")
        self.stderr.write(f"Gardez {path} ailleurs que sur ce serveur : sans elle aucune sauvegarde ne se relit.")
