from argparse import RawDescriptionHelpFormatter
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.schemes.importers.files import ImportFileError, digest_file
from backend.schemes.importers.loading import import_records, read_projects
from backend.schemes.importers.reports import count, describe
from backend.schemes.importers.sources import SOURCES

HELP = """\
Reprend les fiches d'un autre site dans une source à part du catalogue ; relire le même fichier n'y change rien.

Une fiche illisible est signalée et les autres entrent ; un fichier illisible ne change rien. Une fiche disparue du
fichier reste. Les fiches reprises servent à « match --source » ; aucune page, aucun courriel ne les montre.
"""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", choices=sorted(SOURCES), metavar="SOURCE", help=" ou ".join(sorted(SOURCES)))
        parser.add_argument("path", type=Path, metavar="FICHIER", help="Fichier JSON de la source.")
        parser.add_argument(
            "--projects",
            type=Path,
            metavar="FICHIER",
            help="Fichier JSON des projets où la source range ses fiches ; sans lui, les derniers lus restent.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Dit ce qui serait fait et n'écrit rien.")
        parser.add_argument(
            "--dated",
            metavar="JOUR",
            help="Jour du fichier, comme 2026-06-12 ; par défaut celui de sa dernière modification.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        try:
            projects = read_projects(options["projects"]) if options["projects"] else None
            digest_file(path)
            on = _read_day(options["dated"]) or _last_change(path)
            report = import_records(
                source=options["source"],
                records=SOURCES[options["source"]].open(path),
                on=on,
                projects=projects,
                dry_run=options["dry_run"],
            )
        except ImportFileError as error:
            raise CommandError(f"{error} Rien n’a été changé.") from None
        self.stdout.write(f"{path} : {count(report.n_records, 'fiche')}, état au {on:%d/%m/%Y}")
        for line in describe(report):
            self.stdout.write(line)
        if options["dry_run"]:
            self.stdout.write("Essai : rien n’a été écrit.")
        counts = ((name, len(getattr(report, name))) for name in ("created", "updated", "unchanged", "rejected"))
        self.stdout.write(", ".join(f"{name} {n}" for name, n in counts))


def _read_day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--dated vaut {text} ; attendu : un jour comme 2026-06-12.") from None


def _last_change(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone()).date()
