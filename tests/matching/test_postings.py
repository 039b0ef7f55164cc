"""How close a text comes to each scheme, against the slow and obvious way; and what the index makes of it."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    Answer,
    Closeness,
    Example,
    Index,
    Lexicon,
    NeedReader,
    Postings,
    Profile,
    Rarity,
    Wish,
    kernels,
    rank,
)
from tests.matching import naive_reading
from tests.matching.factories import DAY, WEIGHTS, make_scheme

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

NEAR = 1e-3  # a row holds eight bits of what it brings, and a text of one word is one row

texts = st.lists(st.sampled_from([*WORDS, *ELSEWHERE]), max_size=12)


def closeness(words: Sequence[str], postings: Postings = POSTINGS) -> Closeness:
    return postings.closeness(words)


@given(texts)
def test_the_closeness_of_a_text_is_its_cosine_with_each_subject(words: list[str]) -> None:
    found = closeness(words)
    assert found == pytest.approx(naive_reading.likeness(words, LEXICON), abs=NEAR)
    assert 0.0 <= min(found.values()) <= max(found.values()) <= 1.0


@given(texts)
def test_words_that_are_known_are_added_up_beforehand_and_change_nothing(words: list[str]) -> None:
    without = Postings(Lexicon(LEXICON.subjects, LEXICON.matrix, LEXICON.rarity))
    assert closeness(words) == pytest.approx(closeness(words, without), abs=2 * NEAR)


@pytest.mark.parametrize("words", [example.text.split() for example in EXAMPLES[::8]])
def test_a_text_that_a_subject_was_learnt_from_is_closest_to_it(words: list[str]) -> None:
    found = closeness(words)
    (subject,) = next(example.subjects for example in EXAMPLES if example.text.split() == words)
    assert found[subject] == max(found.values())


LONG = [["robot"] * 3_000, [*WORDS, *ELSEWHERE] * 300, [f"{word}{number}" for word in WORDS for number in range(400)]]
ODD = [
    [],
    ["le"],
    ["le", "un"],
    ["zz"],
    ["robot"],
    WORDS,
    [*WORDS, *ELSEWHERE],
    ["é", "", "le", "été"],
    ["le"] * 70_000,
]


def assert_same(texts: Sequence[Sequence[str]], folder: Path) -> None:
    """Assert that texts come as close to each subject with compiled loops as without, to the last bit."""
    slow = [closeness(words) for words in texts]
    if not kernels.load(str(folder)):
        pytest.skip("numba is not installed")
    try:
        fast = [closeness(words) for words in texts]
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


@pytest.mark.parametrize("words", LONG)
def test_what_is_said_over_and_over_is_still_a_cosine(words: list[str]) -> None:
    assert closeness(words) == pytest.approx(naive_reading.likeness(words, LEXICON), abs=NEAR)


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


def test_the_first_of_those_that_words_are_close_to_are_the_same_by_compiled_loops(tmp_path: object) -> None:
    several = [make_scheme(f"a:{number:02}", kind=f"kind {number % 3}") for number in range(-10, 60)]
    index = Index(several)  # more than texts speak of, and the words of all of them
    firm, wishes = Profile(on=DAY), [Wish(stated=True, closeness=closeness(words), chance=1.0) for words in LONG[1:]]
    wishes += [Wish(stated=True, closeness=closeness([word]), chance=1.0) for word in WORDS]

    def first() -> list[Answer]:
        return [rank(index, firm, wish, WEIGHTS, limit=limit) for wish in wishes for limit in (1, 5)]

    slow = first()
    assert any(answer.matches for answer in slow)
    if not kernels.load(str(tmp_path)):
        pytest.skip("numba is not installed")
    try:
        assert first() == slow
        index.remove("a:02")
        index.add(make_scheme("b:00"))
        fast = first()
    finally:
        kernels.unload()
    assert fast == first() != slow
