from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common.days import current_day
from backend.matchmaking.learning import LearningError, train_ranker
from backend.matchmaking.models import Ranker
from backend.matchmaking.values import parse_day


class Command(BaseCommand):
    help = (
        "Apprend le classement à partir des avis des développeurs économiques, et le compare à celui qui est en"
        " service. Rien ne change : une personne le met en service, ou non, dans le site."
    )
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", metavar="JOUR", help="Jour, comme 2026-11-24 ; aujourd’hui à Paris sinon.")

    def handle(self, *, on: str | None, **options: Any) -> None:
        day = parse_day(on) if on else current_day()
        if day is None:
            raise CommandError(f"--on attend une date comme 2026-11-24, pas « {on} ».")
        try:
            ranker = train_ranker(on=day)
        except LearningError as error:
            raise CommandError(str(error)) from None
        self.stdout.write("\n".join(lines(ranker)))


def lines(ranker: Ranker) -> list[str]:
    """Say what was learnt, and how it compares."""
    counts, found = ranker.counts, ranker.comparison
    learnt = [f"{name} {points:.1f}" for name, points in ranker.points.items()]
    told = [
        f"{counts['decisions']} avis de {counts['officers']} développeurs économiques sur {counts['files']} dossiers.",
        f"Points appris : {', '.join(learnt)} ; ±{ranker.bound:g} points au plus.",
    ]
    if found["difference"] is None:
        return [*told, "Aucun dossier mis de côté ne permet de comparer."]
    mean, low, high = found["difference"]
    return [
        *told,
        f"nDCG@10 sur {found['n_files']} dossiers mis de côté : {found['champion']:.3f} en service,"
        f" {found['challenger']:.3f} appris, écart {mean:+.3f} ({low:+.3f} à {high:+.3f}).",
        "À examiner par le chef de projet du territoire : /agent/apprentissage/",
    ]
