import itertools

import numpy as np
import pytest

from matching.outcomes import MET, NOT_MET, UNKNOWN, Outcome, all_of, any_of, constant, decide, negate

EVERY = list(Outcome)


@pytest.mark.parametrize("pair", list(itertools.product(EVERY, EVERY)))
def test_all_is_the_minimum_and_any_the_maximum(pair: tuple[Outcome, Outcome]) -> None:
    columns = [constant(outcome, 1) for outcome in pair]
    assert all_of(columns, 1)[0] == min(pair)
    assert any_of(columns, 1)[0] == max(pair)


def test_not_met_is_under_unknown_is_under_met() -> None:
    assert NOT_MET < UNKNOWN < MET
    assert negate(np.array(EVERY, dtype=np.int8)).tolist() == [MET, UNKNOWN, NOT_MET]


def test_all_of_nothing_is_met_and_any_of_nothing_is_not() -> None:
    assert all_of([], 2).tolist() == [MET, MET]
    assert any_of([], 2).tolist() == [NOT_MET, NOT_MET]


def test_what_is_possible_and_not_certain_is_unknown() -> None:
    certain, possible = np.array([True, False, False]), np.array([True, True, False])
    assert decide(certain, possible).tolist() == [MET, UNKNOWN, NOT_MET]
