from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common.days import current_day
from backend.matchmaking.values import parse_day
from backend.web.management.officers import Round, Simulation

HELP = """\
SIMULATION : des développeurs économiques tirés au sort, qui ne tiennent pas aux mêmes choses que les règles, donnent
leur avis sur des entreprises tirées au sort. Le classement l'apprend-il, et à partir de combien d'avis ? Rien n'est
enregistré, et rien de réel n'est appris.
"""
DECISIONS = (100, 200, 300, 400, 800, 1600)


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--decisions", type=int, nargs="+", default=DECISIONS, metavar="N", help="Nombres d'avis à comparer."
        )
        parser.add_argument(
            "--compared", type=int, default=200, metavar="N", help="Entreprises sur lesquelles comparer (200)."
        )
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="Graine du tirage (1).")
        parser.add_argument("--on", metavar="JOUR", help="Jour, comme 2026-11-24 ; aujourd'hui à Paris sinon.")

    def handle(self, *, decisions: list[int], compared: int, seed: int, on: str | None, **options: Any) -> None:
        day = parse_day(on) if on else current_day()
        if day is None or compared < 2 or min(decisions) < 1:
            raise CommandError(
                "--on attend une date comme 2026-11-24, --compared un nombre supérieur à 1 et --decisions des nombres"
                " positifs."
            )
        simulation = Simulation(seed, on=day, n_decisions=max(decisions), n_compared=compared)
        self.stdout.write("\n".join(table([simulation.learn_from(n) for n in sorted(decisions)])))


def table(rounds: list[Round]) -> list[str]:
    """Write what was found as the Markdown of ``benchmarks/RESULTS.md``."""
    return [
        "SIMULATION: invented firms and officers; nothing was kept.",
        "",
        "| Decisions | Learning | Rules, nDCG@10 | Learnt, nDCG@10 | Difference (95 %) | Ineligible moved up |",
        "|---|---|---|---|---|---|",
        *(
            f"| {one.n_decisions} | {'on' if one.is_on else 'off: too few'} | {one.rules:.3f} | {one.learnt:.3f} |"
            f" {one.difference[0]:+.3f} ({one.difference[1]:+.3f} to {one.difference[2]:+.3f}) | {one.n_moved_up} |"
            for one in rounds
        ),
    ]
