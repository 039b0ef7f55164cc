from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from backend.matchmaking.evaluation.table import evaluate
from backend.matchmaking.language import learn_language
from backend.matchmaking.models import Language
from backend.schemes.models import Scheme


class Command(BaseCommand):
    help = "Apprend comment les entreprises parlent de leurs besoins : phrases relues et corrections de développeurs."
    requires_system_checks = ()  # they load every page of the site

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        before = Language.objects.order_by("-learnt_at", "-version").first()
        if before is None:
            self._say(learn_language())
            return
        fared = _fare()
        after = learn_language()
        self._say(after)
        if before == after:
            self.stdout.write("C’est la langue déjà en vigueur : rien de nouveau à apprendre.")
        else:
            self.stdout.write(f"Elle remplace {before.version} (corrections : {before.n_corrections}).")
            self.stdout.write(f"Demandes jugées, avant : {fared}")
            self.stdout.write(f"Demandes jugées, après : {_fare()}")

    def _say(self, language: Language) -> None:
        self.stdout.write(
            f"Langue {language.version} ; phrases et mots : {language.n_sentences}, "
            f"corrections : {language.n_corrections}"
        )


def _fare() -> str:
    """Say how the judged requests fare: the half made for tuning, since what is looked at each time is tuned on."""
    table = evaluate(Scheme.OWN, held_out=False)
    ours = table.ours
    return (
        f"nDCG@10 {sum(ours.ndcg_10) / table.n_needs:.3f}, rappel@10 {sum(ours.recall_10) / table.n_needs:.3f}, "
        f"fausses réponses {ours.silences.false_alerts:.1%}, silences à tort {ours.silences.false_silences:.1%}"
    )
