"""The published catalogue as files: the national schema in CSV or as a workbook, and its sidecar in JSON."""

import csv
from collections.abc import Iterable
from typing import IO, Any

from backend.common.spreadsheets import escape_cell
from backend.schemes.catalogue.national.entries import VERSION
from backend.schemes.catalogue.national.published import Published
from backend.schemes.catalogue.national.rows import COLUMNS, Row
from backend.schemes.open_data.licence import LICENCE, LICENCE_URL

SCHEMA = "https://github.com/etalab/schema-dispositif-aide/raw/v0.2.0/build/dispositif-aide-professionnels/schema.json"


def write_csv(rows: Iterable[Row], file: IO[str]) -> None:
    """Write rows as the schema's own example is written: commas, UTF-8; no cell is a formula."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([escape_cell(row[name]) for name in COLUMNS] for row in rows)


def sidecar_of(published: Published) -> dict[str, Any]:
    """Return what the rows cannot say, as ``docs/catalogue-sidecar.schema.json`` describes it."""
    return {
        "version": VERSION,
        "licence": LICENCE,
        "licence_url": LICENCE_URL,
        "schema": SCHEMA,
        "on": published.on.isoformat(),
        "count": len(published.entries),
        "schemes": published.entries,
    }
