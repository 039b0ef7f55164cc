"""Sheets that follow what was seen of their windows: from files, people and records, and what then waits."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from backend.notifications.models import Notification
from backend.schemes.catalogue.loading import load_catalogue
from backend.schemes.catalogue.publishing import publish, refuse
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.windows import WindowOn, window_on
from backend.schemes.editing.closing import confirm, open_again
from backend.schemes.ingestion.observing import (
    RULE,
    ObservationError,
    follow_all,
    follow_observations,
    load_observations,
    observe,
)
from backend.schemes.models import CatalogueTask, Proposal, Revision, Scheme, WindowObservation
from tests.factories import ROOT, make_officer
from tests.schemes.people import get_scheme, make_approver, make_editor, make_proposal, publish_change

pytestmark = pytest.mark.django_db
ON = date(2026, 12, 1)
PERMANENT, UNKNOWN, OTHER = "mediation-credit", "bpi-pret-innovation-rd-industrie", "hdf-pass-cyber-investissement"
SEEN_OUT_OF_THE_BOX = "mte-diag-biodiversite"


def see(key=PERMANENT, *, says="closed", tier="operator", day=ON, editor=None, on=ON, **fields):
    page = {"url": "https://porteur.example/page", "site": "Le porteur", "read_on": on}
    editor = editor or make_editor()
    return observe(
        scheme=get_scheme(key), editor=editor, on=on, **{**page, "says": says, "tier": tier, "day": day, **fields}
    )


def write(path: Path, *rows):
    path.write_text(yaml.safe_dump({"observations": list(rows)}, allow_unicode=True))
    return path


def row(key=UNKNOWN, **fields):
    page = {"url": "https://porteur.example/page", "site": "Le porteur", "tier": "operator", "read_on": ON}
    return {"scheme": key, **page, "day": date(2026, 10, 3), "says": "open", **fields}


def everything():
    return [
        set(model.objects.values_list("pk", flat=True)) for model in (Revision, Proposal, CatalogueTask, Notification)
    ]


# -- files


def test_a_file_s_sighting_is_in_force_without_anybody_and_the_file_of_the_sheet_stays_in_charge(tmp_path):
    path = write(tmp_path / "windows.yaml", row())
    assert (load_observations(path), follow_all(on=ON)) == (1, 1)
    revision = get_scheme(UNKNOWN).current
    assert (revision.window_state, revision.seen_on, revision.seen_until) == (
        "unknown",
        date(2026, 10, 3),
        date(2027, 10, 3),
    )
    assert revision.observed == WindowObservation.objects.get(scheme__source_key=UNKNOWN)
    assert not Proposal.objects.exists()
    assert get_scheme(OTHER).current.seen_on is None
    before = everything()
    assert (load_observations(path), follow_all(on=ON)) == (1, 0)
    folder = tmp_path / "schemes"
    folder.mkdir()
    record = yaml.safe_load((ROOT / "fixtures/schemes" / f"{UNKNOWN}.yaml").read_text())
    (folder / "one.yaml").write_text(yaml.safe_dump(record, allow_unicode=True))
    assert load_catalogue(folder)["inchangés"] == 1
    assert everything() == before
    (folder / "one.yaml").write_text(yaml.safe_dump({**record, "name": "Un autre nom"}, allow_unicode=True))
    assert load_catalogue(folder)["nouvelles versions"] == 1
    assert follow_all(on=ON) == 1
    assert (get_scheme(UNKNOWN).current.name, get_scheme(UNKNOWN).current.seen_on) == (
        "Un autre nom",
        date(2026, 10, 3),
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"scheme": "inconnu"}, "dispositif inconnu : inconnu"),
        ({"says": "peut-être"}, "says"),
        ({"day": "hier"}, "hier"),
        ({"says": "dated"}, "demande la date de fermeture"),
        ({"closes_on": date(2027, 1, 1)}, "demande la date de fermeture"),
        ({"says": "dated", "opens_on": date(2027, 1, 2), "closes_on": date(2027, 1, 1)}, "avant l’ouverture"),
        ({"day": ON + timedelta(days=1)}, "après celui où on l’a lue"),
        ({"url": "porteur.example"}, "url"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(tmp_path, changes, told):
    with pytest.raises(ObservationError, match=told):
        load_observations(write(tmp_path / "windows.yaml", row(**changes)))


def test_observations_are_never_rewritten():
    observation = WindowObservation.objects.first()
    for change in (lambda: observation.delete(), lambda: WindowObservation.objects.update(says="closed")):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


# -- people


def test_only_who_edits_adds_an_observation_and_once():
    with pytest.raises(PermissionDenied):
        see(editor=make_officer())
    see()
    with pytest.raises(ObservationError, match="déjà"):
        see()
    page = {"url": "https://a.example/", "site": "A", "tier": "other", "day": ON, "says": "open", "read_on": ON}
    imported, editor = Scheme.objects.create(source="essai", source_key="essai"), make_editor()
    with pytest.raises(ObservationError, match="importée"):
        observe(scheme=imported, editor=editor, on=ON, **page)


@pytest.mark.cases(1)
@pytest.mark.parametrize(("tier", "state"), [("operator", "exhausted"), ("other", "unknown")])
def test_what_takes_something_away_acts_at_once_and_is_read_afterwards(tier, state):
    approver = make_approver()
    waiting = make_proposal(scheme=get_scheme())
    before = read_record(get_scheme().current)
    see(says="exhausted", tier=tier)
    scheme = get_scheme()
    assert {**read_record(scheme.current), "window": before["window"]} == before  # its window alone
    assert scheme.current.window_state == state
    assert scheme.current.observed.says == "exhausted"
    proposal = scheme.current.proposal
    assert (proposal.rule, proposal.is_urgent, proposal.author, proposal.decided_by) == (RULE, True, None, None)
    assert "https://porteur.example/page" in proposal.comment
    assert Notification.objects.filter(kind="proposal_urgent", recipient=approver.email).count() == 1
    assert Proposal.objects.get(pk=waiting.pk).is_outdated
    follow_observations(on=ON)
    task = CatalogueTask.objects.from_job("catalogue.windows").waiting().get(scheme=scheme)
    assert "Le porteur" in task.text
    confirm(proposal=proposal, reader=approver)
    follow_observations(on=ON)
    assert not CatalogueTask.objects.from_job("catalogue.windows").waiting().filter(scheme=scheme).exists()


@pytest.mark.slow
def test_what_a_reader_put_back_stays_put_back():
    approver = make_approver()
    see()
    open_again(proposal=get_scheme().current.proposal, reader=approver, reason="La page parlait d’une autre année.")
    assert get_scheme().current.window_state == "permanent"
    follow_observations(on=ON)  # tells what grew old in the files
    before = everything()
    assert follow_observations(on=ON).n_changed == 0
    assert everything() == before


def test_what_opens_is_proposed_in_the_name_of_who_saw_it_and_decided_by_another_once():
    editor, approver = make_editor(), make_approver()
    see(UNKNOWN, says="open", editor=editor)
    assert get_scheme(UNKNOWN).current.seen_on is None
    proposal = Proposal.objects.get(scheme__source_key=UNKNOWN)
    assert (proposal.author, proposal.state) == (editor, Proposal.State.PROPOSED)
    follow_observations(on=ON)
    refuse(proposal=proposal, approver=approver, comment="La page ne parle pas de ce diagnostic.")
    follow_observations(on=ON)
    assert Proposal.objects.filter(scheme__source_key=UNKNOWN).count() == 1
    see(UNKNOWN, says="open", editor=editor, url="https://porteur.example/autre")
    publish(proposal=Proposal.objects.get(scheme__source_key=UNKNOWN, state="proposed"), approver=approver)
    revision = get_scheme(UNKNOWN).current
    assert window_on(revision, on=ON) == WindowOn.OPEN
    assert revision.seen_url == "https://porteur.example/autre"
    assert revision.observed.url == revision.seen_url


def test_what_a_third_party_shows_is_told_at_once_and_opens_nothing():
    see(UNKNOWN, says="open", tier="other")
    revision = get_scheme(UNKNOWN).current
    assert (revision.seen_on, revision.seen_until, window_on(revision, on=ON)) == (ON, None, WindowOn.UNKNOWN)
    assert not Notification.objects.exists()


def test_dates_of_a_text_are_in_force_at_once_and_undone_like_any_change():
    see(UNKNOWN, says="dated", tier="official", closes_on=date(2027, 3, 31))
    scheme = get_scheme(UNKNOWN)
    assert (scheme.current.window_state, scheme.current.closes_on) == ("dated", date(2027, 3, 31))
    assert not scheme.current.proposal.is_urgent


def test_who_edits_the_rest_of_a_sheet_keeps_what_was_seen():
    publish_change(get_scheme(SEEN_OUT_OF_THE_BOX), name="Un autre nom")
    assert get_scheme(SEEN_OUT_OF_THE_BOX).current.seen_on == date(2026, 6, 12)
    assert follow_all(on=ON) == 0


def test_a_sighting_goes_with_a_window_that_is_stated():
    record = read_record(get_scheme(SEEN_OUT_OF_THE_BOX).current)
    publish_change(get_scheme(SEEN_OUT_OF_THE_BOX), window={**record["window"], "state": "permanent"})
    revision = get_scheme(SEEN_OUT_OF_THE_BOX).current
    assert (revision.seen_on, revision.seen_until, revision.seen_by, revision.seen_url) == (None, None, "", "")


# -- the night


def test_the_second_night_changes_nothing():
    see(PERMANENT)
    see(UNKNOWN, says="open")
    see(OTHER, says="open", tier="other")
    follow_observations(on=ON)
    before = everything()
    work = follow_observations(on=ON)
    assert (work.n_changed, work.n_looked_at) == (
        0,
        Scheme.objects.filter(observations__isnull=False).distinct().count(),
    )
    assert everything() == before


def test_what_grows_old_opens_one_task_and_makes_no_revision():
    scheme = get_scheme(SEEN_OUT_OF_THE_BOX)
    until = scheme.current.seen_until
    tasks = CatalogueTask.objects.from_job("catalogue.windows").filter(scheme=scheme)
    follow_observations(on=until)
    assert (window_on(scheme.current, on=until), tasks.count()) == (WindowOn.OPEN, 0)
    for on in (until + timedelta(days=1), until + timedelta(days=2)):
        follow_observations(on=on)
        assert window_on(scheme.current, on=on) == WindowOn.UNKNOWN
        assert "cela ne vaut que jusqu’au 12 juin 2027" in tasks.get().text
    assert get_scheme(SEEN_OUT_OF_THE_BOX).current == scheme.current
    assert not Notification.objects.exists()
    observed = {"scheme": scheme, "url": scheme.current.seen_url, "site": "Le site", "tier": "state", "says": "open"}
    day = until + timedelta(days=1)
    WindowObservation.objects.create(**observed, day=day, read_on=day, added_at=timezone.now())
    follow_observations(on=day)
    assert tasks.waiting().count() == 0
    assert get_scheme(SEEN_OUT_OF_THE_BOX).current.seen_until == date(2028, 6, 13)
