"""Turns that are taken without a row to lock: PostgreSQL's advisory locks, held until the transaction ends."""

from django.db import connection


def wait_for_turn(what: str, of: str = "") -> None:
    """Let nobody else do the same until the end of the transaction, of one thing or of all: ``"import", "our site"``.

    Call it before any row is locked, or two may wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", [what, of])
