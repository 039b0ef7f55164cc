"""The reader of needs says what the slow and obvious way says, of what bosses wrote."""

import os

import pytest

from backend.matchmaking import engine
from backend.matchmaking.engine.needs import _spoken, lexicon_of, reader_of
from backend.matchmaking.evaluation.judgements import load_requests
from tests.matching import naive_reading
from tests.matching.naive_sayings import Naive

pytestmark = pytest.mark.django_db
EVERY = 1 if os.environ.get("JONCTION_LONG") else 6


def test_each_judged_request_is_read_as_the_naive_way_reads_it():
    lexicon, written = lexicon_of(engine.language_in_force()), _spoken()
    spoken = naive_reading.spoken_of(written["negations"], written["verb_negations"], written["joints"])
    reader = reader_of(engine.language_in_force())
    for text in [request.text for request in load_requests()][::EVERY]:
        wish, expected = reader.read(text), naive_reading.read(text, lexicon, spoken)
        assert wish.weights == pytest.approx(expected.weights, rel=1e-4), text
        assert wish.evidence == expected.evidence, text
        assert wish.likeness == pytest.approx(expected.likeness, rel=1e-4), text
        assert wish.nothing == pytest.approx(expected.nothing, rel=1e-4), text


def test_each_judged_request_comes_as_close_to_each_scheme_as_the_naive_way_says():
    catalogue, rarity = engine.catalogue(), lexicon_of(engine.language_in_force()).rarity
    naive, postings = Naive([*catalogue.examples()], rarity), catalogue.postings()
    for text in [request.text for request in load_requests()][::EVERY]:
        assert postings.closeness(text) == pytest.approx(naive.closeness(text), abs=2e-3), text
