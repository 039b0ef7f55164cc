"""A second firm stands beside the first in these tests."""

from tests.neighbour import neighbour, pytest_runtest_call  # noqa: F401 -- beside every test here
