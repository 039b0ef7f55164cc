from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.common.days import current_day
from backend.common.territory_files import LEFT_OUT
from backend.matchmaking.ineligible_everywhere import schemes_ineligible_everywhere
from backend.territories.outlines import map_of
from backend.territories.services import served_communes, served_epcis, territory_name


class Command(BaseCommand):
    help = "Dit quel territoire est servi, et ce qui manque encore pour qu’il le soit bien."
    requires_system_checks = ()  # they load every page of the site

    def handle(self, *args: Any, **options: Any) -> None:
        epcis = served_epcis()
        if not epcis:
            raise CommandError("Aucun territoire n’est chargé : lancez d’abord « manage.py load_reference ».")
        self.stdout.write(f"Territoire : {territory_name()}")
        self.stdout.write(f"Dossier : {settings.TERRITORY_FOLDER or 'fixtures'}")
        names = ", ".join(epci.short_name for epci in epcis)
        self.stdout.write(f"Intercommunalités : {names} ; {len(served_communes())} communes")
        drawn = {outline.epci for outline in map_of(epcis).outlines}
        if missing := [epci.short_name for epci in epcis if epci not in drawn]:
            self.stdout.write(f"Sans contour sur la carte (scripts/outlines.py) : {', '.join(missing)}")
        if keys := schemes_ineligible_everywhere(on=current_day()):
            self.stdout.write(f"Dispositifs qu’aucune de ces communes ne peut avoir, à écrire dans {LEFT_OUT} :")
            self.stdout.write("schemes:")
            self.stdout.write("\n".join(f"  - {key}" for key in keys))
