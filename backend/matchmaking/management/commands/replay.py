from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.matchmaking.models import Result
from backend.matchmaking.results import Pruned, replay


class Command(BaseCommand):
    help = "Rejoue des résultats d’alors (mêmes faits, versions, poids, jour) et dit ce qui diffère."
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", nargs="?", metavar="DEMANDE", help="numéro d’une demande, comme D-2026-00012")
        parser.add_argument("--last", type=int, default=100, metavar="N", help="les N derniers résultats (100)")

    def handle(self, *args: Any, **options: Any) -> None:
        # What is left of an erased file cannot be computed again: its facts are gone.
        results = Result.objects.exclude(facts={}).select_related("weights", "submission")
        if options["reference"]:
            number = options["reference"].rsplit("-", 1)[-1]
            if not (number.isascii() and number.isdigit() and len(number) < 10):
                raise CommandError(f"« {options['reference']} » n’est pas un numéro de demande, comme D-2026-00012.")
            results = results.filter(submission=int(number))
        different = pruned = unknown = 0
        rows = list(results[: options["last"]])
        for result in rows:
            try:
                lines = replay(result)
            except Pruned:
                unknown += 1
                continue
            pruned += result.is_pruned
            for line in lines:
                different += 1
                self.stdout.write(f"{result.submission.reference}, le {result.on} : {line}")
        self.stdout.write(f"{len(rows) - unknown} résultats rejoués, {different} différences")
        if pruned:
            self.stdout.write(f"dont {pruned} sans leurs dispositifs, effacés : seule leur réponse est comparée")
        if unknown:
            self.stdout.write(f"{unknown} résultats effacés par une version plus ancienne : ils ne se rejouent plus")
        if different:
            raise CommandError("Un résultat rejoué devrait être le même.")
