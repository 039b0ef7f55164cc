"""The observations of a night, from real files that a site on loopback serves: a second night changes nothing."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from backend.jobs.models import JobState
from backend.jobs.running import run
from backend.notifications.models import Notification
from backend.schemes.models import (
    CatalogueTask,
    Counterpart,
    ImportRun,
    Page,
    Proposal,
    Revision,
    Scheme,
    SourceChange,
    WindowObservation,
)
from tests.common.sites import site

pytestmark = [pytest.mark.django_db, pytest.mark.real_data]
ON = date(2026, 11, 28)
FILES = {  # real files, and the shapes that are made here of real answers (SOURCES.md says which)
    "transition-ecologique": "mte/programs.json",
    "transition-ecologique-csv": "mte/data_gouv_export.csv",
    "aides-territoires": "aides_territoires/aids_api_reconstructed.json",
    "mission-transition": "aides_territoires/mission-transition_api_aid_at_94683.json",
    "aides-entreprises": "aides_entreprises/sample_aideradar_2026-09-27.json",
}
KEPT = (Revision, Scheme, WindowObservation, Proposal, CatalogueTask, Counterpart, SourceChange, Notification, Page)


def state() -> dict[str, list]:
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in KEPT}


def a_night(here, on: date) -> str:
    out = StringIO()
    for source in FILES:
        call_command("import_schemes", source, here.url + f"/{source}", dated=on.isoformat(), yes=True, stdout=out)
    for job in ("catalogue.windows", "catalogue.expiry", "catalogue.review"):
        run(name=job, on=on)
    return out.getvalue()


@pytest.mark.slow
def test_a_second_night_of_the_same_files_changes_nothing(real_data):
    with site() as here:
        for source, path in FILES.items():
            here.page(f"/{source}", (real_data / path).read_bytes(), ETag=f'"{source}"')
        a_night(here, ON)
        first = state()
        assert len(first["WindowObservation"]) > 0
        assert Counterpart.objects.filter(made_by=None).exists()
        assert a_night(here, ON).count("created 0, updated 0") == len(FILES)
        assert state() == first
        assert JobState.objects.get(name="catalogue.windows").n_changed == 0
        # The same site on the next day: files of another day that say nothing new.
        a_night(here, ON + timedelta(days=1))
        seen = {row["id"] for row in first["WindowObservation"]}
        assert {row["id"] for row in state()["WindowObservation"]} == seen
        assert ImportRun.objects.count() == 3 * len(FILES)
