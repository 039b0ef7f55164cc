"""What an administrator sets for the API, and what is refused at the start rather than at the first request."""

import pytest

from tests.web.test_guards import run

SHOW = "from django.conf import settings as s; print({n: r for n, r in s.THROTTLES.items() if n.startswith('api')})"


def test_rates_are_on_unless_told():
    assert run("-c", SHOW).stdout.strip() == "{'api_read.network': (120, 60), 'api_match.network': (30, 60)}"


def test_rates_come_from_the_environment():
    process = run("-c", SHOW, JONCTION_API_READ_RATE="5/sec", JONCTION_API_MATCH_RATE="")
    assert process.stdout.strip() == "{'api_read.network': (5, 1)}"


@pytest.mark.parametrize("rate", ["fast", "0/min", "10", "10/fortnight", "-1/min", "10/min "])
def test_a_rate_that_is_none_is_refused_at_the_start(rate):
    process = run("-c", SHOW, JONCTION_API_READ_RATE=rate)
    assert process.returncode
    assert f"JONCTION_API_READ_RATE={rate!r} is no rate; expected one such as 120/min" in process.stderr
