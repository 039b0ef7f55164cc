from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.common.days import current_day
from backend.matchmaking.evaluation.families import OUTCOMES, evaluate_families
from backend.matchmaking.evaluation.goals import measure_goals
from backend.matchmaking.evaluation.judgements import judged_sources
from backend.matchmaking.evaluation.table import Row, Table, evaluate
from backend.schemes.models import Scheme

MEASURES = ("ndcg_5", "ndcg_10", "recall_10", "reciprocal_rank")
RECORD = settings.BASE_DIR / "fixtures" / "evaluation.yaml"

HELP = """\
Mesure le classement sur des demandes que deux personnes ont jugées, à côté de celui d'autres services.

Sans option : la moitié des demandes qui sert à régler, sur chaque catalogue jugé et chargé. L'autre se lit une fois,
à la fin (--final).
"""


class Command(BaseCommand):
    help = HELP
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", metavar="NOM", help="Un seul catalogue.")
        parser.add_argument("--final", action="store_true", help="L'autre moitié, qui n'a servi à rien régler.")
        parser.add_argument(
            "--record",
            action="store_true",
            help="Avec --final : garde les mesures de notre catalogue pour la page publique.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known = set(Scheme.objects.sources()) & set(judged_sources())
        source, final = options["source"], options["final"]
        if options["record"] and not final:
            raise CommandError("--record garde ce que dit la moitié qui n’a servi à rien régler : ajoutez --final.")
        if source and source not in known:
            raise CommandError(f"--source vaut {source} ; catalogues jugés et chargés : {', '.join(sorted(known))}.")
        for name in [source] if source else sorted(known):
            table = evaluate(name, held_out=final)
            self._show(table, final=final)
            if options["record"] and name == Scheme.OWN:
                record(table, RECORD, on=current_day())
                self.stdout.write(f"Mesures gardées dans {RECORD.relative_to(settings.BASE_DIR)}")

        if not source:
            self._show_families(final=final)
            self._show_goals(final=final)

    def _show_goals(self, *, final: bool) -> None:
        self.stdout.write(f"\n{'goal':58}{'n':>5}{'value':>8}{'95 %':>16}  reach")
        for goal in measure_goals(held_out=final):
            interval = f"{goal.low:.3f} to {goal.high:.3f}"
            self.stdout.write(f"{goal.name:58}{goal.n:5}{goal.value:8.3f}{interval:>16}  {goal.reach}".rstrip())

    def _show_families(self, *, final: bool) -> None:
        self.stdout.write(f"\n{'family':14}{'':12}{'n':>4}" + "".join(f"{name:>12}" for name in OUTCOMES))
        for row in evaluate_families(held_out=final):
            shares = "".join(f"{row.shares[name]:12.1%}" for name in OUTCOMES)
            self.stdout.write(f"{row.family:14}{row.variant:12}{row.n:4}{shares}")

    def _show(self, table: Table, *, final: bool) -> None:
        half = "half never used for tuning" if final else "tuning half"
        self.stdout.write(
            f"\n{table.source}, {half}: {table.n_needs} needs, {table.n_hopeless} requests that nothing fits, "
            f"{table.n_unclear} left out (a scheme is only marginally useful)"
        )
        self.stdout.write(
            f"readers agree: kappa {table.kappa:.2f} over all pairs, {table.kappa_named:.2f} over those that one named"
        )
        self.stdout.write(
            f"{'':34}{'nDCG@5':>8}{'nDCG@10':>9}{'recall@10':>11}{'MRR':>7}{'alerts':>9}{'silences':>10}{'mean':>7}"
            "   gain in nDCG@10 / recall@10 / MRR (95 %)"
        )
        for row in table.rows:
            means = [_mean(getattr(row, measure)) for measure in MEASURES]
            errors = row.silences
            self.stdout.write(
                f"{row.name:34}{means[0]:8.3f}{means[1]:9.3f}{means[2]:11.3f}{means[3]:7.3f}"
                f"{errors.false_alerts:9.1%}{errors.false_silences:10.1%}{errors.mean:7.1%}   {_gains(table, row)}"
            )
        stated = ", ".join(
            f"{said:.0%} said {seen:.0%} seen ({count})" for said, seen, count in table.calibration.bins
        )
        self.stdout.write(
            f"chance that something answers: Brier {table.calibration.brier:.3f}, "
            f"error {table.calibration.error:.3f}; {stated}"
        )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _gains(table: Table, row: Row) -> str:
    if row is table.ours:
        return ""
    gains = (table.gain(row, measure) for measure in MEASURES[1:])
    return " / ".join(f"{mean:+.3f} ({low:+.3f} to {high:+.3f})" for mean, low, high in gains)


def record(table: Table, path: Path, *, on: date) -> None:
    """Keep what the public page says of our quality."""
    figures: dict[str, dict[str, float]] = {
        measure: {"value": round(_mean(getattr(table.ours, measure)), 3)} for measure in MEASURES[1:]
    }
    figures |= {
        name: {"value": round(getattr(table.ours.silences, name), 3)} for name in ("false_alerts", "false_silences")
    }
    content = {
        "measured_on": on.isoformat(),
        "command": "python manage.py evaluate --final --record",
        "n_requests": table.n_needs + table.n_hopeless,
        "figures": figures,
    }
    path.write_text(
        "# How good the ranking was found, on requests never used to tune it.\n"
        + yaml.safe_dump(content, sort_keys=False)
    )
