"""The API against its own document at every bound of each parameter, which are only made up for slow tests."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tests.api.test_schemathesis import LONG, one_connection, schema  # noqa: F401 -- a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@schema.parametrize()
@settings(
    max_examples=600 if LONG else 10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_at_every_bound_is_the_documented_one(case: schemathesis.Case) -> None:
    case.call_and_validate(headers={"Accept-Encoding": "identity"})
