from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common.arguments import day
from backend.territories.activities import ActivityTableError, load_activity_table

N_TOLD = 20  # lines that could not be read, told one by one
NAMES = {"naf_rev2": "NAF rév. 2", "naf_2025": "NAF 2025"}


class Command(BaseCommand):
    help = (
        "Charge la table de correspondance de l'INSEE entre la NAF rév. 2 et la NAF 2025 : un CSV dont la première "
        "ligne nomme les colonnes naf_rev2 et naf_2025 (les autres sont ignorées), puis une sous-classe de chaque."
    )
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="FICHIER", help="Le CSV, en UTF-8 ou en Windows-1252.")
        parser.add_argument("--source", required=True, help="D'où vient la table : une adresse, ou son titre.")
        parser.add_argument("--dated", required=True, type=day, help="Date de la table, comme 2026-12-15.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_activity_table(options["path"], source=options["source"], dated=options["dated"])
        except (ActivityTableError, OSError) as error:
            raise CommandError(f"Rien n'a été chargé. {error}") from None
        for line, text in loaded.faults[:N_TOLD]:
            self.stdout.write(f"Ligne {line} : {text}.")
        if len(loaded.faults) > N_TOLD:
            self.stdout.write(f"Et {len(loaded.faults) - N_TOLD} autres lignes.")
        for name in loaded.table.silent:
            self.stdout.write(
                f"Un code de la {NAMES[name]} n'a pas pu être lu : tant qu'il ne l'est pas, aucun code de la "
                f"{NAMES[name]} n'est traduit, car il pourrait en manquer un correspondant."
            )
        what = "chargées" if loaded.is_new else "déjà en vigueur"
        n_pairs, n_refused = len(loaded.table.pairs), len(loaded.faults)
        self.stdout.write(f"Correspondances {what} : {n_pairs} ; lignes refusées : {n_refused}")
