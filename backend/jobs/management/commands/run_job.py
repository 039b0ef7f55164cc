"""Run a job by hand, now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.common.days import current_day
from backend.jobs.models import JobRun
from backend.jobs.registry import JOBS
from backend.jobs.running import run


class Command(BaseCommand):
    help = "Fait une tâche automatique maintenant, sans attendre son heure. Sans nom : la liste des tâches."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", metavar="NOM", help=f"une de : {', '.join(JOBS)}")

    def handle(self, *args: Any, name: str | None, **options: Any) -> None:
        if name is None:
            for job in JOBS.values():
                self.stdout.write(f"{job.name:<24}{job.what}")
            return
        if name not in JOBS:
            raise CommandError(f"« {name} » n’est pas une tâche. Celles qui existent : {', '.join(JOBS)}.")
        self.stdout.write(told(run(name=name, on=current_day())))


def told(done: JobRun | None) -> str:
    """Say how a run went; raise where it failed or could not begin."""
    if done is None:
        raise CommandError("Cette tâche est déjà en cours ailleurs : rien n’a été fait.")
    if done.error:
        raise CommandError(f"La tâche a échoué : {done.error}")
    return f"{done.name} : {_rows(done.n_looked_at, 'regardée')}, {_rows(done.n_changed, 'changée')}."


def _rows(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count > 1 else ''}"
