"""Checksums of pairs of words, against zlib."""

from zlib import crc32

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.checksums import pair_checksums

words = st.lists(st.text("abcdefghijklmnopqrstuvwxyz0123456789.", min_size=1, max_size=40), min_size=1, max_size=9)


@given(words, st.data())
def test_that_of_a_pair_is_that_of_its_words_with_a_space_between(several: list[str], data: st.DataObject) -> None:
    numbers = st.integers(0, len(several) - 1)
    pairs = data.draw(st.lists(st.tuples(numbers, numbers), max_size=9))
    ones, others = (np.array([pair[which] for pair in pairs], np.intp) for which in (0, 1))
    expected = [crc32(f"{several[one]} {several[other]}".encode()) for one, other in pairs]
    assert pair_checksums(several, ones, others).tolist() == expected


def test_of_no_words_there_is_no_pair() -> None:
    nothing = np.zeros(0, np.intp)
    assert pair_checksums([], nothing, nothing).tolist() == []


def test_words_of_many_letters_are_moved_on_by_as_many() -> None:
    words = ["a" * 5_000, "b" * 70_000, "c"]
    ones, others = np.array([0, 1, 2]), np.array([1, 0, 1])
    expected = [crc32(f"{words[one]} {words[other]}".encode()) for one, other in zip(ones, others, strict=True)]
    assert pair_checksums(words, ones, others).tolist() == expected
