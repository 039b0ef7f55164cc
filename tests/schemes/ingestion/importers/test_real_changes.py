"""The State's real file, then a copy in which five records changed: five kinds of work towards our catalogue."""

import json
from copy import deepcopy
from datetime import date

import pytest

from backend.matchmaking.impact_preview import Trial
from backend.schemes.catalogue.records import read_record
from backend.schemes.ingestion.changes.following import Comparison
from backend.schemes.ingestion.changes.incoming import set_aside
from backend.schemes.ingestion.importers.loading import import_records
from backend.schemes.models import Counterpart, SourceChange
from tests.factories import DAY, make_submission
from tests.schemes.ingestion.following import accept_all, counterpart, imported, make_ours, ours
from tests.schemes.ingestion.importers.made_up import SOURCE
from tests.schemes.people import make_editor

N_NAMED = 68  # records whose page one sheet of ours names
pytestmark = [pytest.mark.django_db, pytest.mark.real_data]
DATES, CONTACT, CRITERION, TITLE, GONE = KEYS = (
    "act-pas-a-pas",
    "extreme-defi-mobilite",
    "b-a-ba-du-climat-et-biodiversite",
    "etude-biodechets",
    "etude-centres-de-tri",
)


def bring(programmes, day):
    return import_records(source=SOURCE, records=programmes, on=day)


@pytest.mark.slow
def test_five_changes_of_the_real_file_are_five_kinds_of_differences(real_data):
    programmes = json.loads((real_data / "mte" / "programs.json").read_text())
    first = bring(programmes, DAY)
    assert (len(first.created), first.by_rule, first.to_decide) == (260, [], [])
    assert Counterpart.objects.filter(made_by=None).count() == N_NAMED  # by sheets of ours that name their page
    assert SourceChange.objects.described().waiting().count() == 260 - N_NAMED
    editor = make_editor()
    for key in KEYS:
        make_ours(key, needs={"energie.facture": 1.0})
    assert SourceChange.objects.described().waiting().count() == 255 - N_NAMED
    others = SourceChange.objects.described().waiting()
    assert set_aside(schemes=others, editor=editor, why="À voir plus tard.") == 255 - N_NAMED
    assert not SourceChange.objects.described().waiting().exists()

    changed = {row["id"]: row for row in deepcopy(programmes)}
    changed[DATES]["eligibilityData"]["validity"]["end"] = "30/06/2027"
    changed[CONTACT]["contact question"] = f"{changed[CONTACT]['contact question']}/nouveau"
    changed[CRITERION]["eligibilityData"]["company"]["maxEmployees"] = "9"
    changed[TITLE]["titre"] = f"{changed[TITLE]['titre']} 2027"
    del changed[GONE]
    second = bring(changed.values(), date(2026, 11, 25))
    assert (len(second.created), len(second.updated), len(second.unchanged)) == (0, 4, 255)
    assert second.by_rule == [CONTACT]
    assert second.to_decide == sorted({CRITERION, TITLE, GONE})
    assert read_record(ours(DATES).current)["window"]["closes_on"] == "2027-06-30"  # its dates are in force at once
    pending = {key: {change.label for change in Comparison(counterpart(key)).pending} for key in KEYS}
    assert pending == {
        DATES: set(),
        CONTACT: set(),
        CRITERION: {"Critères d’éligibilité"},
        TITLE: {"Nom"},
        GONE: {"Présence dans la source"},
    }
    assert ours(CONTACT).current.contact_url.endswith("/nouveau")
    waiting = SourceChange.objects.described().waiting()
    assert set(waiting.values_list("source_key", flat=True)) == {CRITERION, TITLE, GONE}

    make_submission(confirmed=True)  # 35 people
    comparison = Comparison(counterpart(CRITERION))
    effect = Trial(on=DAY).effect(comparison.with_taken(comparison.pending), base=comparison.ours)
    assert len(effect.loses) == 1
    for key in (CRITERION, TITLE, GONE):
        accept_all(key)
    assert not SourceChange.objects.described().waiting().exists()
    assert read_record(ours(DATES).current)["window"]["closes_on"] == "2027-06-30"
    assert read_record(ours(GONE).current)["window"]["state"] == "closed"
    third = bring(changed.values(), date(2026, 11, 26))
    assert (len(third.unchanged), third.by_rule, third.to_decide) == (259, [], [])
    assert imported(GONE).current_id
    assert not waiting.exists()
