"""Rows that record what was true or decided are never rewritten or deleted; the database itself refuses.

One way passes: the function ``erase_rows`` of ``backend/privacy``, which belongs to the owner of the database. While
it runs it holds a permit for its transaction, in a table that only the owner can write: nobody who merely serves
pages can forge one, as they could a setting of the session.
"""

from django.db.migrations.operations.special import RunSQL

# Row security without a policy keeps everybody but the owner out, whatever is granted, and survives a restore.
_FUNCTION = """
CREATE TABLE IF NOT EXISTS append_only_permit (xid xid8 PRIMARY KEY);
ALTER TABLE append_only_permit ENABLE ROW LEVEL SECURITY;
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM append_only_permit WHERE xid = pg_current_xact_id()) THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'Rows of % are never rewritten or deleted; add another one.', TG_TABLE_NAME
    USING ERRCODE = 'check_violation';
END $$;
"""


def append_only(table: str, *columns: str) -> RunSQL:
    """Return a migration operation after which the rows of a table can only be added.

    With columns, only those are kept from being written again; no row can be deleted all the same.
    """
    of = f"OF {', '.join(columns)} " if columns else ""
    return RunSQL(
        sql=f"{_FUNCTION} CREATE TRIGGER {table}_append_only BEFORE UPDATE {of}OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change();",
        reverse_sql=f"DROP TRIGGER {table}_append_only ON {table};",
    )
