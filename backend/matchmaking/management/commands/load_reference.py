from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from backend.common.days import current_day
from backend.common.files import digest_of_files
from backend.common.releases import code_state
from backend.common.territory_files import TerritoryFileError, left_out, reference_folder
from backend.matchmaking import condition_views, engine, match_codes
from backend.matchmaking.language import learn_language
from backend.matchmaking.rematching import open_rematch
from backend.matchmaking.weights import WeightsError, load_weights
from backend.schemes.catalogue import revision_cache, taxonomy, wording
from backend.schemes.catalogue.loading import FixtureError, load_catalogue, load_taxonomy
from backend.schemes.catalogue.scheme_texts import load_scheme_texts
from backend.schemes.ingestion.observing import ObservationError, follow_all, load_observations
from backend.schemes.models import Proposal, Scheme
from backend.territories import services as territories
from backend.territories.activities import ActivityTableError, load_held_table
from backend.territories.services import REFERENCE, is_loaded, load_nomenclatures, load_territories

REFUSED = (
    ActivityTableError,
    FixtureError,
    ObservationError,
    TerritoryFileError,
    WeightsError,
    OSError,
    yaml.YAMLError,
)


class Command(BaseCommand):
    help = "Charge le territoire, les nomenclatures, la taxonomie, les poids et le catalogue ; idempotent."
    requires_system_checks = ()  # they load every page of the site

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with reference_folder() as folder, transaction.atomic():
                if is_loaded(REFERENCE, f"{digest_of_files(sorted(folder.rglob('*')))[:32]}{code_state()[:32]}"):
                    self.stdout.write("Fichiers inchangés depuis leur dernier chargement")
                else:
                    self._load(folder)
                self._say_waiting()
                self._say("Langue", {"phrases et mots appris": learn_language().n_sentences})
                open_rematch(on=current_day())
        except REFUSED as error:
            raise CommandError(f"Rien n'a été chargé. {error}") from None
        territories.clear_caches()
        engine.clear_caches()
        match_codes.clear_caches()
        revision_cache.clear_cache()
        taxonomy.clear_caches()
        wording.clear_caches()
        condition_views.clear_cache()

    def _load(self, folder: Path) -> None:
        self._say("Territoire", load_territories(folder / "territories"))
        self._say("Nomenclatures", {"codes": load_nomenclatures(folder)})
        self._say("NAF 2025", {"correspondances": len(load_held_table(folder / "naf_2025.csv").pairs)})
        self._say("Taxonomie", {"sous-besoins": load_taxonomy(folder / "taxonomy.yaml")})
        self._say("Catalogue", load_catalogue(folder / "schemes"))
        self._say("Fiches non vérifiées", load_catalogue(folder / "drafts"))
        n_kept = load_observations(folder / "windows.yaml", left_out=left_out())
        self._say("Constats d’ouverture", {"lus": n_kept, "suivis": follow_all(on=current_day())})
        self._say("Phrases d’entreprises", {"par dispositif": load_scheme_texts(Scheme.OWN)})
        self.stdout.write(f"Poids : {load_weights(folder / 'weights.yaml')}")

    def _say_waiting(self) -> None:
        """Name the files that are not in force, because people published or archived their scheme themselves."""
        keys = Proposal.objects.waiting().from_files().order_by("key").values_list("key", flat=True)
        if keys:
            self.stdout.write(f"Fichiers à relire dans l’administration : {', '.join(keys)}")

    def _say(self, what: str, counts: dict[str, int]) -> None:
        self.stdout.write(f"{what} : " + ", ".join(f"{count} {name}" for name, count in counts.items()))
