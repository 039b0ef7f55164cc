"""Several sums of the same rows in one query: what Django does not write, around what it does."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet


def read_sums(query: str, rows: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """Run a query of ours, in which ``{rows}`` stands for the rows that a queryset of tuples gives."""
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(query.format(rows=sql), parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
