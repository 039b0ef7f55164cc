import subprocess
import sys

from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.utils import murmurhash3_32

from matching.murmurhash import murmurhash3


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("")
@example("é")
@example("#<tour")
@example("bâtiment industriel à Noyon")
def test_a_text_has_the_hash_that_scikit_learn_gives(text: str) -> None:
    assert murmurhash3(text) == murmurhash3_32(text)


def test_reading_the_terms_of_a_text_loads_no_library_that_learns() -> None:
    code = (
        "import sys; from matching.terms import terms_of_all; assert len(terms_of_all([['tour', 'cnc']]).places) > 2; "
        "assert not {'sklearn', 'scipy.stats'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
