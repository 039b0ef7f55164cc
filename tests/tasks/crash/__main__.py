"""python -m tests.tasks.crash [NUMBER]: exit code 0 if everything holds."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "backend.config.test"  # whatever the shell works with

from tests.tasks.crash.report import FULL
from tests.tasks.crash.run import run_crash

LEAST = 500  # fewer would have left before the last kill


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/crash", description="Kill what sends e-mails; count what arrives.")
    parser.add_argument("owed", metavar="NUMBER", type=int, nargs="?", default=5000, help="e-mails: 5000 unless told")
    owed = parser.parse_args().owed
    if owed < LEAST:
        parser.error(f"{owed} e-mails are too few for {FULL.sigkills} kills: ask for {LEAST} or more.")
    with tempfile.TemporaryDirectory() as folder:
        report = run_crash(owed, FULL, folder=Path(folder))
    sys.stdout.write(f"{report}\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
