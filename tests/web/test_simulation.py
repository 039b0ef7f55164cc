"""Firms drawn by chance: asking the best question first reaches the whole form's result with few of its questions."""

from io import StringIO
from random import Random

import pytest
from django.core.management import CommandError, call_command

from backend.companies.models import Fact
from backend.web.forms.fact_fields import FORM_OF_FACT
from backend.web.management.simulation import Draw, interview, questions_of_the_form
from tests.factories import DAY

pytestmark = pytest.mark.django_db
N_FIRMS = 40
SHARE = 0.4


@pytest.mark.slow
def test_few_of_the_questions_reach_the_result_of_the_whole_form():
    form, draw = questions_of_the_form(), Draw(1, on=DAY)
    order = Random(1)  # noqa: S311
    interviews = [interview(draw.firm(), form, on=DAY, draw=order) for _ in range(N_FIRMS)]
    assert all(one.same_result for one in interviews)
    assert sum(len(one.asked) for one in interviews) <= SHARE * len(form) * N_FIRMS
    for one in interviews:
        assert len(one.asked) == len(set(one.asked))
        for curve in one.curves.values():
            assert len(curve) == len(form) + 1
            assert list(curve) == sorted(curve)
            assert curve[-1] == 1.0
    halfway = len(form) // 3
    mean = {
        name: sum(one.curves[name][halfway] for one in interviews) / N_FIRMS
        for name in ("next best", "form", "random")
    }
    assert mean["next best"] > max(mean["form"], mean["random"])


def test_a_firm_answers_everything_that_the_form_asks():
    form, draw = questions_of_the_form(), Draw(2, on=DAY)
    assert set(form) <= FORM_OF_FACT.keys()
    for _ in range(20):
        firm = draw.firm()
        assert {fact for fact in form if fact not in ("schemes",)} <= firm.facts.keys()
        assert not any(name.startswith(Fact.ANSWER) for name in firm.facts)


def test_the_same_seed_draws_the_same_firms():
    assert Draw(3, on=DAY).firm() == Draw(3, on=DAY).firm()
    assert Draw(3, on=DAY).firm() != Draw(4, on=DAY).firm()


def test_the_command_prints_the_table_of_the_documentation():
    out = StringIO()
    call_command("simulate_questions", firms=3, on=str(DAY), stdout=out, verbosity=0)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("3 firms, ")
    assert "Same typed verdicts as the whole form: 3 of 3." in lines
    assert "| Questions asked | next best | form | random |" in lines


@pytest.mark.parametrize("options", [{"firms": 1}, {"on": "24/11/2026"}])
def test_the_command_says_what_it_accepts(options):
    with pytest.raises(CommandError, match="2026-11-24"):
        call_command("simulate_questions", **options)
