from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from backend.common.days import current_day
from backend.schemes.ingestion.duplicates.fitting import SITE, Fitted, fit, write_model
from backend.schemes.ingestion.duplicates.judging import FRESH, PICKED, read_judged
from backend.schemes.ingestion.duplicates.scoring import MODEL
from backend.schemes.ingestion.duplicates.sheets import sheets_in_force
from backend.schemes.ingestion.duplicates.similarity import Vectors
from backend.schemes.models import Scheme


class Command(BaseCommand):
    help = "Règle la ressemblance de deux fiches, sur les paires connues qui ne mesurent rien."
    requires_system_checks = ()  # they load every page of the site

    def handle(self, *args: Any, **options: Any) -> None:
        if SITE not in Scheme.objects.sources():
            raise CommandError(f"La source {SITE}, qui sert à régler, n’est pas chargée. Rien n’a été réglé.")
        vectors = Vectors(sheets_in_force())
        fitted = fit(vectors, [*read_judged(PICKED), *read_judged(FRESH)])
        write_model(fitted, MODEL, on=current_day())
        self._tell(vectors, fitted)

    def _tell(self, vectors: Vectors, fitted: Fitted) -> None:
        known, model = fitted.known, fitted.model
        self.stdout.write(f"Réglé sur {known.read.sum()} paires lues et {(~known.read).sum()} connues par leur clé")
        for name, rows in (("lues", known.read), ("connues par leur clé", ~known.read)):
            found = fitted.chances >= model.same_from
            right = (found & known.same)[rows].sum()
            self.stdout.write(
                f"{name}, chacune par un modèle qui ne la connaît pas : "
                f"précision {right}/{found[rows].sum()}, rappel {right}/{known.same[rows].sum()}"
            )
        for trait, value in model.coefficients.items():
            self.stdout.write(f"  {value:+.3f} {trait}")
        self.stdout.write("Paires lues, de la plus ressemblante à la moins :")
        for place in np.argsort(-fitted.chances):
            if known.read[place]:
                keys = ", ".join(vectors.sheets[each].key for each in known.pairs[place])
                told = "même" if known.same[place] else "autre"
                self.stdout.write(f"  {fitted.chances[place]:.2f} {told} : {keys}")
