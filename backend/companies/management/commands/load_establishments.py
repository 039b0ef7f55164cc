from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common.days import current_day
from backend.companies.establishments import StockFileError, load_establishments
from backend.territories.services import served_communes


class Command(BaseCommand):
    help = (
        "Charge les établissements du territoire depuis les deux fichiers ouverts de Sirene (CSV, zippés ou non), "
        "retire ceux qui s’opposent à leur diffusion et dit ce qui a changé."
    )
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sites", type=Path, metavar="ETABLISSEMENTS", help="StockEtablissement_utf8.csv ou .zip")
        parser.add_argument("units", type=Path, metavar="UNITES", help="StockUniteLegale_utf8.csv ou .zip")

    def handle(self, *args: Any, **options: Any) -> None:
        on = current_day()
        communes = [commune.official_code for commune in served_communes()]
        try:
            loaded = load_establishments(options["sites"], options["units"], communes=communes, on=on)
        except (StockFileError, OSError) as error:
            raise CommandError(f"Rien n’a été chargé. {error}") from None
        self.stdout.write(
            f"Registre au {loaded.dated:%d/%m/%Y} (il y a {(on - loaded.dated).days} jours) : {loaded.held}"
            f" établissements du territoire, {loaded.added} nouveaux, {loaded.changed} modifiés,"
            f" {loaded.removed} retirés ; {loaded.opposed} opposés à leur diffusion, non copiés"
        )
