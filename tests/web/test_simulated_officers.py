"""Officers drawn by chance who value other things than the rules: the order learns it, and only from enough."""

from io import StringIO
from statistics import mean

import pytest
from django.core.management import CommandError, call_command

from backend.matchmaking.models import Ranker, Result, Review, Submission
from backend.web.management.officers import Simulation
from tests.factories import DAY
from tests.neighbour import ours

pytestmark = pytest.mark.django_db


@pytest.mark.cases(1)
@pytest.mark.parametrize("seeds", [(1,), (1, 2, 3)])  # one draw alone gains from a sixth to seven tenths
def test_the_order_learns_what_officers_value_and_never_moves_an_ineligible_scheme(seeds):
    gains = []
    for seed in seeds:
        simulation = Simulation(seed, on=DAY, n_decisions=400, n_compared=40)
        few, many = simulation.learn_from(150), simulation.learn_from(400)
        assert (few.is_on, few.learnt, few.n_moved_up) == (False, few.rules, 0)
        assert (many.is_on, many.n_moved_up) == (True, 0)
        gains.append((many.learnt - many.rules) / (1 - many.rules))  # of what the rules leave to gain
    assert mean(gains) > 0.3


@pytest.mark.slow
def test_a_simulation_keeps_nothing():
    out = StringIO()
    call_command("simulate_officers", decisions=[100, 400], compared=10, on=str(DAY), stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("SIMULATION")
    assert ["off: too few" in line for line in lines[-2:]] == [True, False]
    for model in (Review, Result, Submission, Ranker):
        assert not ours(model).exists()


@pytest.mark.parametrize("options", [{"on": "24/11/2026"}, {"compared": 1}, {"decisions": [0]}])
def test_the_command_says_what_it_accepts(options):
    with pytest.raises(CommandError, match="2026-11-24"):
        call_command("simulate_officers", **options)
