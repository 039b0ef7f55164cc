"""No cell that we write is run, and each is read back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.common.spreadsheets import escape_cell, read_cell

RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


@pytest.mark.parametrize("mark", RUN)
def test_a_formula_is_written_as_text(mark):
    assert escape_cell(f"{mark}cmd|' /C calc'!A0") == f"'{mark}cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", ["", "Prêt à 5 %", "l'aide", "'", "a=b", "1 - 2", "2026-11-24"])
def test_any_other_text_stays_as_it_is(text):
    assert escape_cell(text) == text


@given(st.text() | st.builds("{}{}{}".format, st.sampled_from(["", "'", "''"]), st.sampled_from(RUN), st.text()))
def test_what_is_written_is_read_back_and_never_starts_a_formula(text):
    cell = escape_cell(text)
    assert not cell.startswith(RUN)
    assert read_cell(cell) == text
