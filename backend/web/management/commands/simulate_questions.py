from argparse import RawDescriptionHelpFormatter
from collections import Counter
from random import Random
from statistics import mean, quantiles
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from backend.common.days import current_day
from backend.matchmaking.values import parse_day
from backend.web.management.simulation import Draw, Interview, interview, questions_of_the_form

HELP = """\
Interroge des entreprises tirées au sort, une question à la fois, la meilleure d'abord, jusqu'à ce que plus rien ne
change, et compare au formulaire entier : même résultat, part des questions posées, courbe.
"""


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--firms", type=int, default=500, metavar="N", help="Combien d'entreprises (500).")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="Graine du tirage (1).")
        parser.add_argument("--on", metavar="JOUR", help="Jour, comme 2026-11-24 ; aujourd'hui à Paris sinon.")

    def handle(self, *, firms: int, seed: int, on: str | None, **options: Any) -> None:
        day = parse_day(on) if on else current_day()
        if day is None or firms < 2:
            raise CommandError("--on attend une date comme 2026-11-24 et --firms un nombre supérieur à 1.")
        form, draw = questions_of_the_form(), Draw(seed, on=day)
        order = Random(seed)  # noqa: S311
        rows = tqdm(range(firms), unit="entreprise", disable=None if options["verbosity"] else True)
        interviews = [interview(draw.firm(), form, on=day, draw=order) for _ in rows]
        self.stdout.write("\n".join(table(interviews, form)))


def table(interviews: list[Interview], form: tuple[str, ...]) -> list[str]:
    """Write what was found as the Markdown of ``benchmarks/RESULTS.md``."""
    shares = [len(one.asked) / len(form) for one in interviews]
    names = list(interviews[0].curves)
    asked = Counter(question for one in interviews for question in one.asked)
    return [
        f"{len(interviews)} firms, {len(form)} questions in the whole form: {', '.join(form)}.",
        f"Same typed verdicts as the whole form: {sum(one.same_result for one in interviews)} of {len(interviews)}.",
        f"Questions asked: {mean(shares):.1%} of the form on average, {quantiles(shares, n=10)[-1]:.1%} at most for"
        f" nine firms in ten ({mean(len(one.asked) for one in interviews):.2f} questions).",
        "",
        "| Questions asked | " + " | ".join(names) + " |",
        "|---|" + "---|" * len(names),
        *(
            f"| {n} | " + " | ".join(f"{mean(one.curves[name][n] for one in interviews):.1%}" for name in names) + " |"
            for n in range(len(form) + 1)
        ),
        "",
        "Asked of: " + ", ".join(f"{name} {count / len(interviews):.0%}" for name, count in asked.most_common()) + ".",
    ]
