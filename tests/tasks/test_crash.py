from tests.tasks.crash import run_crash


def test_nothing_is_lost_when_workers_are_killed_and_redis_is_emptied(tmp_path):
    report = run_crash(200, folder=tmp_path)
    assert not report.faults, report
