"""The reader of needs says what the slow and obvious way says, of what bosses wrote."""

import os

import numpy as np
import pytest
from scipy.sparse import csr_array, hstack

import matching
from backend.matchmaking import engine
from backend.matchmaking.engine.needs import _spoken, lexicon_of
from backend.matchmaking.evaluation.judgements import load_requests
from matching.postings import MANY
from tests.matching import naive_reading

pytestmark = pytest.mark.django_db
EVERY = 1 if os.environ.get("JONCTION_LONG") else 6


def test_each_judged_request_is_read_as_the_naive_way_reads_it():
    lexicon, written = lexicon_of(engine.language_in_force()), _spoken()
    spoken = naive_reading.spoken_of(written["negations"], written["verb_negations"], written["joints"])
    reader = engine.need_reader()
    for text in [request.text for request in load_requests()][::EVERY]:
        wish, expected = reader.read(text), naive_reading.read(text, lexicon, spoken)
        assert wish.weights == pytest.approx(expected.weights, rel=1e-4), text
        assert wish.evidence == expected.evidence, text
        assert wish.likeness == pytest.approx(expected.likeness, rel=1e-4), text
        assert wish.nothing == pytest.approx(expected.nothing, rel=1e-4), text


def test_each_judged_request_comes_as_close_to_each_scheme_as_the_lexicon_says():
    catalogue = engine.catalogue()
    small = catalogue.lexicon(engine.language_in_force())
    copies = -(-MANY // len(small.subjects))
    large = matching.Lexicon(
        [f"{subject}/{copy}" for copy in range(copies) for subject in small.subjects],
        csr_array(hstack([small.matrix] * copies)), small.rarity, small.words,
    )  # fmt: skip
    texts = [request.text for request in load_requests()]
    exact = (small.rarity.matrix([matching.tokens(text) for text in texts]) @ small.matrix).toarray()
    for postings, lexicon, near in ((catalogue.postings(), small, 1e-4), (matching.Postings(large), large, 5e-4)):
        columns = [postings.columns[subject] for subject in lexicon.subjects[: len(small.subjects)]]
        found = np.array([postings.closeness(text).cosines[columns] for text in texts])
        assert np.abs(found - exact).max() < near
