"""How close a text comes to each scheme, against the slow and obvious way; and what the index makes of it."""

from collections.abc import Collection
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    Example,
    Index,
    Lexicon,
    NeedReader,
    Postings,
    Rarity,
    tokens,
)
from tests.matching.factories import make_scheme
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


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("hidden", [(), {0, 2, 3, 90_000}], ids=["all words", "some are hidden"])
@either
def test_odd_texts_are_read_too(text: str, hidden: Collection[int], naive: Naive, postings: Postings) -> None:
    kept = " ".join(word for at, word in enumerate(tokens(text)) if at not in hidden)
    assert postings.closeness(text, hidden) == pytest.approx(naive.closeness(kept), abs=NEAR)


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


def test_postings_of_nothing_or_of_nothing_said_can_be_asked() -> None:
    assert Postings.learn([], RARITY).closeness("robot") == {}
    assert Postings.learn([Example("le", {"a:le": 1.0})], RARITY).closeness("le robot") == {"a:le": 0.0}


def test_a_reader_tells_how_close_the_words_that_no_negation_covers_come_to_each_scheme() -> None:
    reader = NeedReader(LEXICON, negations=["sans"])
    wish = reader.read("Un robot, et sans brevet", postings=POSTINGS)
    assert reader.asserted("Un robot, et sans brevet")[1] == ["un", "robot", "et", "sans"]
    assert wish.closeness == POSTINGS.closeness("un robot et sans")
    assert reader.read("Un robot").closeness == {}


def test_an_index_knows_the_likeness_of_its_schemes() -> None:
    for first in (30, 25):  # some are in one only, some in both
        index = Index(make_scheme(f"a:{number:02}") for number in range(first, 50))
        for text in (" ".join(WORDS), "toit"):
            found = POSTINGS.closeness(text)
            expected = [found.get(scheme.key, 0.0) for scheme in index.schemes]
            assert index.likeness(found).tolist() == index.likeness(dict(found)).tolist() == expected
