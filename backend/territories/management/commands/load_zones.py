"""The difference that a list of a zone makes, and the list in force where that is asked."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.common.arguments import day
from backend.common.days import current_day
from backend.territories.models import Perimeter
from backend.territories.services import clear_caches, served_communes
from backend.territories.zones import Difference, ZoneError, load_zone, read_zone_list, zone_named

N_TOLD = 20  # rows or communes told one by one
WORDS = {True: "entrent", False: "sont dites dehors", None: "ne sont plus connues"}


class Command(BaseCommand):
    help = (
        "Compare la liste d'une zone à celle en vigueur, et la met en vigueur avec --apply : un CSV avec une colonne "
        "« insee » (communes) ou « siren » (intercommunalités)."
    )
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="ZONE", help="Son code, comme frr ou qpv-2024.")
        parser.add_argument("path", type=Path, metavar="FICHIER", help="Le CSV, en UTF-8 ou en Windows-1252.")
        parser.add_argument("--source", required=True, help="D'où vient la liste : une adresse, ou son titre.")
        parser.add_argument("--dated", required=True, type=day, help="Date de la liste, comme 2025-07-10.")
        parser.add_argument(
            "--for",
            dest="held_for",
            action="append",
            default=[],
            metavar="CODE",
            help="Où la liste est complète : DEP-60, REG-32, EPCI-…, ou FRANCE. Sans rien : où elle l'était.",
        )
        parser.add_argument(
            "--in",
            dest="within",
            action="append",
            default=[],
            metavar="COLONNE=VALEUR",
            help="Les lignes qui sont dans la zone, quand le fichier en nomme d'autres.",
        )
        parser.add_argument(
            "--partly",
            action="append",
            default=[],
            metavar="COLONNE=VALEUR",
            help="Les lignes dont une partie de la commune est dans la zone : seule l'adresse le dira.",
        )
        parser.add_argument("--apply", action="store_true", help="Mettre la liste en vigueur.")

    def handle(self, *args: Any, **options: Any) -> None:
        given = {name: options[name] for name in ("source", "dated", "held_for", "apply")}
        try:
            zone = zone_named(options["name"])
            reading = read_zone_list(options["path"], within=options["within"], partly=options["partly"])
            found = load_zone(zone, reading, **given, on=current_day())
        except (ZoneError, OSError) as error:
            raise CommandError(f"Rien n'a changé. {error}") from None
        self.stdout.write(f"Codes lus dans la colonne « {found.column} ».")
        self._say_faults(found)
        self._say_difference(found)
        if not found.is_new:
            self.stdout.write("Cette liste est déjà en vigueur.")
        elif options["apply"]:
            clear_caches()
            self.stdout.write("Liste en vigueur. Redémarrez le service : ses processus gardent la précédente.")
        else:
            self.stdout.write("Rien n'a changé : ajoutez --apply pour mettre cette liste en vigueur.")

    def _say_faults(self, found: Difference) -> None:
        for line, text in found.faults[:N_TOLD]:
            self.stdout.write(f"Ligne {line} : {text}.")
        if len(found.faults) > N_TOLD:
            self.stdout.write(f"Et {len(found.faults) - N_TOLD} autres lignes.")
        if found.doubtful:
            where = ", ".join(sorted(found.doubtful - {""})) if "" not in found.doubtful else ""
            self.stdout.write(
                "Ces lignes peuvent nommer une commune de la zone : aucune qui manque au fichier n'est dite dehors, "
                f"{f'dans : {where}' if where else 'nulle part'}."
            )

    def _say_difference(self, found: Difference) -> None:
        served = {commune.code for commune in served_communes()}
        for now, words in WORDS.items():
            codes = found.becoming(now)
            here = served.intersection(codes)
            self.stdout.write(f"Communes qui {words} : {len(codes)}, dont {len(here)} du territoire.")
            first = sorted(codes, key=lambda code: (code not in here, code))[:N_TOLD]
            names = dict(Perimeter.objects.filter(code__in=first).values_list("code", "name"))
            for code in first:
                self.stdout.write(f"  {names.get(code, '')} ({code.partition('-')[2]})")
