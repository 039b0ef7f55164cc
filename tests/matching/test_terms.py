import subprocess
import sys

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer

from matching.terms import MANY, N_PLACES, Floats, StemRows, added, places_of_stem, summed, terms_of, terms_of_all
from matching.text import tokens


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("")
@example("é")
@example("bâtiment industriel à Noyon")
def test_a_term_has_the_place_that_scikit_learn_gives(text: str) -> None:
    vectorizer = HashingVectorizer(analyzer=terms_of, n_features=N_PLACES, alternate_sign=False, norm=None)
    counted = vectorizer.transform([text])
    _, places = terms_of_all([tokens(text)]).occurrences()
    assert sorted(places.tolist()) == [
        place for place, times in sorted(zip(counted.indices, counted.data, strict=True)) for _ in range(int(times))
    ]


def test_reading_the_terms_of_a_text_loads_no_library_that_learns() -> None:
    code = (
        "import sys; from matching.terms import terms_of_all; assert len(terms_of_all([['tour', 'cnc']]).places) > 2; "
        "assert not {'sklearn', 'scipy.stats'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@given(st.lists(st.integers(0, 5), max_size=3 * MANY), st.integers(0, 2**32 - 1), st.booleans())
def test_many_sums_are_those_of_few_to_the_last_bit(sizes: list[int], seed: int, is_chosen: bool) -> None:
    draw, n = np.random.default_rng(seed), sum(sizes)
    rows = draw.normal(size=(n + 1, 3))
    chosen = draw.integers(0, n + 1, n) if is_chosen else None
    found = added(rows if is_chosen else rows[:n], np.array(sizes, np.intp), chosen)
    owners = np.arange(len(sizes)).repeat(sizes)
    assert found.tolist() == summed(owners, rows[:n] if chosen is None else rows[chosen], len(sizes)).tolist()


@given(st.lists(st.lists(st.sampled_from(["soudeur", "isoler", "chaudiere", "cariste", "a", ""]))))
def test_a_stem_that_is_kept_says_what_one_that_is_read_does(texts: list[list[str]]) -> None:
    said = np.random.default_rng(0).normal(size=(N_PLACES, 2))
    read: list[int] = []

    def spread(places: NDArray[np.int32], factors: Floats, sizes: NDArray[np.intp]) -> Floats:
        read.append(len(sizes))
        return added(said[places] * factors[:, np.newaxis], sizes)

    kept = StemRows(spread, 2, n_kept=3)
    for stems in texts:
        expected = [added(said[places_of_stem(stem)], np.array([len(places_of_stem(stem))]))[0] for stem in stems]
        assert kept.of(stems).tolist() == np.array(expected).reshape(-1, 2).tolist()
        n_read = len(read)
        if len(set(stems)) <= 3:
            kept.of(stems)
            assert len(read) == n_read, "a stem that has just been read is not read again"
