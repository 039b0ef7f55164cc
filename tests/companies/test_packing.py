"""Facts that are packed and had back are the same, to the type of each number."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from backend.companies.packing import CODES, DAYS, DTYPE, LISTS, NUMBERS, STATES, pack, rows_of, unpack

ANY_NUMBER = st.one_of(
    st.integers(-(10**18), 10**18), st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 300)
)
ODD = st.recursive(
    st.one_of(
        st.booleans(), ANY_NUMBER, st.text(max_size=20), st.sampled_from(["", "\0", "60159\0", "é", "2009-3-1"])
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
USUAL = {
    **{name: ANY_NUMBER | st.lists(st.none() | ANY_NUMBER, min_size=2, max_size=2) for name in NUMBERS},
    **{
        name: st.text("0123456789.ABZabz_", min_size=1, max_size=size + 1) for name, size in CODES.items()
    },
    **{name: st.dates().map(str) for name in DAYS},
    **{name: st.booleans() for name in STATES},
    **{name: st.just([]) | st.lists(st.fixed_dictionaries({"share": ANY_NUMBER}), max_size=2) for name in LISTS},
    "scheme:jonction:acre": st.booleans(),
    "answer:jury": st.booleans(),
    "de_minimis.complete": st.booleans(),
}  # fmt: skip
FACTS = st.fixed_dictionaries({}, optional={name: usual | ODD for name, usual in USUAL.items()})


def told(value):
    """Write a value with its types, in which ``35`` is not ``35.0``, nor ``True`` 1."""
    if isinstance(value, dict):
        return {name: told(part) for name, part in value.items()}
    return [told(part) for part in value] if isinstance(value, list) else repr(value)


@given(facts=FACTS)
@example(facts={"headcount": 35, "turnover": 35.0, "balance_sheet": [None, 2**53], "project.spend": [2**53 + 1, None]})
@example(facts={"headcount": True, "micro_entrepreneur": 1, "group": False, "created_on": "20090316"})
@example(facts={"headcount": [5, 1], "turnover": [None, None], "balance_sheet": -0.0, "created_on": "0001-01-01"})
def test_what_is_unpacked_is_what_was_packed(facts):
    row, rest = pack(facts)
    assert len(row) == DTYPE.itemsize
    assert told({**unpack(rows_of([row]))[0], **rest}) == told(facts)


def test_the_facts_of_most_firms_have_a_place_and_few_bytes():
    facts = {
        "commune": "60159", "naf": "25.62B", "headcount": 35.0, "turnover": [2_000_000, 10_000_000], "group": [],
        "created_on": "2009-03-16", "legal_category": "57", "micro_entrepreneur": False, "project.started": False,
        "project.horizon": "3_to_12_months", "project.tenure": "tenant",
    }  # fmt: skip
    row, rest = pack(facts)
    assert rest == {}
    assert len(row) < 160


def test_several_are_read_as_columns():
    columns = rows_of(pack(facts).row for facts in ({"headcount": [1, None]}, {}, {"commune": "60159"}))
    assert columns["commune"].tolist() == [b"", b"", b"60159"]
    assert columns["headcount.low"].tolist() == [1, -np.inf, -np.inf]
    assert columns["headcount.high"].tolist() == [np.inf] * 3
    assert unpack(columns) == [{"headcount": [1, None]}, {}, {"commune": "60159"}]
    assert unpack(columns, ["commune", "group"]) == [{}, {}, {"commune": "60159"}]
