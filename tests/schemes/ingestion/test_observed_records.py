"""Records of other sites: linked by the address that a sheet names, and noted as pages of the day of their file."""

from datetime import date, timedelta

import pytest

from backend.schemes.catalogue.windows import WindowOn, window_on
from backend.schemes.ingestion.changes.following import end_counterpart
from backend.schemes.ingestion.changes.observed import SEEN_AGAIN_DAYS
from backend.schemes.ingestion.importers.loading import import_records
from backend.schemes.ingestion.importers.reading import Notice
from backend.schemes.ingestion.observing import follow_observations
from backend.schemes.models import CatalogueTask, Counterpart, Proposal, Revision, Scheme, WindowObservation
from tests.schemes.ingestion.importers.made_up import SOURCE, make_programme
from tests.schemes.people import get_scheme, make_approver, make_editor, publish_change

pytestmark = pytest.mark.django_db
FILE = date(2026, 6, 12)
LATER = date(2026, 12, 1)  # after the day that our sheets speak of
KEY, OURS = "diag-adaptation", "mte-diag-adaptation"
NEIGHBOUR_KEY, NEIGHBOUR = "diag-biodiversite", "mte-diag-biodiversite"
PART = Notice("Ce fichier n’est pas entier.", is_partial=True)


def bring(*programmes, on=LATER, **options):
    return import_records(source=SOURCE, records=list(programmes), on=on, **options)


def make(key=KEY, *, end=None, **changes):
    validity = {"end": end} if end else None
    return make_programme(key, validity=validity, **({"fin de validité": end} if end else {}), **changes)


def everything():
    models = (Revision, Proposal, CatalogueTask, Counterpart, WindowObservation)
    return [set(model.objects.values_list("pk", flat=True)) for model in models]


def test_a_record_is_linked_to_the_one_sheet_that_names_its_page():
    bring(make(), make("personne-ne-me-cite"))
    made = Counterpart.objects.get()
    assert (made.imported.source_key, made.ours.source_key, made.made_by) == (KEY, OURS, None)
    assert made.maker == "notre fiche cite sa page"
    assert made.compared == made.imported.current


def test_a_page_that_two_sheets_name_links_none():
    sources = [{"title": "La même page", "url": page, "dated": None, "tier": "operator"} for page in _pages(OURS)]
    publish_change(get_scheme(), sources=sources, criteria=[], amount=None)
    bring(make())
    assert not Counterpart.objects.exists()


def _pages(key):
    return [source.url for source in get_scheme(key).current.sources.all()]


def test_a_link_that_a_person_took_away_does_not_come_back():
    bring(make())
    end_counterpart(counterpart=Counterpart.objects.get(), editor=make_editor())
    bring(make())
    assert not Counterpart.objects.in_force().exists()


def test_the_file_of_the_day_the_sheet_was_written_says_nothing_new():
    before = WindowObservation.objects.count()
    bring(make(), on=FILE)
    assert WindowObservation.objects.count() == before


def test_a_newer_file_that_still_has_the_record_shows_it_open_again():
    bring(make(), make("diag-biodiversite"))
    revision = get_scheme(OURS).current
    assert (revision.seen_on, revision.seen_until) == (LATER, date(2027, 12, 1))
    assert revision.observed.record.scheme.source_key == KEY
    assert revision.proposal.rule == "constats d’ouverture"
    assert not revision.proposal.is_urgent
    before = everything()
    for on in (LATER, LATER + timedelta(days=SEEN_AGAIN_DAYS - 1)):
        bring(make(), make("diag-biodiversite"), on=on)
        assert everything() == before
    bring(make(), make("diag-biodiversite"), on=LATER + timedelta(days=SEEN_AGAIN_DAYS))
    assert get_scheme(OURS).current.seen_on == LATER + timedelta(days=SEEN_AGAIN_DAYS)


def test_dates_of_a_record_are_in_force_at_once_and_asked_of_nobody():
    bring(make())
    report = bring(make(end="31/03/2027"), on=LATER + timedelta(days=1))
    revision = get_scheme(OURS).current
    assert (revision.window_state, revision.closes_on, revision.seen_on) == ("dated", date(2027, 3, 31), None)
    assert KEY not in report.to_decide
    assert get_scheme(NEIGHBOUR).current.window_state == "unknown"
    imported = Scheme.objects.get(source=SOURCE, source_key=KEY).current
    assert imported.seen_on is None


def test_what_a_record_said_when_it_was_linked_does_not_undo_a_sheet_that_knows_better():
    key, ours = "credit-impot-recherche", "mte-credit-impot-recherche"
    for on in (LATER, LATER + timedelta(days=30)):
        bring(make(key, end="31/12/2025"), on=on)
        assert (get_scheme(ours).current.window_state, get_scheme(ours).current.closes_on) == ("permanent", None)
    assert not WindowObservation.objects.filter(scheme=get_scheme(ours)).exists()
    bring(make(key, end="31/12/2028"), on=LATER + timedelta(days=60))
    assert (get_scheme(ours).current.window_state, get_scheme(ours).current.closes_on) == ("dated", date(2028, 12, 31))


def test_a_record_that_says_unavailable_shuts_at_once_and_is_read_afterwards():
    make_approver()
    bring(make(**{"aide temporairement indisponible": True}))
    revision = get_scheme(OURS).current
    assert window_on(revision, on=LATER) == WindowOn.SUSPENDED
    assert revision.proposal.is_urgent
    follow_observations(on=LATER)
    assert CatalogueTask.objects.from_job("catalogue.windows").waiting().filter(scheme=revision.scheme).count() == 1
    before = everything()
    bring(make(**{"aide temporairement indisponible": True}), on=LATER + timedelta(days=1))
    assert follow_observations(on=LATER + timedelta(days=1)).n_changed == 0
    assert everything() == before


def test_a_record_that_left_its_file_is_no_page():
    bring(make(), make("autre"))
    before = get_scheme(OURS).current
    bring(make("autre"), on=LATER + timedelta(days=30))
    assert get_scheme(OURS).current == before


@pytest.mark.cases(1)
@pytest.mark.parametrize("had_left", [False, True])
def test_a_part_of_a_file_shows_only_the_records_that_it_holds(had_left):
    bring(make(), make(NEIGHBOUR_KEY))
    if had_left:
        bring(make(NEIGHBOUR_KEY), on=LATER + timedelta(days=1))
    again = LATER + timedelta(days=SEEN_AGAIN_DAYS)
    bring(PART, make(NEIGHBOUR_KEY), on=again)
    assert get_scheme(NEIGHBOUR).current.seen_on == again
    assert get_scheme(OURS).current.seen_on == LATER


@pytest.mark.cases(1)
@pytest.mark.parametrize("broken", [{"titre": 3}, {"titre": "x" * 9000}])
def test_a_row_that_is_refused_says_nothing_of_its_window_and_has_not_left(broken):
    bring(make(), make(NEIGHBOUR_KEY))
    again = LATER + timedelta(days=SEEN_AGAIN_DAYS)
    report = bring(make(**broken), make(NEIGHBOUR_KEY), on=again)
    assert ([row.key for row in report.rejected], report.gone) == ([KEY], [])
    assert Counterpart.objects.get(imported__source_key=KEY).gone_at is None
    assert get_scheme(NEIGHBOUR).current.seen_on == again
    assert get_scheme(OURS).current.seen_on == LATER


def test_a_trial_keeps_nothing():
    before = everything()
    bring(make(), dry_run=True)
    assert everything() == before
