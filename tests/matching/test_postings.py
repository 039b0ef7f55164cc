"""How close a text comes to each scheme, against the slow and obvious way; and what the index makes of it."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

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
    tokens,
)
from matching.lexicon import N_PLACES
from matching.postings import MANY
from matching.vocabulary import BLOCK
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
LARGE = Lexicon.learn(
    (Example(" ".join(draw.choices(WORDS, k=9)), {f"b:{number}": 1.0}) for number in range(MANY)), LEXICON.rarity
)
BOTH = [(LEXICON, POSTINGS, 2e-4), (LARGE, Postings(LARGE), 2e-3)]  # with how near they come to the lexicon

texts = st.lists(st.sampled_from([*WORDS, *ELSEWHERE]), max_size=12).map(" ".join)
either = pytest.mark.parametrize(("lexicon", "postings", "near"), BOTH, ids=["two bytes", "one byte"])


def likeness(text: str, lexicon: Lexicon) -> dict[str, float]:
    return naive_reading.likeness(tokens(text), lexicon)


@either
@given(text=texts)
def test_the_closeness_of_a_text_is_its_cosine_with_each_subject(
    text: str, lexicon: Lexicon, postings: Postings, near: float
) -> None:
    found = postings.closeness(text)
    assert found == pytest.approx(likeness(text, lexicon), abs=near)
    assert 0.0 <= min(found.values()) <= max(found.values()) <= 1.0


@either
@given(text=texts)
def test_words_that_are_known_are_added_up_beforehand_and_change_nothing(
    text: str, lexicon: Lexicon, postings: Postings, near: float
) -> None:
    without = without_words(lexicon).closeness(text)
    assert postings.closeness(text).cosines == pytest.approx(without.cosines, abs=2 * near)


@cache
def without_words(lexicon: Lexicon) -> Postings:
    return Postings(Lexicon(lexicon.subjects, lexicon.matrix, lexicon.rarity))


@pytest.mark.parametrize("text", [example.text for example in EXAMPLES[::8]])
def test_a_text_that_a_subject_was_learnt_from_is_closest_to_it(text: str) -> None:
    found = POSTINGS.closeness(text)
    (subject,) = next(example.subjects for example in EXAMPLES if example.text == text)
    assert found[subject] == max(found.values())


MANY_WORDS = " ".join(f"{word}{number}" for word in WORDS for number in range(400))
LONG = ["robot " * 3_000, " ".join([*WORDS, *ELSEWHERE] * 300), MANY_WORDS]
ODD = [
    "", " \t\r\n\x0b\x0c ", "le", "le un", "zz", "robot", " ".join(WORDS), " ".join([*WORDS, *ELSEWHERE]),
    "le " * 70_000, "robot\xa0robot\u2003toit\x1cprêt\u2028salon\x85brevet", "L’été, ½ toit;export/salon…",
    "\ud800 robot\ud800", "a\x00b\x00",
]  # fmt: skip


def assert_same(texts: Sequence[str], folder: Path, hidden: Collection[int] = ()) -> None:
    """Assert that texts come as close to each subject with compiled loops as without, to the last bit."""

    def come_close() -> list[list[float]]:
        return [postings.closeness(text, hidden).cosines.tolist() for _, postings, _ in BOTH for text in texts]

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
    texts, postings = [" ".join(f"{word}{number}" for word in WORDS) for number in range(200)], Postings(LEXICON)

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


def test_only_the_subjects_that_are_wanted_need_be_added_up(tmp_path: Path) -> None:
    """In one block, in several that follow each other, in the last one, which is not full; in none, and in all."""
    _, postings, _ = BOTH[1]
    size, every = len(postings.every_block), postings.closeness(" ".join([*WORDS, *ELSEWHERE])).cosines
    if not kernels.load(str(tmp_path)):
        pytest.skip("numba is not installed")
    try:
        for blocks in ([3], [0, 1, 2, 7, 9, 10], [size - 1], [0, size - 2, size - 1], [], range(size)):
            wanted = np.zeros(size, dtype=np.bool_)
            wanted[list(blocks)] = True
            sums, scale = postings.closeness(" ".join([*WORDS, *ELSEWHERE])).add_up(wanted)
            within = np.repeat(wanted, BLOCK)[: len(every)]
            assert np.clip(sums * scale, 0.0, 1.0)[within].tolist() == every[within].tolist()
    finally:
        kernels.unload()


@either
def test_a_text_of_which_the_sums_are_too_great_for_32_bits_is_as_close(
    lexicon: Lexicon, postings: Postings, near: float, tmp_path: Path
) -> None:
    text = f"{MANY_WORDS} " * 10
    assert_same([text], tmp_path)
    exact = (lexicon.rarity.matrix([tokens(text)]) @ lexicon.matrix).toarray()[0]
    assert postings.closeness(text).cosines == pytest.approx(exact, abs=near)
    once, often = (postings.closeness(said).add_up(postings.every_block)[1] for said in (MANY_WORDS, text))
    assert often > once / 2  # ten times the words are 2.5 times as long


@either
@pytest.mark.parametrize("text", LONG, ids=range(len(LONG)))
def test_what_is_said_over_and_over_is_still_a_cosine(
    text: str, lexicon: Lexicon, postings: Postings, near: float
) -> None:
    assert postings.closeness(text) == pytest.approx(likeness(text, lexicon), abs=near)


@given(st.lists(st.sampled_from([*WORDS, *ELSEWHERE]), max_size=12), st.sets(st.integers(0, 14)))
def test_words_that_are_hidden_might_as_well_not_stand_there(words: list[str], hidden: set[int]) -> None:
    kept = " ".join(word for position, word in enumerate(words) if position not in hidden)
    assert POSTINGS.closeness(" ".join(words), hidden) == POSTINGS.closeness(kept)


def test_nothing_is_close_to_a_text_without_words() -> None:
    assert set(POSTINGS.closeness("").values()) == {0.0}
    assert NeedReader(LEXICON).read("…", postings=POSTINGS).closeness == {}


@pytest.mark.parametrize("compiled", [False, True])
def test_postings_without_rows_or_without_subjects_can_be_asked(compiled: bool, tmp_path: Path) -> None:
    lexicon = Lexicon.learn([Example("robot", {"a:robot": 1.0}), *map(alone, range(40))], LEXICON.rarity)
    empty = Postings(Lexicon((), csr_array((N_PLACES, 0), dtype=np.float32), lexicon.rarity))
    if compiled and not kernels.load(str(tmp_path)):
        pytest.skip("numba is not installed")
    try:
        assert without_words(lexicon).closeness("robot toit") == pytest.approx(
            likeness("robot toit", lexicon), abs=1e-4
        )
        assert empty.closeness("robot") == {}
    finally:
        kernels.unload()


def alone(number: int) -> Example:
    return Example(f"{number}", {f"a:{number}": 1.0})


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
