"""Rows that record what was true or decided are never rewritten; the database itself refuses."""

from django.db.migrations.operations.special import RunSQL

_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Rows of % are never rewritten; add another one.', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
"""


def append_only(table: str, *columns: str) -> RunSQL:
    """Return a migration operation after which the rows of a table can be added or erased, never changed.

    With columns, only those are kept from being written again.
    """
    of = f"OF {', '.join(columns)} " if columns else ""
    return RunSQL(
        sql=f"{_FUNCTION} CREATE TRIGGER {table}_append_only BEFORE UPDATE {of}ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_update();",
        reverse_sql=f"DROP TRIGGER {table}_append_only ON {table};",
    )
