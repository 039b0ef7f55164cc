"""How close a text comes to each scheme, against the slow and obvious way; and what the index makes of it."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import Example, Index, Lexicon, NeedReader, Postings, Rarity, kernels
from matching.postings import MANY
from tests.matching import naive_reading
from tests.matching.factories import make_scheme

STOP_WORDS = frozenset({"le", "un"})
WORDS = [
    "soud", "soudag", "soudeur", "robot", "robotis", "recrut", "factur", "electr", "pret", "banqu", "embauch", "form",
    "ici", "le", "un", "toit", "amiant", "export", "salon", "brevet", "incub", "reprend",
]  # fmt: skip
ELSEWHERE = [
    "chaudron",
    "soudur",
    "electricit",
    "zz",
]  # nothing was learnt from them, but from pieces of them
draw = Random(5)  # noqa: S311
EXAMPLES = [
    Example(" ".join(draw.sample(WORDS, draw.randint(1, 6))), {f"a:{number:02}": 1.0})
    for number in range(40)
    for _ in range(2)
]
LEXICON = Lexicon.learn(EXAMPLES, Rarity.learn((example.text for example in EXAMPLES), STOP_WORDS))
POSTINGS = Postings(LEXICON)
LARGE = Lexicon.learn(
    (Example(" ".join(draw.choices(WORDS, k=9)), {f"b:{number}": 1.0}) for number in range(MANY)), LEXICON.rarity
)
BOTH = [(LEXICON, POSTINGS, 2e-4), (LARGE, Postings(LARGE), 1e-3)]  # with how near they come to the lexicon

texts = st.lists(st.sampled_from([*WORDS, *ELSEWHERE]), max_size=12)
either = pytest.mark.parametrize(("lexicon", "postings", "near"), BOTH, ids=["two bytes", "one byte"])


@either
@given(words=texts)
def test_the_closeness_of_a_text_is_its_cosine_with_each_subject(
    words: list[str], lexicon: Lexicon, postings: Postings, near: float
) -> None:
    found = postings.closeness(words)
    assert found == pytest.approx(naive_reading.likeness(words, lexicon), abs=near)
    assert 0.0 <= min(found.values()) <= max(found.values()) <= 1.0


@either
@given(words=texts)
def test_words_that_are_known_are_added_up_beforehand_and_change_nothing(
    words: list[str], lexicon: Lexicon, postings: Postings, near: float
) -> None:
    without = Postings(Lexicon(lexicon.subjects, lexicon.matrix, lexicon.rarity))
    assert postings.closeness(words).cosines == pytest.approx(without.closeness(words).cosines, abs=2 * near)


@pytest.mark.parametrize("words", [example.text.split() for example in EXAMPLES[::8]])
def test_a_text_that_a_subject_was_learnt_from_is_closest_to_it(words: list[str]) -> None:
    found = POSTINGS.closeness(words)
    (subject,) = next(example.subjects for example in EXAMPLES if example.text.split() == words)
    assert found[subject] == max(found.values())


LONG = [["robot"] * 3_000, [*WORDS, *ELSEWHERE] * 300, [f"{word}{number}" for word in WORDS for number in range(400)]]
ODD = [[], ["le"], ["le", "un"], ["zz"], ["robot"], WORDS, [*WORDS, *ELSEWHERE], ["é", "", "été"], ["le"] * 70_000]


def assert_same(texts: Sequence[Sequence[str]], folder: Path) -> None:
    """Assert that texts come as close to each subject with compiled loops as without, to the last bit."""
    slow = [postings.closeness(words) for _, postings, _ in BOTH for words in texts]
    if not kernels.load(str(folder)):
        pytest.skip("numba is not installed")
    try:
        fast = [postings.closeness(words) for _, postings, _ in BOTH for words in texts]
    finally:
        kernels.unload()
    assert [found.sums.tolist() for found in fast] == [found.sums.tolist() for found in slow]
    assert [found.scale for found in fast] == [found.scale for found in slow]


@pytest.mark.parametrize("words", [*ODD, *LONG])
def test_compiled_loops_add_up_to_the_same_bits(words: list[str], tmp_path: Path) -> None:
    assert_same([words], tmp_path)


def test_compiled_loops_add_up_any_text_to_the_same_bits(tmp_path: Path) -> None:
    draw = Random(7)  # noqa: S311
    assert_same([draw.choices([*WORDS, *ELSEWHERE], k=draw.randint(0, 40)) for _ in range(300)], tmp_path)


def test_compiled_loops_read_more_words_than_are_kept(tmp_path: Path) -> None:
    assert_same([[f"{word}{text}{number}" for word in WORDS for number in range(900)] for text in "abc"] * 2, tmp_path)


@either
def test_a_text_of_which_the_sums_are_too_great_for_32_bits_is_as_close(
    lexicon: Lexicon, postings: Postings, near: float, tmp_path: Path
) -> None:
    words = LONG[2] * 10
    assert_same([words], tmp_path)
    exact = (lexicon.rarity.matrix([words]) @ lexicon.matrix).toarray()[0]
    assert postings.closeness(words).cosines == pytest.approx(exact, abs=near)
    once = postings.closeness(LONG[2]).scale
    assert postings.closeness(words).scale > once / 2  # ten times the words are 2.5 times as long


@either
@pytest.mark.parametrize("words", LONG)
def test_what_is_said_over_and_over_is_still_a_cosine(
    words: list[str], lexicon: Lexicon, postings: Postings, near: float
) -> None:
    assert postings.closeness(words) == pytest.approx(naive_reading.likeness(words, lexicon), abs=near)


def test_nothing_is_close_to_a_text_without_words() -> None:
    assert set(POSTINGS.closeness([]).values()) == {0.0}
    assert NeedReader(LEXICON).read("…", postings=POSTINGS).closeness == {}


def test_a_reader_tells_how_close_the_words_that_no_negation_covers_come_to_each_scheme() -> None:
    reader = NeedReader(LEXICON, negations=["sans"])
    wish = reader.read("Un robot, et sans brevet", postings=POSTINGS)
    words = ["un", "robot", "et", "sans"]
    assert reader.asserted("Un robot, et sans brevet")[1] == words
    assert wish.closeness == POSTINGS.closeness(words)
    assert reader.read("Un robot").closeness == {}


def test_an_index_knows_the_likeness_of_its_schemes_whatever_comes_and_goes() -> None:
    index = Index(make_scheme(f"a:{number:02}") for number in range(30, 50))  # some are in one only, some in both
    for edit in (None, "a:31", "a:39", "b:00"):
        if edit in index.positions:
            index.remove(edit)
        elif edit:
            index.add(make_scheme(edit))
        for words in (WORDS, ["toit"]):
            found = POSTINGS.closeness(words)
            expected = [found.get(index.schemes[at].key, 0.0) if at in index.schemes else 0.0 for at in range(20)]
            likeness = index.likeness(found)
            assert [likeness[at] if at in index.schemes else 0.0 for at in range(20)] == expected
            assert index.likeness(dict(found)).tolist() == likeness.tolist()
