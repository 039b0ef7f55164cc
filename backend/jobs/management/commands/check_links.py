"""Ask for the pages that published sheets name, now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.common.days import current_day
from backend.jobs.management.commands.run_job import told
from backend.jobs.running import run
from backend.schemes.models import Page


class Command(BaseCommand):
    help = "Ouvre maintenant les pages que citent les fiches publiées ; --limit et --host n’en ouvrent qu’une partie."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, metavar="N", help="au plus N pages, celles qui attendent d’abord")
        parser.add_argument("--host", default="", metavar="SITE", help="celles d’un seul site, tel que www.ademe.fr")

    def handle(self, *args: Any, limit: int | None, host: str, **options: Any) -> None:
        if limit is not None and limit < 1:
            raise CommandError(f"--limit {limit} : attendu, un nombre de pages, au moins 1.")
        on = current_day()
        is_partial = limit is not None or bool(host)
        line = told(run(name="links.check", on=on, is_partial=is_partial, limit=limit, host=host))
        for page in Page.objects.failing():
            days = page.n_days_failing(on)
            self.stdout.write(f"{page.url} : {page.sentence} ({days} jour{'s' if days > 1 else ''})")
        self.stdout.write(line)
