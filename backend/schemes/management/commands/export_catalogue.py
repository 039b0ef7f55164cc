import json
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common.days import current_day
from backend.schemes.catalogue.national.published import read_published
from backend.schemes.open_data.exports import sidecar_of, write_csv

HELP = """\
Écrit le catalogue publié dans un fichier que d'autres lisent.

« national » : le schéma national des dispositifs d'aide, v0.2.0, en CSV ; --sidecar écrit à côté, en JSON, ce que ce
schéma ne sait pas dire. « import_schemes schema-national » relit les deux.
"""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("format", choices=["national"], metavar="FORMAT", help="national")
        parser.add_argument("path", type=Path, metavar="FICHIER", help="Fichier CSV à écrire.")
        parser.add_argument("--sidecar", type=Path, metavar="FICHIER", help="Fichier JSON à écrire à côté.")

    def handle(self, *args: Any, **options: Any) -> None:
        published = read_published(on=current_day())
        sidecar: Path | None = options["sidecar"]
        try:
            with options["path"].open("w", encoding="utf-8", newline="") as file:
                write_csv(published.rows, file)
            if sidecar:
                text = json.dumps(sidecar_of(published), ensure_ascii=False, indent=1)
                sidecar.write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{error.filename} ne peut pas être écrit : {error.strerror or error}.") from None
        n_doubts = sum(bool(entry["approximations"]) for entry in published.entries)
        self.stdout.write(f"{options['path']} : {len(published.rows)} dispositifs, état au {published.on:%d/%m/%Y}")
        self.stdout.write(f"Lieux écrits par la région ou le pays qui les entoure : {n_doubts}")
