from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.common.days import current_day
from backend.matchmaking import engine
from backend.matchmaking.evaluation.fitting import fit_answering, write_answering
from backend.matchmaking.evaluation.judgements import judged_sources
from backend.schemes.models import Scheme


class Command(BaseCommand):
    help = "Règle la chance que quelque chose réponde, sur la moitié des demandes jugées qui sert à régler."
    requires_system_checks = ()  # they load every page of the site

    def handle(self, *args: Any, **options: Any) -> None:
        sources, loaded = judged_sources(), set(Scheme.objects.sources())
        missing = [source for source in sources if source not in loaded]
        if missing:
            raise CommandError(f"Catalogue jugé mais pas chargé : {', '.join(missing)}. Rien n’a été réglé.")
        fitted = fit_answering(sources)
        coefficients = {name: values for name, (values, _) in fitted.items()}
        write_answering(coefficients, settings.BASE_DIR / "fixtures" / "answering.yaml", on=current_day())
        engine.clear_caches()
        for name, (values, n_cases) in fitted.items():
            self.stdout.write(f"{name} : réglé sur {n_cases} demandes : {values}")
