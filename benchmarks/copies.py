"""Multiply the files of a loaded demonstration, straight in the database.

    . .run/env; PYTHONPATH=. .venv/bin/python -P benchmarks/copies.py 9

Each copy is a file of a firm of its own, with its own address, and with all that hangs on the first one. Only for
a database to be thrown away: keys are moved by millions, and the numbers of copied firms are nobody's.
"""

import sys

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from backend.steering.models import FileFact  # noqa: E402
from backend.steering.need_table import pack_needs  # noqa: E402
from backend.steering.step_counts import add_up  # noqa: E402

STEP = 1_000_000  # between the keys of a file and those of its copy
COPIED = (
    "companies_company", "companies_establishment", "companies_contact", "companies_factsheet", "companies_fact",
    "companies_factsnapshot", "companies_receivedaid", "matchmaking_submission", "matchmaking_need",
    "matchmaking_result", "matchmaking_match", "matchmaking_review", "matchmaking_reviewend", "matchmaking_followup",
    "matchmaking_handover", "matchmaking_note", "matchmaking_schemeevent", "matchmaking_fileevent",
    "matchmaking_needcorrection", "matchmaking_unmetneed", "matchmaking_callrequest", "matchmaking_survey",
    "journal_auditevent", "steering_filefact", "steering_stepfact", "steering_schemefact", "steering_needfact",
    "steering_soleblocker",
)  # fmt: skip
OWN = {  # what two rows may not share, or should not
    "filing_key": "gen_random_uuid()",
    "key": "gen_random_uuid()",
    "siren": "lpad((100 * id + {copy})::text, 9, '0')",
    "siret": "lpad((100 * id + {copy})::text, 14, '0')",
    "email": "'copy{copy}.' || email",
}
# Copies are of other days, and took other delays: figures of ten times the files are not those of one, times ten.
SPREAD = (
    "UPDATE steering_filefact SET filed_on = filed_on - (13 * (submission_id / {step}))::int"
    " WHERE submission_id > {step}",
    "UPDATE steering_stepfact SET working_days = working_days + floor(4 * random())::int"
    " WHERE file_id > {step} AND step IN ('read', 'answered', 'applied', 'granted') AND working_days > 0",
)
LINKS = """
SELECT conrelid::regclass::text, attname, confrelid::regclass::text FROM pg_constraint
JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] WHERE contype = 'f'
"""
COLUMNS = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"


@transaction.atomic
def main(n_copies: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # rules and links hold of the rows copied
        cursor.execute(LINKS)
        moved = {(table, column) for table, column, to in cursor.fetchall() if to in COPIED}
        moved.add(("journal_auditevent", "submission_id"))
        cursor.execute(COLUMNS)
        columns = [pair for pair in cursor.fetchall() if pair[0] in COPIED]
        for table in COPIED:
            names = [column for of, column in columns if of == table]
            for copy in range(1, n_copies + 1):
                values = [value(table, name, copy, moved) for name in names]
                key = next(name for name in ("id", "submission_id", "sheet_id") if name in names)
                cursor.execute(
                    f"INSERT INTO {table} ({', '.join(map(quoted, names))}) OVERRIDING SYSTEM VALUE"
                    f" SELECT {', '.join(values)} FROM {table} WHERE {key} < {STEP}"
                )
            print(table, n_copies * cursor.rowcount, flush=True)
        for statement in SPREAD:
            cursor.execute(statement.format(step=STEP))
    add_up(FileFact.objects.dates("filed_on", "month"))
    pack_needs()


def quoted(name: str) -> str:
    return f'"{name}"'


def value(table: str, name: str, copy: int, moved: set[tuple[str, str]]) -> str:
    if name == "id" or (table, name) in moved:
        return f"{quoted(name)} + {copy * STEP}"
    return OWN.get(name, quoted(name)).format(copy=copy)


if __name__ == "__main__":
    main(int(sys.argv[1]))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
