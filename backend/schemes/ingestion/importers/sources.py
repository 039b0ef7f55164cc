"""Whose records we read: the name of each source, how its file is opened and who reads it.

A file format has a source name of its own: two formats of one site are two sources.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from backend.schemes.ingestion.importers import (
    aides_entreprises,
    aides_territoires,
    feeds,
    mission_transition,
    national_schema,
    plain_tables,
    transition_ecologique,
    transition_ecologique_csv,
)
from backend.schemes.ingestion.importers.envelopes import records_under
from backend.schemes.ingestion.importers.reading import Reader
from backend.schemes.ingestion.importers.sidecar import Sidecar
from backend.schemes.ingestion.importers.tables import open_csv


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How the file of a source is read.

    ``open`` gives its records one at a time and raises ``ImportFileError`` where the file is not whole; a record that
    cannot be opened is given as the ``RowError`` that says why, and what is to be told of the file as a ``Notice``.
    """

    open: Callable[[Path], Iterator[Any]]
    reader: Callable[[], Reader]
    with_sidecar: Callable[[Sidecar], Reader] | None = None  # where a second file may say what this one cannot


def _open_workbook(path: Path) -> Iterator[Any]:
    from backend.schemes.ingestion.importers.workbooks import open_workbook  # no other source waits for its library

    return open_workbook(path, plain_tables.table())


SOURCES: Mapping[str, FileFormat] = {
    transition_ecologique.SOURCE: FileFormat(open=records_under(), reader=transition_ecologique.Reader),
    national_schema.SOURCE: FileFormat(
        open=partial(open_csv, expected=national_schema.TABLE),
        reader=national_schema.Reader,
        with_sidecar=national_schema.Reader,
    ),
    transition_ecologique_csv.SOURCE: FileFormat(
        open=partial(open_csv, expected=national_schema.TABLE), reader=transition_ecologique_csv.Reader
    ),
    "csv": FileFormat(open=lambda path: open_csv(path, plain_tables.table()), reader=plain_tables.Reader),
    "xlsx": FileFormat(open=_open_workbook, reader=plain_tables.Reader),
    aides_territoires.SOURCE: FileFormat(open=records_under("results", alone="name"), reader=aides_territoires.Reader),
    mission_transition.SOURCE: FileFormat(
        open=records_under("results", alone="sourceId"), reader=mission_transition.Reader
    ),
    aides_entreprises.SOURCE: FileFormat(
        open=records_under("data", "aides", alone="id_aid"), reader=aides_entreprises.Reader
    ),
    **{name: FileFormat(open=feeds.open_feed(name), reader=partial(feeds.Reader, name)) for name in feeds.FEEDS},
}
