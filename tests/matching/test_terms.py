import subprocess
import sys

from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import HashingVectorizer

from matching.terms import N_PLACES, terms_of, terms_of_all
from matching.text import tokens


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("")
@example("é")
@example("bâtiment industriel à Noyon")
def test_a_term_has_the_place_that_scikit_learn_gives(text: str) -> None:
    vectorizer = HashingVectorizer(analyzer=terms_of, n_features=N_PLACES, alternate_sign=False, norm=None)
    counted = vectorizer.transform([text])
    found = terms_of_all([tokens(text)])
    assert sorted(found.places.tolist()) == [
        place for place, times in sorted(zip(counted.indices, counted.data, strict=True)) for _ in range(int(times))
    ]


def test_reading_the_terms_of_a_text_loads_no_library_that_learns() -> None:
    code = (
        "import sys; from matching.terms import terms_of_all; assert len(terms_of_all([['tour', 'cnc']]).places) > 2; "
        "assert not {'sklearn', 'scipy.stats'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
