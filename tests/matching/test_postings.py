"""How close a text comes to each scheme, against the slow and obvious way; and what the index makes of it."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    Answer,
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
from tests.matching.factories import DAY, WEIGHTS, make_scheme
from tests.matching.naive_sayings import Naive

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
ROLL = "ron" * 200  # a word of a few pieces, over and over
draw = Random(5)  # noqa: S311
EXAMPLES = [
    *(
        Example(" ".join(draw.choices(WORDS, k=draw.randint(1, 9))), {f"a:{number:02}": 1.0}, share)
        for number in range(40)
        for share in (1.0, 2.0)
    ),
    Example("un robot, le robot", {"a:38": 0.25, "a:40": 1.0}),
    Example("le un", {"a:41": 1.0}),  # it says nothing
    Example(f"{ROLL} du robot", {"a:42": 1.0}),
]
RARITY = Rarity.learn((example.text for example in EXAMPLES), STOP_WORDS)
POSTINGS = Postings.learn(EXAMPLES, RARITY)
LEXICON = Lexicon.learn(EXAMPLES, RARITY)
N_LONG = 66_000
LONG_LIST = Example(" ".join(f"{number}" for number in range(N_LONG)), {"b:list": 1.0})
WIDE = Postings.learn([*EXAMPLES, LONG_LIST], RARITY)
BOTH = [(Naive(EXAMPLES, RARITY), POSTINGS), (Naive([*EXAMPLES, LONG_LIST], RARITY), WIDE)]
NEAR = 3e-3  # to a cosine

texts = st.lists(st.sampled_from([*WORDS, *ELSEWHERE, "65999"]), max_size=12).map(" ".join)
either = pytest.mark.parametrize(("naive", "postings"), BOTH, ids=["two bytes", "four bytes"])


@either
@given(text=texts)
def test_the_closeness_of_a_text_is_its_cosine_with_each_subject(text: str, naive: Naive, postings: Postings) -> None:
    found = postings.closeness(text)
    assert found == pytest.approx(naive.closeness(text), abs=NEAR)
    assert [*found] == naive.subjects
    assert 0.0 <= min(found.values()) <= max(found.values()) <= 1.0


@pytest.mark.parametrize("text", [example.text for example in EXAMPLES[::8] if len({*example.text.split()}) > 1])
def test_a_text_is_closest_to_the_subject_that_was_learnt_from_it(text: str) -> None:
    several = [Example(text, {"a:it": 1.0}), *EXAMPLES]
    found = Postings.learn(several, RARITY).closeness(text)
    assert found["a:it"] == max(found.values()) > 0.95  # and not 1 where it says a word twice: subjects are damped


MANY_WORDS = " ".join(f"{word}{number}" for word in WORDS for number in range(400))
LONG = ["robot " * 3_000, ROLL * 900, " ".join([*WORDS, *ELSEWHERE] * 300), MANY_WORDS]
ODD = [
    "", " \t\r\n\x0b\x0c ", "le", "le un", "zz", "robot", " ".join(WORDS), " ".join([*WORDS, *ELSEWHERE]),
    "le " * 70_000, "robot\xa0robot\u2003toit\x1cprêt\u2028salon\x85brevet", "L’été, ½ toit;export/salon…",
    "\ud800 robot\ud800", "a\x00b\x00",
]  # fmt: skip


def assert_same(texts: Sequence[str], folder: Path, hidden: Collection[int] = ()) -> None:
    """Assert that texts come as close to each subject with compiled loops as without, to the last bit."""

    def come_close() -> list[list[float]]:
        return [postings.closeness(text, hidden).cosines.tolist() for _, postings in BOTH for text in texts]

    slow = come_close()
    if not kernels.load(str(folder)):
        pytest.skip("numba is not installed")
    try:
        assert come_close() == slow
    finally:
        kernels.unload()


@pytest.mark.parametrize("text", [*ODD, *LONG], ids=range(len(ODD) + len(LONG)))
@pytest.mark.parametrize("hidden", [(), {0, 2, 3, 90_000}], ids=["all words", "some are hidden"])
def test_compiled_loops_add_up_to_the_same_bits(text: str, hidden: Collection[int], tmp_path: Path) -> None:
    assert_same([text], tmp_path, hidden)


def test_compiled_loops_add_up_any_text_to_the_same_bits(tmp_path: Path) -> None:
    draw = Random(7)  # noqa: S311
    assert_same([" ".join(draw.choices([*WORDS, *ELSEWHERE], k=draw.randint(0, 40))) for _ in range(300)], tmp_path)


def test_compiled_loops_read_more_words_than_are_kept(tmp_path: Path) -> None:
    many = [" ".join(f"{word}{text}{number}" for word in WORDS for number in range(1_200)) for text in "abc"]
    assert_same([*many, many[0]], tmp_path)


def test_threads_that_read_new_words_at_once_are_told_the_same(tmp_path: Path) -> None:
    texts, postings = (
        [" ".join(f"{word}{number}" for word in WORDS) for number in range(200)],
        Postings.learn(EXAMPLES, RARITY),
    )

    def come_close(text: str) -> list[float]:
        return postings.closeness(text).cosines.tolist()

    if not kernels.load(str(tmp_path)):
        pytest.skip("numba is not installed")
    try:
        with ThreadPoolExecutor(4) as threads:
            fast = list(threads.map(come_close, texts * 3))
    finally:
        kernels.unload()
    assert fast == [come_close(text) for text in texts] * 3


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("wanted", [[3], [7, 2, 40], [], range(43)])
def test_only_the_subjects_that_are_wanted_need_be_added_up(
    wanted: Sequence[int], compiled: bool, tmp_path: Path
) -> None:
    text = " ".join([*WORDS, *ELSEWHERE])
    every = POSTINGS.closeness(text).cosines
    if compiled and not kernels.load(str(tmp_path)):
        pytest.skip("numba is not installed")
    try:
        sums, scale = POSTINGS.closeness(text).add_up(np.array(wanted, np.int32))
    finally:
        kernels.unload()
    assert (np.clip(sums * scale, 0.0, 1.0)[wanted] == every[wanted]).all()


@either
@pytest.mark.parametrize("text", [*LONG, f"{MANY_WORDS} " * 10], ids=range(len(LONG) + 1))
def test_what_is_said_over_and_over_is_still_a_cosine(text: str, naive: Naive, postings: Postings) -> None:
    found, expected = dict(postings.closeness(text)), naive.closeness(text)
    if ROLL in text:  # what its pieces bring is more than is counted
        assert 0.0 < found.pop("a:42") < expected.pop("a:42")
    assert found == pytest.approx(expected, abs=NEAR)


@given(st.lists(st.sampled_from([*WORDS, *ELSEWHERE]), max_size=12), st.sets(st.integers(0, 14)))
def test_words_that_are_hidden_might_as_well_not_stand_there(words: list[str], hidden: set[int]) -> None:
    kept = " ".join(word for position, word in enumerate(words) if position not in hidden)
    assert POSTINGS.closeness(" ".join(words), hidden) == POSTINGS.closeness(kept)


def test_nothing_is_close_to_a_text_without_words() -> None:
    assert set(POSTINGS.closeness("").values()) == {0.0}
    assert NeedReader(LEXICON).read("…", postings=POSTINGS).closeness == {}


@pytest.mark.parametrize("compiled", [False, True])
def test_postings_of_nothing_or_of_nothing_said_can_be_asked(compiled: bool, tmp_path: Path) -> None:
    if compiled and not kernels.load(str(tmp_path)):
        pytest.skip("numba is not installed")
    try:
        assert Postings.learn([], RARITY).closeness("robot") == {}
        assert Postings.learn([Example("le", {"a:le": 1.0})], RARITY).closeness("le robot") == {"a:le": 0.0}
    finally:
        kernels.unload()


def test_a_reader_tells_how_close_the_words_that_no_negation_covers_come_to_each_scheme() -> None:
    reader = NeedReader(LEXICON, negations=["sans"])
    wish = reader.read("Un robot, et sans brevet", postings=POSTINGS)
    assert reader.asserted("Un robot, et sans brevet")[1] == ["un", "robot", "et", "sans"]
    assert wish.closeness == POSTINGS.closeness("un robot et sans")
    assert reader.read("Un robot").closeness == {}


def test_an_index_knows_the_likeness_of_its_schemes_whatever_comes_and_goes() -> None:
    index = Index(make_scheme(f"a:{number:02}") for number in range(30, 50))  # some are in one only, some in both
    for edit in (None, "a:31", "a:39", "b:00"):
        if edit in index.positions:
            index.remove(edit)
        elif edit:
            index.add(make_scheme(edit))
        for text in (" ".join(WORDS), "toit"):
            found = POSTINGS.closeness(text)
            expected = [found.get(index.schemes[at].key, 0.0) if at in index.schemes else 0.0 for at in range(20)]
            likeness = index.likeness(found)
            assert [likeness[at] if at in index.schemes else 0.0 for at in range(20)] == expected
            assert index.likeness(dict(found)).tolist() == likeness.tolist()


def test_the_first_of_those_that_words_are_close_to_are_the_same_by_compiled_loops(tmp_path: Path) -> None:
    several = [make_scheme(f"a:{number:02}", kind=f"kind {number % 3}") for number in range(-10, 60)]
    index = Index(several)  # more than texts speak of, and the words of all of them
    firm = Profile(on=DAY)
    wishes = [Wish(stated=True, closeness=POSTINGS.closeness(said), chance=1.0) for said in (*LONG[1:], *WORDS)]

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
