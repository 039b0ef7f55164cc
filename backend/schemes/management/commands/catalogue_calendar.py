from argparse import ArgumentTypeError
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from backend.common.days import current_day
from backend.schemes.catalogue.dates import published
from backend.schemes.catalogue.law import AHEAD, EDITORS, WHO, law_events
from backend.schemes.catalogue.quality import review_day
from backend.schemes.models import Scheme
from backend.schemes.typography import NBSP
from backend.schemes.typography import day as day_in_words

Line = tuple[str, str, list[str]]  # what happens, who acts, which sheets


class Command(BaseCommand):
    help = "Dit jour par jour ce qui attend le catalogue : textes qui changent, ouvertures, fermetures, relectures."
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=_days, default=AHEAD.days, metavar="JOURS", help=f"jours à venir ({AHEAD.days} par défaut)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        on = current_day()
        until = on + timedelta(days=options["days"])
        lines: dict[date, list[Line]] = defaultdict(list)
        schemes = published()
        for day, line in (*_of_texts(schemes), *_of_sheets(schemes)):
            if on <= day <= until:
                lines[day].append(line)
        for day in sorted(lines):
            self.stdout.write(day_in_words(day))
            for what, who, names in lines[day]:
                self.stdout.write(f"  {what} – {who}")
                for name in names:
                    self.stdout.write(f"    {name}")
        if not lines:
            self.stdout.write(f"Rien d’ici au {day_in_words(until)}.")


def _of_texts(schemes: list[Scheme]) -> Iterator[tuple[date, Line]]:
    for event in law_events():
        names = sorted(str(scheme) for scheme in schemes if event.concerns(scheme))
        yield event.day, (f"{event.title}{NBSP}: {event.effect}", WHO[event.who], names)


def _of_sheets(schemes: list[Scheme]) -> Iterator[tuple[date, Line]]:
    by_day: dict[tuple[date, str], list[str]] = defaultdict(list)
    for scheme in schemes:
        revision = scheme.current
        if revision is None:
            continue
        if revision.opens_on:
            by_day[revision.opens_on, "Ouvrent"].append(str(scheme))
        if revision.closes_on:
            by_day[revision.closes_on, "Dernier jour"].append(str(scheme))
        by_day[review_day(revision), "À relire au plus tard"].append(str(scheme))
    for (day, what), names in by_day.items():
        yield day, (f"{what} ({len(names)})", WHO[EDITORS], sorted(names))


def _days(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 10_000:
        raise ArgumentTypeError(f"{text!r} n’est pas un nombre de jours, comme {AHEAD.days}.")
    return int(text)
