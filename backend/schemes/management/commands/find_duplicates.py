from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.schemes.ingestion.duplicates.finding import find_candidates
from backend.schemes.ingestion.duplicates.judging import (
    FRESH,
    PICKED,
    Estimate,
    Measured,
    Share,
    Verdict,
    estimate,
    measure,
    precision,
    read_judged,
    recall,
)
from backend.schemes.ingestion.duplicates.scoring import Advice, Candidate
from backend.schemes.ingestion.duplicates.sheets import sheets_in_force
from backend.schemes.models import Scheme

HELP = """\
Cherche les dispositifs qui ont plusieurs fiches, d'une source à l'autre ou dans notre catalogue, et dit pourquoi.

Rien n'est changé : les éditeurs en décident dans l'administration. --measure compare les réponses à des paires jugées
à la main : précision et rappel.
"""
ADVICE = {Advice.SAME: "même dispositif ?", Advice.NEAR: "à regarder"}
MEASURES = (
    ("même dispositif", frozenset({Advice.SAME}), frozenset({Verdict.SAME})),
    ("même ou variante, proposé ou à regarder", frozenset({Advice.SAME, Advice.NEAR}),
     frozenset({Verdict.SAME, Verdict.VARIANT})),
)  # fmt: skip
BY_KEY = "same_key"


class Command(BaseCommand):
    help = HELP
    requires_system_checks = ()  # they load every page of the site

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, formatter_class=RawDescriptionHelpFormatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--source", metavar="SOURCE", help="Seulement les paires dont une fiche est de cette source."
        )
        parser.add_argument(
            "--measure", action="store_true", help="Mesure sur les paires jugées, au lieu de chercher."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        sources, source = Scheme.objects.sources(), options["source"]
        if source is not None and source not in sources:
            raise CommandError(f"--source vaut {source} ; attendu : {', '.join(sources) or 'aucune source chargée'}.")
        sheets = sheets_in_force()
        if options["measure"]:
            judged = [*read_judged(PICKED), *read_judged(FRESH)]
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
        self.stdout.write(f"{candidate.chance:4.0%} {ADVICE[candidate.advice]}")
        for sheet in (candidate.one, candidate.other):
            self.stdout.write(f"    {sheet.key} : {sheet.name}")
        for reason in candidate.reasons:
            self.stdout.write(f"    {reason.weight:+.1f} {reason.text}")

    def _tell_measure(self, measured: Sequence[Measured], *, n_judged: int) -> None:
        self.stdout.write(f"{n_judged} paires jugées, dont {n_judged - len(measured)} sans leurs deux fiches ici")
        picked = [each for each in measured if not each.pair.stratum]
        fresh = [each for each in measured if each.pair.stratum]
        tuned = [each for each in picked if not each.pair.measures]
        self._tell_shares("Choisies, moitié qui a servi à régler", tuned)
        self._tell_shares("Choisies, moitié qui mesure", [each for each in picked if each.pair.measures])
        self._tell_shares("Tirées au sort, clé en commun", [each for each in fresh if each.pair.stratum == BY_KEY])
        self._tell_shares("Tirées au sort, les autres", [each for each in fresh if each.pair.stratum != BY_KEY])
        self._tell_estimates(fresh)
        self._tell_errors(tuned)

    def _tell_shares(self, title: str, part: Sequence[Measured]) -> None:
        n_verdicts = ", ".join(f"{sum(e.pair.verdict is v for e in part)} {v.value}" for v in Verdict)
        self.stdout.write(f"{title} : {len(part)} paires ({n_verdicts})")
        for name, advised, right in MEASURES:
            found = precision(part, advised=advised, right=right), recall(part, advised=advised, right=right)
            self.stdout.write(f"  {name} : précision {_told(found[0])}, rappel {_told(found[1])}")

    def _tell_estimates(self, fresh: Sequence[Measured]) -> None:
        self.stdout.write("Toutes celles dont on a tiré : chaque paire compte pour celles qu’elle représente")
        for name, advised, right in MEASURES:
            shares = (estimate(fresh, advised=advised, right=right, of=of) for of in ("precision", "recall"))
            told = [_told_estimate(each) for each in shares]
            self.stdout.write(f"  {name} : précision {told[0]}, rappel {told[1]}")

    def _tell_errors(self, tuned: Iterable[Measured]) -> None:
        """Name the errors of the half that tunes; those of the pairs that measure are for nobody to learn from."""
        wrong = [each for each in tuned if (each.advice is Advice.SAME) != (each.pair.verdict is Verdict.SAME)]
        self.stdout.write("Erreurs de la moitié qui a servi à régler :")
        for each in sorted(wrong, key=lambda each: -each.candidate.chance):
            pair = each.pair
            apart = f", écartée : {each.candidate.apart}" if each.candidate.apart else ""
            self.stdout.write(
                f"  {each.candidate.chance:4.0%} jugée {pair.verdict.value}{apart} : {pair.one}, {pair.other}"
            )


def _told(share: Share) -> str:
    value, interval = share.value, share.interval
    if value is None or interval is None:
        return "sans objet"
    return f"{value:.2f} ({share.n}/{share.of}, {interval[0]:.2f} à {interval[1]:.2f})"


def _told_estimate(found: Estimate | None) -> str:
    return "sans objet" if found is None else f"{found.value:.2f} ({found.low:.2f} à {found.high:.2f})"
