from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.matchmaking.values import parse_day
from backend.schemes.typography import NBSP
from backend.web.management import measuring
from backend.web.management.measuring import table, words_of
from backend.web.management.simulation import Draw

SEED, N_FIRMS = 19, 200
DAYS = ("2026-11-28", "2027-01-02")


class Command(BaseCommand):
    help = "Compte les mots (éligible, très probable…) des dispositifs listés à des entreprises tirées au sort."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--firms", type=int, default=N_FIRMS, metavar="N", help=f"Combien ({N_FIRMS}).")
        parser.add_argument("--on", nargs="+", default=DAYS, metavar="JOUR", help=f"Les jours ({', '.join(DAYS)}).")
        parser.add_argument(
            "--held",
            type=int,
            default=0,
            metavar="N",
            help="Les N fiches les plus souvent « À préciser », et ce qui les y tient.",
        )

    def handle(self, *, firms: int, on: list[str], held: int, **options: Any) -> None:
        days = [day for day in map(parse_day, on) if day]
        if len(days) < len(on) or firms < 1:
            raise CommandError("--on attend des dates comme 2026-11-28 et --firms un nombre supérieur à 0.")
        draw = Draw(SEED, on=days[0])
        drawn = [draw.firm() for _ in range(firms)]
        self.stdout.write("\n".join(table([(day, words_of(drawn, seed=SEED, on=day)) for day in days])))
        for (key, facts), n in measuring.held(drawn, on=days[0]).most_common(held) if held else ():
            self.stdout.write(f"{n} x {key}{NBSP}: {', '.join(sorted(facts))}")
