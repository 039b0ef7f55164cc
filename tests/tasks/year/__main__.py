"""python -m tests.tasks.year [DAYS]: exit code 0 if everything holds."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

YEAR, LEAST = 365, 7


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/year", description="A year of mornings; kill who does them.")
    parser.add_argument("days", metavar="DAYS", type=int, nargs="?", default=YEAR, help="365 unless told")
    parser.add_argument("--copy", metavar="DATABASE", help="one that is loaded, on that server")
    asked = parser.parse_args()
    if not LEAST <= asked.days <= YEAR:
        parser.error(f"from {LEAST} to {YEAR} days")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Django reads where its database is once, so that nothing of it may be imported earlier.
        from tests.tasks.crash.programs import private_services, scratch_database

        with (
            private_services(folder) as services,
            scratch_database(services["DATABASE_URL"], copied=asked.copy) as database,
        ):
            os.environ.update({**services, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "backend.config.test"})
            import django

            django.setup()
            from django.core.management import call_command
            from django.db import connection

            from tests.tasks.year.run import run_year

            if not asked.copy:
                call_command("migrate", verbosity=0)
                call_command("load_reference", verbosity=0)
            report = run_year(asked.days, folder=folder)
            connection.close()
    sys.stdout.write(f"{report}\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
