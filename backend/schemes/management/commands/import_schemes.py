from argparse import RawDescriptionHelpFormatter
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.models import User
from backend.schemes.ingestion.importers.files import ImportFileError
from backend.schemes.ingestion.importers.loading import read_projects
from backend.schemes.ingestion.importers.plain_tables import template
from backend.schemes.ingestion.importers.reports import count, describe
from backend.schemes.ingestion.importers.runs import run_import
from backend.schemes.ingestion.importers.sources import SOURCES

HELP = """\
Reprend les fiches d'un autre site dans une source à part du catalogue ; relire le même fichier n'y change rien.

Une fiche illisible est signalée et les autres entrent ; un fichier illisible ne change rien. Une fiche disparue du
fichier reste. Les fiches reprises servent à « match --source » ; aucune page, aucun courriel ne les montre. Le compte
rendu est gardé dans l'administration.
"""


class Command(BaseCommand):
    help = HELP
    requires_system_checks = ()  # they load every page of the site

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", choices=sorted(SOURCES), metavar="SOURCE", help=" ou ".join(sorted(SOURCES)))
        parser.add_argument("path", nargs="?", metavar="FICHIER", help="Fichier de la source, ou son adresse http(s).")
        parser.add_argument(
            "--projects",
            type=Path,
            metavar="FICHIER",
            help="Fichier JSON des projets où la source range ses fiches ; sans lui, les derniers lus restent.",
        )
        parser.add_argument(
            "--sidecar",
            type=Path,
            metavar="FICHIER",
            help="Complément JSON de notre export au schéma national : ce que ses colonnes ne peuvent pas dire.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Dit ce qui serait fait et n'écrit que cela.")
        parser.add_argument(
            "--yes",
            action="store_true",
            help="Reprend un fichier qui a perdu plus d'une fiche sur cinq de sa source ; sans cela, il est retenu.",
        )
        parser.add_argument(
            "--dated",
            metavar="JOUR",
            help="Jour du fichier, comme 2026-06-12 ; par défaut celui de sa dernière modification.",
        )
        parser.add_argument(
            "--template", action="store_true", help="Pour csv et xlsx : écrit un tableau modèle et ne reprend rien."
        )
        parser.add_argument("--by", metavar="ADRESSE", help="Compte de qui demande la reprise, pour le compte rendu.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["template"]:
            if options["source"] not in ("csv", "xlsx"):
                raise CommandError("--template va avec la source csv ou xlsx : les autres ont leur propre format.")
            self.stdout.write("\ufeff" + template(), ending="")  # the mark makes Excel read the accents
            return
        if not options["path"]:
            raise CommandError("Il manque le fichier à reprendre, ou son adresse.")
        try:
            run, report = run_import(
                source=options["source"],
                location=str(options["path"]),
                dated=_read_day(options["dated"]),
                projects=read_projects(options["projects"]) if options["projects"] else None,
                sidecar=options["sidecar"],
                by=_read_account(options["by"]),
                dry_run=options["dry_run"],
                may_drop=options["yes"],
            )
        except ImportFileError as error:
            raise CommandError(f"{error} Rien n’a été changé.") from None
        self.stdout.write(f"{options['path']} : {count(run.n_records, 'fiche')}, état au {run.dated:%d/%m/%Y}")
        for line in describe(report):
            self.stdout.write(line)
        if run.is_trial:
            self.stdout.write("Essai : rien n’a changé dans le catalogue ; seul ce compte rendu est gardé.")
        self.stdout.write(
            f"created {run.n_created}, updated {run.n_updated}, unchanged {run.n_unchanged}, rejected {run.n_rejected}"
        )


def _read_day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--dated vaut {text} ; attendu : un jour comme 2026-06-12.") from None


def _read_account(address: str | None) -> User | None:
    if address is None:
        return None
    user = User.objects.filter(email__iexact=address).first()
    if user is None:
        raise CommandError(f"--by vaut {address} ; attendu : l’adresse d’un compte de ce service.")
    return user
