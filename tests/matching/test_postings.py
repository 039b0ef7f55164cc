"""How close a text comes to each scheme, against the slow and obvious way; and what the index makes of it."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import Closeness, Example, Index, Lexicon, NeedReader, Postings, Rarity, kernels
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

texts = st.lists(st.sampled_from([*WORDS, *ELSEWHERE]), max_size=12)


def closeness(words: Sequence[str], postings: Postings = POSTINGS) -> Closeness:
    return postings.closeness(words, LEXICON.rarity.read([words, ["robot"]]))


@given(texts)
def test_the_closeness_of_a_text_is_its_cosine_with_each_subject(words: list[str]) -> None:
    found = closeness(words)
    assert found == pytest.approx(naive_reading.likeness(words, LEXICON), abs=4e-3)
    assert 0.0 <= min(found.values()) <= max(found.values()) <= 1.0


@given(texts)
def test_words_that_are_known_are_added_up_beforehand_and_change_nothing(words: list[str]) -> None:
    without = Postings(Lexicon(LEXICON.subjects, LEXICON.matrix, LEXICON.rarity))
    assert closeness(words) == pytest.approx(closeness(words, without), abs=8e-3)


@pytest.mark.parametrize("words", [example.text.split() for example in EXAMPLES[::8]])
def test_a_text_that_a_subject_was_learnt_from_is_closest_to_it(words: list[str]) -> None:
    found = closeness(words)
    (subject,) = next(example.subjects for example in EXAMPLES if example.text.split() == words)
    assert found[subject] == max(found.values())


LONG = [["robot"] * 3_000, [*WORDS, *ELSEWHERE] * 300, [f"{word}{number}" for word in WORDS for number in range(400)]]


@pytest.mark.parametrize("words", [[], ["le"], ["zz"], ["robot"], WORDS, [*WORDS, *ELSEWHERE], *LONG])
def test_compiled_loops_add_up_to_the_same_bits(words: list[str], tmp_path: object) -> None:
    slow = closeness(words).cosines.tolist()
    if not kernels.load(str(tmp_path)):
        pytest.skip("numba is not installed")
    try:
        assert closeness(words).cosines.tolist() == slow
    finally:
        kernels.unload()


@pytest.mark.parametrize("words", LONG)
def test_what_is_said_over_and_over_is_still_a_cosine(words: list[str]) -> None:
    assert closeness(words) == pytest.approx(naive_reading.likeness(words, LEXICON), abs=8e-3)


def test_nothing_is_close_to_a_text_without_words() -> None:
    assert set(closeness([]).values()) == {0.0}
    assert NeedReader(LEXICON).read("…", postings=POSTINGS).closeness == {}


def test_a_reader_tells_how_close_the_words_that_no_negation_covers_come_to_each_scheme() -> None:
    reader = NeedReader(LEXICON, negations=["sans"])
    wish = reader.read("Un robot, et sans brevet", postings=POSTINGS)
    words = ["un", "robot", "et", "sans"]
    assert reader.asserted("Un robot, et sans brevet")[1] == words
    assert wish.closeness == closeness(words)
    assert reader.read("Un robot").closeness == {}


def test_an_index_knows_the_likeness_of_its_schemes_whatever_comes_and_goes() -> None:
    index = Index(make_scheme(f"a:{number:02}") for number in range(30, 50))  # some are in one only, some in both
    for edit in (None, "a:31", "a:39", "b:00"):
        if edit in index.positions:
            index.remove(edit)
        elif edit:
            index.add(make_scheme(edit))
        for words in (WORDS, ["toit"]):
            found = closeness(words)
            likeness = index.likeness(found)
            assert {key: likeness[at] for key, at in index.positions.items()} == {
                key: found.get(key, 0.0) for key in index.positions
            }
            assert index.likeness(dict(found)).tolist() == likeness.tolist()
