import pytest

from tests.factories import DAY


@pytest.fixture(autouse=True)
def fixed_day(settings) -> None:
    settings.FIXED_DAY = DAY
