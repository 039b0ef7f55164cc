import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(
    ("firms", "subscribers", "shard"),
    [("1000", "50", "50"), ("4000", "200", "200")],
)
def test_whom_a_scheme_moves_is_kept_once_when_workers_are_killed(loaded_database, firms, subscribers, shard):
    """Short form of ``scripts/rematch``; in a process of its own, since Django reads once where its database is."""
    environment = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.tasks.rematch", firms, subscribers, "--copy", loaded_database],
        cwd=ROOT,
        env={**environment, "JONCTION_SHARD_FILES": shard},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "holds" in done.stdout
