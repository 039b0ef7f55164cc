import json
import sys
from argparse import ArgumentTypeError
from collections import Counter
from datetime import date
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend.common.days import current_day
from backend.schemes.models import Scheme
from backend.schemes.quality import REVIEW_DAYS, SEVERITIES, SEVERITY_NAMES, Finding, check_catalogue


class Command(BaseCommand):
    help = "Relève ce qui manque ou se contredit dans le catalogue publié, du plus grave au moins grave."
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days",
            type=_days,
            default=REVIEW_DAYS,
            metavar="JOURS",
            help=f"âge à partir duquel une fiche est à relire ({REVIEW_DAYS} par défaut)",
        )
        parser.add_argument("--json", action="store_true", help="écrit le rapport en JSON")
        parser.add_argument("--strict", action="store_true", help="sort avec le code 1 s’il reste une remarque")

    def handle(self, *args: Any, **options: Any) -> None:
        on = current_day()
        findings = check_catalogue(on=on, days=options["days"])
        n_schemes = Scheme.objects.of_source(Scheme.OWN).published().count()
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(findings, n_schemes, on), ensure_ascii=False, indent=2))
        else:
            self._print(findings, n_schemes)
        if findings and options["strict"]:
            sys.exit(1)

    def _print(self, findings: list[Finding], n_schemes: int) -> None:
        for _, group in groupby(findings, key=lambda finding: finding.subject):
            found = list(group)
            self.stdout.write(f"{found[0].name} ({found[0].subject})")
            for finding in found:
                self.stdout.write(f"  {SEVERITY_NAMES[finding.severity]} : {finding.text} [{finding.code}]")
        counts = Counter(finding.code for finding in findings)
        self.stdout.write(f"\nRésumé : {_count(n_schemes, 'dispositif publié', 'dispositifs publiés')}, ", ending="")
        self.stdout.write(_count(len(findings), "remarque", "remarques"))
        for code in sorted(counts, key=lambda code: (-SEVERITIES[code], -counts[code], code)):
            self.stdout.write(f"  {counts[code]:4} {code} ({SEVERITY_NAMES[SEVERITIES[code]]})")


def _as_json(findings: list[Finding], n_schemes: int, on: date) -> dict[str, Any]:
    return {
        "on": on.isoformat(),
        "schemes": n_schemes,
        "counts": dict(Counter(finding.code for finding in findings).most_common()),
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity.name.lower(),
                "subject": finding.subject,
                "name": finding.name,
                "text": finding.text,
            }
            for finding in findings
        ],
    }


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count < 2 else many}"


def _days(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 100_000:
        raise ArgumentTypeError(f"{text!r} n’est pas un nombre de jours, comme {REVIEW_DAYS}.")
    return int(text)
