"""python -m tests.tasks.rematch [FIRMS [SUBSCRIBERS]]: exit code 0 if everything holds."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

LEAST = 100  # firms: fewer would be taken in before the last kill


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/rematch", description="Publish a scheme; kill who takes it in.")
    parser.add_argument("firms", metavar="FIRMS", type=int, nargs="?", default=1_000_000, help="1000000 unless told")
    parser.add_argument(
        "subscribers", metavar="SUBSCRIBERS", type=int, nargs="?", default=1_000, help="1000 unless told"
    )
    parser.add_argument("--wide", action="store_true", help="a scheme that moves a third of the firms")
    parser.add_argument("--copy", metavar="DATABASE", help="one that is loaded, on that server")
    asked = parser.parse_args()
    if not LEAST <= asked.subscribers * 10 <= asked.firms * 10:
        parser.error(f"at least {LEAST // 10} subscribers, and no more than firms")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Django reads where its database is once, so that nothing of it may be imported earlier.
        from tests.tasks.crash.programs import private_services, scratch_database

        with (
            private_services(folder) as services,
            scratch_database(services["DATABASE_URL"], copied=asked.copy) as database,
        ):
            os.environ.update(
                {
                    **services,
                    "DATABASE_URL": database,
                    "DJANGO_SETTINGS_MODULE": "backend.config.settings",
                    "JONCTION_DEMO": "1",
                    "JONCTION_SECRET_KEY": "rematch-only-" + "0" * 40,
                }
            )
            import django

            django.setup()
            from django.db import connection

            from tests.tasks.rematch import scheme
            from tests.tasks.rematch.run import run_rematch

            report = run_rematch(
                asked.firms,
                asked.subscribers,
                target=scheme.WIDE if asked.wide else scheme.NARROW,
                folder=folder,
                is_loaded=bool(asked.copy),
            )
            connection.close()
    sys.stdout.write(f"{report}\n")
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
