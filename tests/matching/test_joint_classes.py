"""Tables of classes joined, against the tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.joint_classes import joined


@given(st.integers(0, 60), st.lists(st.integers(1, 9), min_size=1, max_size=7), st.integers(0, 2**32 - 1))
def test_joined_tables_say_what_the_tables_say(n_firms: int, n_classes: list[int], seed: int) -> None:
    draw = np.random.default_rng(seed)
    rows = draw.integers(0, 2**64, (6, 2), np.uint64)
    classes = draw.integers(0, len(rows), (30, 4))
    live = draw.integers(0, 2**64, 2, np.uint64)
    tables = np.stack([draw.choice(draw.choice(30, n, replace=False), n_firms) for n in n_classes], axis=1)
    joint = joined(tables, classes, rows, live)
    assert len(joint.places) == n_firms
    for firm, places in zip(tables, joint.places, strict=True):
        closed, unsure = np.bitwise_or.reduce(rows[classes[firm, :2]], axis=0)
        left = ~np.bitwise_or.reduce(joint.rows[places], axis=0)
        assert left.tolist() == [*(live & ~closed), *(live & ~unsure)]


@pytest.mark.parametrize(
    ("n_classes", "n_words", "n_tables", "n_rows"),
    [
        ([2, 2, 4], 1, 1, 16),
        ([5, 2, 4], 1, 2, 8 + 5),  # for 64 firms 40 joint classes are too many
        ([20, 30], 1, 2, 20 + 30),
        ([2, 2, 2], 1 << 13, 2, 4 + 2),  # of so many words 4 rows are as many as stay in the cache
    ],
)
def test_tables_are_joined_while_joint_classes_are_few(
    n_classes: list[int], n_words: int, n_tables: int, n_rows: int
) -> None:
    tables = np.stack([np.arange(64) % n for n in n_classes], axis=1)
    classes = np.arange(60).reshape(30, 2)
    joint = joined(tables, classes, np.zeros((60, n_words), np.uint64), np.zeros(n_words, np.uint64))
    assert (joint.places.shape[1], len(joint.rows)) == (n_tables, n_rows)


def test_classes_that_have_the_same_rows_are_one() -> None:
    tables, classes = np.arange(8)[:, np.newaxis], np.array([[0, 1, 2, 3], [0, 1, 4, 5]] * 4)
    joint = joined(tables, classes, np.zeros((6, 1), np.uint64), np.zeros(1, np.uint64))
    assert len(joint.rows) == 1
