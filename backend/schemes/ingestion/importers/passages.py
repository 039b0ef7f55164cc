"""Passages on eligibility of sites that state no condition as data: by the reviewed table, else left to a person."""

from collections.abc import Iterable

from backend.schemes.ingestion.importers.conditions import OTHERS, Conditions, SentenceReader
from backend.schemes.ingestion.importers.legal import Stated
from backend.schemes.ingestion.importers.people import blocks
from backend.schemes.ingestion.importers.places import Places
from backend.schemes.ingestion.importers.sentences import SENTENCES, load_table


class PassageReader:
    """Reads the passages of one record at a time; ``prefix`` names the conditions that are left to people."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.table = load_table(SENTENCES)
        self.places = Places.load(self.table.words["places"])

    def read(self, key: str, texts: Iterable[str]) -> Conditions:
        """Return what some texts ask."""
        found = Conditions()
        reader = SentenceReader(key, Stated(), self.places, self.table, found, self.prefix)
        for text in texts:
            for passage in blocks(text):
                reader.read(passage, heading=OTHERS)
        return found
