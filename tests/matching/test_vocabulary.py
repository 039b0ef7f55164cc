"""Words by number, whatever comes and however many: what is kept of each is what it was added with."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.lexicon import N_PLACES, PLACE, word_places
from matching.vocabulary import (
    CHECKSUM,
    COMPLEMENT,
    FIRST_LETTER,
    FIRST_TERM,
    LAST_LETTER,
    LAST_TERM,
    N_WORDS,
    ROW,
    Shelf,
    Vocabulary,
)

WEIGHTS = np.arange(N_PLACES, dtype=np.int32)
ROWS = {"robot": 3, "soud": 0}
STOP_WORDS = frozenset({"le", "un"})
MANY = [[f"mot{text}x{number}" for number in range(N_WORDS // 3)] for text in range(8)]


def make_vocabulary() -> Vocabulary:
    return Vocabulary(WEIGHTS, ROWS, STOP_WORDS)


def assert_kept(words: Sequence[str], numbers: np.ndarray, shelf: Shelf) -> None:
    for word, number in zip(words, numbers.tolist(), strict=True):
        kept = shelf.words[number]
        assert shelf.letters[kept[FIRST_LETTER] : kept[LAST_LETTER]].tobytes().decode() == word
        places, weights = shelf.terms[kept[FIRST_TERM] : kept[LAST_TERM]].T.tolist()
        expected = [] if word in STOP_WORDS else np.frombuffer(word_places(word), PLACE).tolist()
        assert places == expected
        assert weights == WEIGHTS[expected].tolist()
        assert kept[ROW] == ROWS.get(word, -1)
        assert kept[CHECKSUM] ^ COMPLEMENT == crc32(f"{word} ".encode())


@given(st.lists(st.lists(st.one_of(st.sampled_from(["le", "un", "robot", "soud"]), st.text("aeé1.", max_size=9)))))
def test_a_word_is_kept_with_its_terms_its_letters_and_its_row(texts: list[list[str]]) -> None:
    vocabulary = make_vocabulary()
    for words in [*texts, *texts]:
        assert_kept(words, *vocabulary.read(words))


@pytest.mark.parametrize("word", ["x" * 400_000, "é" * 300_000])
def test_a_word_longer_than_a_shelf_has_one_that_is_long_enough(word: str) -> None:
    vocabulary = make_vocabulary()
    assert_kept(["soud", word], *vocabulary.read(["soud", word]))
    assert_kept(["robot"], *vocabulary.read(["robot"]))


def test_what_a_full_shelf_told_stays_true() -> None:
    vocabulary = make_vocabulary()
    told = [(words, *vocabulary.read(words)) for words in MANY]
    assert len({id(shelf) for _, _, shelf in told}) > 1
    for words, numbers, shelf in told:
        assert_kept(words[::100], numbers[::100], shelf)


def test_threads_that_bring_new_words_at_once_do_not_mix_them_up() -> None:
    vocabulary = make_vocabulary()
    texts = [words[start : start + 200] for start in range(0, N_WORDS // 3, 200) for words in MANY]
    with ThreadPoolExecutor(4) as threads:
        for words, (numbers, shelf) in zip(texts, threads.map(vocabulary.read, texts), strict=True):
            assert_kept(words[::20], numbers[::20], shelf)
