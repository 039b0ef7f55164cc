"""The snapshot of a sheet says what its facts say, whatever was written, by whom, and who was killed meanwhile."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from backend.companies.models import Fact, FactSheet, FactSnapshot
from backend.companies.packing import VERSION
from backend.companies.services import open_sheet, rebuild_snapshots, record_facts
from tests.companies.test_packing import told
from tests.conftest import ROOT
from tests.factories import DAY, rewriting
from tests.matching.factories import FEWER

pytestmark = pytest.mark.django_db
NAMES = ("headcount", "commune", "group", "answer:jury", "scheme:jonction:acre", "declined:naf")
VALUES = st.one_of(st.none(), st.integers(0, 60), st.floats(0, 60), st.just([]), st.just("60159"), st.just([1, None]))


def make_sheet(**values) -> FactSheet:
    sheet = open_sheet(siret="", siren="", name="Tôlerie")
    record_facts(sheet=sheet, values=values, origin=Fact.Origin.DECLARED, on=DAY)
    return sheet


def apart() -> list[int]:
    """Return the sheets whose snapshot does not say what their facts say."""
    said = {one.sheet_id: (one.version, told(one.values())) for one in FactSnapshot.objects.all()}
    return [
        sheet.pk
        for sheet in FactSheet.objects.filter(facts__isnull=False).distinct()
        if said.get(sheet.pk) != (VERSION, told(sheet.values()))
    ]


@FEWER
@given(sequence=st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, min_size=1, max_size=3), max_size=6))
def test_after_each_recording_the_snapshot_says_what_the_facts_say(sequence):
    with transaction.atomic():
        sheet = make_sheet(commune="60025")
        for values in sequence:
            record_facts(sheet=sheet, values=values, origin=Fact.Origin.DECLARED, on=DAY)
            assert apart() == []
        transaction.set_rollback(True)


def test_a_recording_that_is_undone_leaves_the_snapshot_as_it_was():
    sheet = make_sheet(headcount=35)
    with transaction.atomic():
        record_facts(sheet=sheet, values={"headcount": 36}, origin=Fact.Origin.DECLARED, on=DAY)
        transaction.set_rollback(True)
    assert sheet.snapshot.values() == {"headcount": 35}
    assert apart() == []


def test_a_sheet_of_which_the_same_is_said_again_is_not_written():
    sheet = make_sheet(headcount=35)
    before = row_version(sheet)
    record_facts(sheet=sheet, values={"headcount": 35}, origin=Fact.Origin.DECLARED, on=DAY)
    assert row_version(sheet) == before


def row_version(sheet: FactSheet) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin, ctid FROM companies_factsnapshot WHERE sheet_id = %s", [sheet.pk])
        return str(cursor.fetchone())


def test_what_another_list_of_facts_packed_is_made_again_and_the_rest_left_alone():
    old, new, bare = make_sheet(headcount=35), make_sheet(headcount=36), open_sheet(siret="", siren="", name="")
    missing = make_sheet(commune="60159")
    FactSnapshot.objects.filter(pk=old.pk).update(version="another")
    FactSnapshot.objects.filter(pk=missing.pk).delete()
    kept = row_version(new)
    assert set(apart()) == {old.pk, missing.pk}
    output = StringIO()
    call_command("rebuild_snapshots", stdout=output)
    assert output.getvalue() == "2 lignes refaites\n"
    assert apart() == []
    assert row_version(new) == kept
    assert not FactSnapshot.objects.filter(pk=bare.pk).exists()
    assert rebuild_snapshots() == 0
    assert rebuild_snapshots(everything=True) == FactSnapshot.objects.count()


def test_a_migration_makes_again_what_is_missing():
    sheet = make_sheet(headcount=35)
    FactSnapshot.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert FactSnapshot.objects.get(pk=sheet.pk).values() == {"headcount": 35}


def commit(function, *arguments):
    """Run in a thread, so with a connection of its own: what it writes is committed and seen by the other threads."""
    try:
        return function(*arguments)
    finally:
        connection.close()


@rewriting()
def erase(pk):
    FactSheet.objects.filter(pk=pk).delete()


def test_two_who_record_at_once_are_both_in_the_snapshot():
    together = Barrier(4)

    def record(pk, name):
        together.wait()
        record_facts(sheet=FactSheet.objects.get(pk=pk), values={name: 1}, origin="declared", on=DAY)

    with ThreadPoolExecutor() as several:
        pk = several.submit(commit, lambda: make_sheet(commune="60159").pk).result()
        try:
            names = ("headcount", "turnover", "balance_sheet", "project.spend")
            list(several.map(lambda name: commit(record, pk, name), names))
            assert len(FactSnapshot.objects.get(pk=pk).values()) == 5
            assert apart() == []
        finally:
            several.submit(commit, erase, pk).result()


RECORD = """
import sys
from datetime import date

import django

django.setup()

from backend.companies.models import FactSheet
from backend.companies.services import record_facts

sheet = FactSheet.objects.get(pk=sys.argv[1])
record_facts(sheet=sheet, values={"headcount": 36, "turnover": 9}, origin="declared", on=date(2026, 11, 24))
"""


@pytest.mark.slow
def test_a_process_killed_between_facts_and_snapshot_leaves_neither():
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    database = f"{server}/{connection.settings_dict['NAME']}"
    with ThreadPoolExecutor(1) as other:
        pk = other.submit(commit, lambda: make_sheet(headcount=35).pk).result()
        try:
            with psycopg.connect(database) as holding, psycopg.connect(database, autocommit=True) as watching:
                holding.execute("SELECT 1 FROM companies_factsnapshot WHERE sheet_id = %s FOR UPDATE", [pk])
                child = subprocess.Popen(
                    [sys.executable, "-c", RECORD, str(pk)], cwd=ROOT, env={**os.environ, "DATABASE_URL": database}
                )
                waiting = wait_for(lambda: waiting_for_the_snapshot(watching))
                child.send_signal(signal.SIGKILL)
                assert child.wait() == -signal.SIGKILL
                holding.rollback()
                wait_for(lambda: not is_there(watching, waiting))
            assert Fact.objects.filter(sheet=pk).count() == 1
            assert FactSnapshot.objects.get(pk=pk).values() == {"headcount": 35}
            assert apart() == []
        finally:
            other.submit(commit, erase, pk).result()


def waiting_for_the_snapshot(watching: psycopg.Connection) -> int | None:
    """Return the process of the server whose transaction has written facts and waits to write their snapshot."""
    found = watching.execute(
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        " AND query LIKE 'INSERT INTO \"companies_factsnapshot\"%'"
    ).fetchone()
    return found[0] if found else None


def is_there(watching: psycopg.Connection, process: int) -> bool:
    return watching.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [process]).fetchone() is not None


def wait_for(condition, *, seconds: float = 60):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found
