from typing import Any

from django.core.management.base import BaseCommand

from backend.common.days import current_day
from backend.matchmaking.evaluation.fitting_usefulness import fit_usefulness, write_usefulness
from backend.matchmaking.usefulness import PATH


class Command(BaseCommand):
    help = "Règle la probabilité qu’un dispositif aide, sur la moitié des demandes jugées qui sert à régler."
    requires_system_checks = ()  # they load every page of the site

    def handle(self, *args: Any, **options: Any) -> None:
        coefficients, n_schemes = fit_usefulness()
        write_usefulness(coefficients, PATH, on=current_day())
        self.stdout.write(f"Réglé sur {n_schemes} dispositifs : {coefficients}")
