"""Chunks and words by number, whatever comes and however many: what is kept of each is what it was read as."""

from concurrent.futures import ThreadPoolExecutor
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import tokens
from matching.lexicon import PLACE, word_places
from matching.vocabulary import (
    CHECKSUM,
    COMPLEMENT,
    FIRST_BYTE,
    FIRST_LETTER,
    FIRST_TERM,
    FIRST_WORD,
    LARGEST,
    LAST_BYTE,
    LAST_LETTER,
    LAST_TERM,
    LAST_WORD,
    Shelf,
    Vocabulary,
)

STOP_WORDS = frozenset({"le", "un"})
N_MANY = int(LARGEST[0]) // 3
MANY = [[f"mot{text}x{number}" for number in range(N_MANY)] for text in range(4)]
chunks = st.one_of(
    st.sampled_from(["le", "un", "robot", "soudé", "½,un", "…", "\ud800"]), st.text("aeé1.\xa0", max_size=9)
)


def make_vocabulary() -> Vocabulary:
    return Vocabulary(STOP_WORDS)


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def assert_kept(text: str, shelf: Shelf) -> None:
    """Assert that a shelf leads from each chunk of a text to its words, and from these to what they are made of."""
    for chunk in encoded(text).split():
        slot = crc32(chunk) % len(shelf.slots)
        while bytes_of(shelf, shelf.slots[slot]) != chunk:
            slot = (slot + 1) % len(shelf.slots)
        kept = shelf.chunks[shelf.slots[slot]]
        numbers = shelf.said[kept[FIRST_WORD] : kept[LAST_WORD]].tolist()
        for word, number in zip(tokens(chunk.decode("utf-8", "surrogatepass")), numbers, strict=True):
            assert_word(word, shelf, number)


def bytes_of(shelf: Shelf, chunk: int) -> bytes:
    assert chunk >= 0, "the chunk has no number"
    return shelf.letters[shelf.chunks[chunk, FIRST_BYTE] : shelf.chunks[chunk, LAST_BYTE]].tobytes()


def assert_word(word: str, shelf: Shelf, number: int) -> None:
    kept = shelf.words[number]
    assert shelf.letters[kept[FIRST_LETTER] : kept[LAST_LETTER]].tobytes().decode() == word
    expected = [] if word in STOP_WORDS else np.frombuffer(word_places(word), PLACE).tolist()
    assert shelf.terms[kept[FIRST_TERM] : kept[LAST_TERM]].tolist() == expected
    assert kept[CHECKSUM] ^ COMPLEMENT == crc32(f"{word} ".encode())


@given(st.lists(st.lists(chunks, max_size=8).map(" ".join), max_size=8))
def test_a_chunk_is_kept_with_its_words_and_these_with_all_they_are_made_of(texts: list[str]) -> None:
    vocabulary = make_vocabulary()
    for text in [*texts, *texts]:
        assert_kept(text, vocabulary.extend(encoded(text)))


@pytest.mark.parametrize("chunk", ["é" * 600_000, ";".join("abcdefgh" * 20_000)])
def test_a_chunk_longer_than_a_shelf_has_one_that_is_long_enough(chunk: str) -> None:
    vocabulary = make_vocabulary()
    assert_kept(f"soudeur {chunk}", vocabulary.extend(encoded(f"soudeur {chunk}")))
    assert_kept("robot", vocabulary.extend(b"robot"))


def test_what_a_full_shelf_told_stays_true() -> None:
    vocabulary = make_vocabulary()
    told = [(words[::100], vocabulary.extend(encoded(" ".join(words)))) for words in MANY]
    assert len({id(shelf.chunks) for _, shelf in told}) > 1
    for words, shelf in told:
        assert_kept(" ".join(words), shelf)


def test_threads_that_bring_new_words_at_once_do_not_mix_them_up() -> None:
    vocabulary = make_vocabulary()
    texts = [" ".join(words[start : start + 1_000]) for start in range(0, N_MANY, 1_000) for words in MANY]
    with ThreadPoolExecutor(4) as threads:
        for text, shelf in zip(texts, threads.map(vocabulary.extend, map(encoded, texts)), strict=True):
            assert_kept(" ".join(text.split()[::50]), shelf)
