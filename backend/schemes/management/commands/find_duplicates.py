from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.schemes.duplicates.finding import find_candidates
from backend.schemes.duplicates.judging import Measured, Share, Verdict, measure, precision, read_judged, recall
from backend.schemes.duplicates.scoring import Advice, Candidate
from backend.schemes.duplicates.sheets import sheets_in_force
from backend.schemes.models import Scheme

HELP = """\
Cherche les dispositifs qui ont plusieurs fiches, d'une source à l'autre ou dans notre catalogue, et dit pourquoi.

Rien n'est changé. --measure compare les réponses à des paires jugées à la main : précision et rappel.
"""
ADVICE = {Advice.SAME: "même dispositif ?", Advice.NEAR: "à regarder"}
MEASURES = (
    ("même dispositif", frozenset({Advice.SAME}), frozenset({Verdict.SAME})),
    ("même ou variante, proposé ou à regarder", frozenset({Advice.SAME, Advice.NEAR}),
     frozenset({Verdict.SAME, Verdict.VARIANT})),
)  # fmt: skip


class Command(BaseCommand):
    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--source", metavar="SOURCE", help="Seulement les paires dont une fiche est de cette source."
        )
        parser.add_argument(
            "--measure", action="store_true", help="Mesure sur les paires jugées, au lieu de chercher."
        )
        parser.add_argument(
            "--judged",
            type=Path,
            default=settings.BASE_DIR / "fixtures" / "judgements" / "duplicates.yaml",
            metavar="FICHIER",
            help="Paires jugées ; par défaut celles du projet.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        sources, source = Scheme.objects.sources(), options["source"]
        if source is not None and source not in sources:
            raise CommandError(f"--source vaut {source} ; attendu : {', '.join(sources) or 'aucune source chargée'}.")
        sheets = sheets_in_force()
        if options["measure"]:
            judged = read_judged(options["judged"])
            self._tell_measure(measure(sheets, judged), n_judged=len(judged))
            return
        found = find_candidates(sheets, source=source)
        for candidate in found:
            self._tell(candidate)
        n_same = sum(candidate.advice is Advice.SAME for candidate in found)
        self.stdout.write(
            f"{len(sheets)} fiches, {len(found)} paires : {n_same} proposées, {len(found) - n_same} à regarder"
        )

    def _tell(self, candidate: Candidate) -> None:
        self.stdout.write(f"{candidate.points:3} {ADVICE[candidate.advice]}")
        for sheet in (candidate.one, candidate.other):
            self.stdout.write(f"    {sheet.key} : {sheet.name}")
        for reason in candidate.reasons:
            self.stdout.write(f"    {reason.points:+3} {reason.text}")

    def _tell_measure(self, measured: Sequence[Measured], *, n_judged: int) -> None:
        self.stdout.write(f"{n_judged} paires jugées, dont {n_judged - len(measured)} sans leurs deux fiches ici")
        for title, half in (
            ("Moitié qui a servi à choisir les seuils", [each for each in measured if not each.pair.measures]),
            ("Moitié qui mesure", [each for each in measured if each.pair.measures]),
        ):
            n_verdicts = ", ".join(f"{sum(e.pair.verdict is v for e in half)} {v.value}" for v in Verdict)
            self.stdout.write(f"{title} : {len(half)} paires ({n_verdicts})")
            for name, advised, right in MEASURES:
                found = precision(half, advised=advised, right=right), recall(half, advised=advised, right=right)
                self.stdout.write(f"  {name} : précision {_told(found[0])}, rappel {_told(found[1])}")
        wrong = [
            each
            for each in measured
            if each.pair.measures and (each.advice is Advice.SAME) != (each.pair.verdict is Verdict.SAME)
        ]
        for each in sorted(wrong, key=lambda each: -each.candidate.points):
            pair = each.pair
            apart = f", écartée : {each.candidate.apart}" if each.candidate.apart else ""
            self.stdout.write(
                f"  {each.candidate.points:3} jugée {pair.verdict.value}{apart} : {pair.one}, {pair.other}"
            )


def _told(share: Share) -> str:
    value = share.value
    return "sans objet" if value is None else f"{value:.2f} ({share.n}/{share.of})"
