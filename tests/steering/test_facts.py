"""Facts of steering: what each file's are, that they follow its events, and what erasing leaves of them."""

from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from backend.journal.models import AuditEvent
from backend.journal.services import record_read
from backend.matchmaking.corrections import correct_need
from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import end_review, end_with_nothing, reopen_review
from backend.matchmaking.scheme_events import say, undo_last
from backend.matchmaking.services import correct_submission
from backend.privacy.erasing import erase_submission
from backend.schemes.models import SubNeed
from backend.steering.events import files_touched
from backend.steering.facts import follow_files, rebuild_facts
from backend.steering.models import FileFact, Step, StepFact
from tests.factories import (
    CCLO,
    COMMUNES,
    DAY,
    decide,
    first_matches,
    make_lead,
    make_officer,
    make_submission,
    rewriting,
)
from tests.steering.recount import SEEDS, counted, recount

pytestmark = pytest.mark.django_db


def steps_of(file):
    return dict(StepFact.objects.filter(file=file.pk).values_list("step", "working_days"))


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def granted(officer):
    """A file that went all the way."""
    file = make_submission(confirmed=True)
    scheme = first_matches(file)[0].scheme
    decide(file, scheme, officer)
    end_review(submission=file, officer=officer, on=DAY, message="Bonjour.")
    for step in ("applied", "granted"):
        say(submission=file, officer=officer, state=step, scheme=scheme, on=DAY)
    return file


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_recount_from_events_finds_the_same(seed):
    call_command("load_demo", files=14, seed=seed, processes=1, stdout=StringIO())
    rebuild_facts()
    files, steps = recount()
    assert counted() == (files, steps)
    assert len(files) >= 14
    assert {step for _file, step in steps} >= {"filed", "confirmed", "read", "answered"}
    assert max(days for _day, days in steps.values()) > 0


def test_who_has_an_answer_counts_as_having_asked(officer):
    file = make_submission(confirmed=True)
    scheme = first_matches(file)[0].scheme
    decide(file, scheme, officer)
    say(submission=file, officer=officer, state="granted", scheme=scheme, on=DAY)
    rebuild_facts()
    assert {"applied", "granted"} <= steps_of(file).keys()
    assert "refused" not in steps_of(file)


def test_a_second_rebuild_changes_nothing(granted):
    assert rebuild_facts().n_changed == 1
    again = rebuild_facts()
    assert (again.n_looked_at, again.n_changed) == (1, 0)


def test_a_file_has_a_row_for_each_step_that_it_got_to(granted):
    rebuild_facts()
    fact = FileFact.objects.get(pk=granted.pk)
    assert (fact.commune, fact.size, fact.needs) == ("60159", "10_to_49", ["competences", "numerique"])
    assert set(steps_of(granted)) == {"filed", "confirmed", "read", "answered", "applied", "granted"}


def test_working_days_are_counted_from_the_filing(officer):
    file = make_submission(confirmed=True)
    friday = timezone.make_aware(timezone.datetime(2026, 11, 20, 17))
    Submission.objects.filter(pk=file.pk).update(filed_at=friday, confirmed_at=friday + timedelta(days=3))
    rebuild_facts()
    assert steps_of(file)["confirmed"] == 1


def test_what_is_not_known_is_not_guessed():
    file = make_submission(without=("commune", "headcount", "turnover", "group"))
    rebuild_facts()
    fact = FileFact.objects.get(pk=file.pk)
    assert (fact.epci, fact.commune, fact.size) == (None, "", "")
    assert set(steps_of(file)) == {"filed"}


def test_a_step_that_was_noted_by_mistake_is_not_counted(officer, granted):
    rebuild_facts()
    scheme = granted.scheme_events.get(state="granted").scheme
    undo_last(submission=granted, scheme=scheme, officer=officer, on=DAY)
    assert follow_files(on=DAY).n_changed == 1
    assert "granted" not in steps_of(granted)


