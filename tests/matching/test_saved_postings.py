"""Postings saved as one buffer: the same likeness to the last bit, and nothing of the texts of others."""

import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import Postings, Rarity, SavedError
from matching.container import HEAD, UNIT
from matching.lexicon import N_PLACES
from matching.postings import FORMAT
from matching.sayings import Sayings
from tests.matching.test_postings import BOTH, ELSEWHERE, EXAMPLES, POSTINGS, RARITY, STOP_WORDS, WORDS

SAVED = [(postings, Postings.open(postings.save(), RARITY, thorough=True)) for _, postings in BOTH]

either = pytest.mark.parametrize(("postings", "opened"), SAVED, ids=["two bytes", "four bytes"])


def told(postings: Postings, words: list[str]) -> tuple[list[str], bytes]:
    found = postings.closeness(" ".join(words))
    return list(found), found.cosines.tobytes()


@either
@given(words=st.lists(st.sampled_from([*WORDS, *ELSEWHERE]), max_size=12))
def test_postings_of_a_buffer_say_the_same_to_the_last_bit(
    words: list[str], postings: Postings, opened: Postings
) -> None:
    assert told(opened, words) == told(postings, words)


@either
def test_arrays_are_views_of_a_mapped_file_and_are_not_written(
    postings: Postings, opened: Postings, tmp_path: Path
) -> None:
    path = tmp_path / "postings"
    path.write_bytes(postings.save())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        found = Postings.open(mapped, RARITY)
        whole = np.frombuffer(mapped, np.uint8)
        for array in (found._starts, found._holders, found._times, found._words, found._shares, found._scales):
            assert np.shares_memory(array, whole)
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0
        assert told(found, WORDS) == told(opened, WORDS)
        assert found.save() == postings.save() == bytes(mapped)
        del found, array, whole  # a mapping that is still seen cannot be closed


def test_nothing_is_saved_of_texts_that_do_not_speak_of_the_subjects() -> None:
    sayings = Sayings.learn(EXAMPLES, RARITY)
    used = np.zeros(N_PLACES, np.bool_)
    used[sayings.terms.indices], used[sayings.by_pair.indices] = True, True
    weights = RARITY.weights.copy()
    weights[np.flatnonzero(~used)[::7]] *= 0.5  # as if texts that are nobody's business said these terms often
    kept, other = (
        FORMAT.read(Postings.learn(EXAMPLES, each).save(), thorough=True)[0]
        for each in (RARITY, Rarity(weights, STOP_WORDS))
    )
    assert kept.pop("rarity") != other.pop("rarity")
    assert kept == other  # the digest of the arrays too


@pytest.mark.parametrize(
    "rarity",
    [
        Rarity(RARITY.weights * np.float32(1.5), RARITY.stop_words),
        Rarity(RARITY.weights, frozenset()),
    ],
)
def test_postings_of_another_rarity_are_refused(rarity: Rarity) -> None:
    with pytest.raises(SavedError, match="another rarity") as caught:
        Postings.open(POSTINGS.save(), rarity)
    assert caught.value.reason == "rarity"


def set_byte(place: int) -> Callable[[bytearray], bytearray]:
    def change(buffer: bytearray) -> bytearray:
        buffer[place] ^= 1
        return buffer

    return change


@pytest.mark.parametrize(
    ("change", "reason", "message"),
    [
        (lambda buffer: buffer[:UNIT // 2], "short", "No saved postings: 32 bytes"),
        (lambda buffer: b"JONCTION" + buffer[8:], "mark", "start with b'JONCTION'; accepted: b'POSTINGS'"),
        (set_byte(8), "version", f"Postings saved in version {FORMAT.version ^ 1}; accepted: {FORMAT.version}"),
        (lambda buffer: buffer[:-1], "short", "Saved postings cut short"),
        (set_byte(HEAD.size), "changed", "head of these postings was changed"),
        (set_byte(UNIT + 3), "changed", "head of these postings was changed"),
        (set_byte(-UNIT), "changed", "arrays of these postings were changed"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(change: Callable[[Any], Any], reason: str, message: str) -> None:
    with pytest.raises(SavedError, match=message) as caught:
        Postings.open(change(POSTINGS.save()), RARITY, thorough=True)
    assert caught.value.reason == reason
