from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from backend.common.days import current_day
from backend.matchmaking import engine
from backend.matchmaking.evaluation.fitting import fit_certainty, write_certainty


class Command(BaseCommand):
    help = "Règle la probabilité d’un besoin lu dans un texte, sur la moitié des demandes jugées qui sert à régler."
    requires_system_checks = ()  # they load every page of the site

    def handle(self, *args: Any, **options: Any) -> None:
        coefficients, n_texts = fit_certainty()
        write_certainty(coefficients, settings.BASE_DIR / "fixtures" / "certainty.yaml", on=current_day())
        engine.clear_caches()
        self.stdout.write(f"Réglé sur {n_texts} demandes : {coefficients}")
