import json
import sys
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend.common.days import current_day
from backend.schemes.catalogue.contacts import ContactCounts, contact_counts
from backend.schemes.catalogue.evidence_counts import EvidenceCounts, evidence_counts
from backend.schemes.catalogue.quality import REVIEW_DAYS, SEVERITIES, SEVERITY_NAMES, Finding, check_catalogue
from backend.schemes.catalogue.shares import Shares, shares


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
        findings, counted, evidence, contacts = (
            check_catalogue(on=on, days=options["days"]),
            shares(on=on),
            evidence_counts(on=on),
            contact_counts(),
        )
        if options["json"]:
            self.stdout.write(
                json.dumps(_as_json(findings, counted, evidence, contacts, on), ensure_ascii=False, indent=2)
            )
        else:
            self._print(findings, counted, evidence, contacts)
        if findings and options["strict"]:
            sys.exit(1)

    def _print(
        self, findings: list[Finding], counted: Shares, evidence: EvidenceCounts, contacts: ContactCounts
    ) -> None:
        for _, group in groupby(findings, key=lambda finding: finding.subject):
            found = list(group)
            self.stdout.write(f"{found[0].name} ({found[0].subject})")
            for finding in found:
                self.stdout.write(f"  {SEVERITY_NAMES[finding.severity]} : {finding.text} [{finding.code}]")
        counts = Counter(finding.code for finding in findings)
        self.stdout.write(
            f"\nRésumé : {_count(counted.n_schemes, 'dispositif publié', 'dispositifs publiés')}, ", ending=""
        )
        self.stdout.write(_count(len(findings), "remarque", "remarques"))
        for code in sorted(counts, key=lambda code: (-SEVERITIES[code], -counts[code], code)):
            self.stdout.write(f"  {counts[code]:4} {code} ({SEVERITY_NAMES[SEVERITIES[code]]})")
        for line in (*_shares_in_words(counted), *_evidence_in_words(evidence), _contacts_in_words(contacts)):
            self.stdout.write(line)


def _as_json(
    findings: list[Finding], counted: Shares, evidence: EvidenceCounts, contacts: ContactCounts, on: date
) -> dict[str, Any]:
    return {
        "on": on.isoformat(),
        "schemes": counted.n_schemes,
        "shares": asdict(counted),
        "evidence": asdict(evidence),
        "contacts": asdict(contacts),
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


def _shares_in_words(counted: Shares) -> Iterator[str]:
    seen = ", ".join(f"{count} par {tier}" for tier, count in counted.seen) or "aucune"
    yield (
        f"Ouvertures connues : {counted.n_known} sur {counted.n_schemes} ({counted.known_pct} %), dont "
        f"{counted.n_stated} par leur fiche ; vues ouvertes : {seen}"
    )
    yield f"Ouvertures inconnues : {counted.n_unknown}, dont {counted.n_told} vues ouvertes une fois"
    yield f"Fiches relues à temps : {counted.n_read_in_time} ({counted.read_in_time_pct} %)"
    for label, n_open, n in counted.open_by_need:
        yield f"  {n_open:4} sûrement ouverts sur {n} : {label}"


def _evidence_in_words(counted: EvidenceCounts) -> Iterator[str]:
    by_tier = ", ".join(f"{count} {tier}" for tier, count in counted.by_tier) or "aucune"
    yield (
        f"Conditions : {counted.n_conditions}, dont {counted.n_linked} avec l’adresse d’une page "
        f"({counted.linked_pct} %) et {counted.n_strong} d’un texte, du porteur ou de l’État depuis moins d’un an "
        f"({counted.strong_pct} %)"
    )
    yield f"  {by_tier} ; {counted.n_unnamed} sans dire qui parle, {counted.n_unsourced} sans source"
    yield (
        f"Citées : {counted.n_quoted} sur {counted.n_quotable} dont la source le permet ({counted.quoted_pct} %), "
        f"{counted.n_conditions - counted.n_quotable} dans nos mots"
    )
    yield f"Montants avec l’adresse d’une page : {counted.n_amounts_linked} sur {counted.n_amounts}"
    yield f"Fiches « vérifié » sans une telle source partout : {counted.n_unproved} sur {counted.n_verified}"
    yield f"Sources du nom d’un fichier : {counted.n_internal}"


def _contacts_in_words(counted: ContactCounts) -> str:
    return (
        f"Contacts : {counted.n_contacts} fiches avec un téléphone ou une page, {counted.n_near} avec un bureau "
        f"du département ou de la région ({counted.near_pct} %) ; {counted.n_deep} liens vers une page du dispositif "
        f"et non l’accueil d’un site ({counted.deep_pct} %)"
    )


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count < 2 else many}"


def _days(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 100_000:
        raise ArgumentTypeError(f"{text!r} n’est pas un nombre de jours, comme {REVIEW_DAYS}.")
    return int(text)