def test_an_answer_that_was_undone_before_it_left_is_not_counted(officer, granted):
    file = make_submission(confirmed=True)
    end_with_nothing(submission=file, officer=officer, on=DAY, takes_turn=True)
    follow_files(on=DAY)
    assert {"read", "answered"} <= steps_of(file).keys()
    reopen_review(submission=file, officer=officer)
    follow_files(on=DAY)
    assert steps_of(file).keys() == {"filed", "confirmed", "read"}
    assert "answered" in steps_of(granted)
    assert counted() == recount()


def test_the_territory_lead_who_looks_has_not_read_for_an_answer(officer):
    file = make_submission(confirmed=True)
    record_read(actor=make_lead(), submission_id=file.pk, epci_id=file.epci_id)
    rebuild_facts()
    assert "read" not in steps_of(file)
    record_read(actor=officer, submission_id=file.pk, epci_id=file.epci_id)
    follow_files(on=DAY)
    assert "read" in steps_of(file)


def test_who_read_it_has_read_it_though_the_journal_forgets(officer):
    file = make_submission(confirmed=True)
    record_read(actor=officer, submission_id=file.pk, epci_id=file.epci_id)
    rebuild_facts()
    with rewriting():
        AuditEvent.objects.filter(submission_id=file.pk).delete()
    rebuild_facts()
    assert "read" in steps_of(file)


def test_each_minute_finds_what_the_night_would(officer, granted):
    rebuild_facts()
    long_ago = timezone.now() - timedelta(days=30)
    old = make_submission(confirmed=True)
    Submission.objects.update(filed_at=long_ago, confirmed_at=long_ago, reviewed_at=long_ago)
    rebuild_facts()
    decide(old, first_matches(old)[0].scheme, officer)
    correct_submission(submission=granted, facts={"headcount": 1.0, "commune": COMMUNES[CCLO]}, on=DAY)
    assert follow_files(on=DAY).n_changed == 2
    assert counted() == recount()
    assert rebuild_facts().n_changed == 0


def test_a_corrected_need_is_found_in_the_minute(officer):
    file, other = make_submission(confirmed=True), make_submission(confirmed=True)
    since = timezone.now()
    need = SubNeed.objects.get(pk="cyber.diagnostic")
    correct_need(submission=file, sub_need=need, change="added", officer=officer, on=DAY)
    touched = files_touched(since)
    assert file.pk in touched
    assert other.pk not in touched


# -- erasing


def figures():
    """Return what pages sum: files by intercommunality, size, need and step, with their delays."""
    rows = StepFact.objects.values_list("file__epci", "file__size", "file__needs", "file__filed_on", "step")
    return Counter((*row[:2], *row[2], *row[3:]) for row in rows)


def test_an_erased_file_keeps_its_figures_without_its_commune(granted):
    other = {"siret": "", "siren": "", "email": "autre@autre.example"}
    make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO], "headcount": 300.0}, **other)
    rebuild_facts()
    before = figures()
    erase_submission(submission=granted)
    fact = FileFact.objects.get(pk=granted.pk)
    assert (fact.commune, fact.size) == (FileFact.ERASED, "10_to_49")
    assert figures() == before
    rebuild_facts()
    assert figures() == before
    assert FileFact.objects.get(pk=granted.pk).commune == FileFact.ERASED
    assert FileFact.objects.exclude(pk=granted.pk).get().commune == COMMUNES[CCLO]


def test_a_file_erased_before_it_was_counted_is_counted_all_the_same(granted):
    erase_submission(submission=granted)
    assert FileFact.objects.get().size == "10_to_49"
    assert Step.GRANTED in steps_of(granted)
    assert StepFact.objects.filter(file__epci__short_name="ARC", step="answered").count() == 1


def test_the_command_counts_all_files(granted):
    told = StringIO()
    call_command("run_job", "steering.rebuild", stdout=told)
    assert told.getvalue() == "steering.rebuild : 1 regardée, 3 changées.\n"  # the file, and its two needs
