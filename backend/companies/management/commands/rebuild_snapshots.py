from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend.companies.services import rebuild_snapshots


class Command(BaseCommand):
    help = "Refait, depuis les faits, les lignes où chaque dossier tient en quelques octets ; idempotent."
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="Toutes, et pas seulement celles qui manquent.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{rebuild_snapshots(everything=options['all'])} lignes refaites")
