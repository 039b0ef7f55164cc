import os
import subprocess
import sys

import pytest

from backend.common.days import add_working_days, is_working_day
from tests.conftest import ROOT
from tests.tasks.year import plan
from tests.tasks.year.run import Report

LAST = plan.FIRST.replace(month=3)


@pytest.mark.slow
@pytest.mark.parametrize("n_weeks", [1, 3])
def test_each_reminder_is_told_once_on_its_morning_though_the_worker_is_killed_each_week(loaded_database, n_weeks):
    """Short form of ``scripts/year``; in a process of its own, since Django reads once where its database is."""
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.tasks.year", str(7 * n_weeks), "--copy", loaded_database],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("holds\n")
    assert done.stdout.count("worker killed 1 times") == n_weeks


def test_the_plan_counts_the_days_of_work_that_the_service_counts():
    days = list(plan.days(plan.LAST))
    assert [plan.is_working(day) for day in days] == list(map(is_working_day, days))
    assert all(plan.working(day, n) == add_working_days(day, n) for day in days for n in (-1, 1, 45))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda on, who: [], "[] was told"),
        (lambda on, who: [(on, who), (on, who)], "was told"),
        (lambda on, who: [(plan.working(on, 1), who)], "was told"),
        (lambda on, who: [(on, "far")], "was told"),
    ],
    ids=["lost", "twice", "another morning", "somebody else"],
)
def test_a_report_says_what_was_not_told_as_planned(change, sentence):
    report = Report(LAST, plan.reminders(LAST))
    report.told = {key: [(on, who) for who in sorted(people)] for key, (on, people) in report.expected.items()}
    report.judge()
    assert not report.faults
    key, ((on, who), *_others) = next((key, row) for key, row in report.told.items() if len(row) == 1)
    report.told[key] = change(on, who)
    report.judge()
    [fault] = report.faults
    assert str(key) in fault
    assert sentence in fault
    assert str(report).endswith("DOES NOT HOLD")
