from typing import Any

from django.core.management.base import BaseCommand

from backend.common.days import current_day
from backend.steering.nightly import rebuild


class Command(BaseCommand):
    help = "Refait les chiffres du pilotage depuis ce qui est arrivé à chaque demande ; idempotent."
    requires_system_checks = ()  # they load every page of the site

    def handle(self, *args: Any, **options: Any) -> None:
        done = rebuild(on=current_day())
        self.stdout.write(f"{done.n_looked_at} demandes comptées, {done.n_changed} lignes écrites")
