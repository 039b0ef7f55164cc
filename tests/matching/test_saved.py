"""Firms saved as one buffer: what is mapped is not copied nor written, and what cannot be read is refused."""

import mmap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matching import Figures, Firms, Interval, Profile, Related, SavedError
from matching.container import UNIT
from matching.saved import FORMAT
from tests.matching.factories import DAY, make_scheme
from tests.matching.test_percolation import drawn

SMALL = make_scheme(
    "a:a",
    {"kind": "in_territory", "any_of": ["REG-1"]},
    {"kind": "activity", "any_of": ["25", "26", "27"]},
    {"kind": "any", "of": [{"kind": "size_category", "to": "small"}, {"kind": "headcount", "below": 50}]},
)


def told(firms: Firms) -> tuple[list[int], list[int]]:
    found = firms.verdicts(SMALL, on=DAY)
    return sorted(found.eligible.tolist()), sorted(found.undecided.tolist())


def arrays_of(firms: Firms) -> list[Any]:
    columns = [column for column in firms.stock.columns.values() if len(column.values) > 1]
    sliced = [column.slices.bits for column in columns if column.starts is None]
    return [firms.stock.ids, firms.stock.starts, *(column.codes for column in columns), *sliced]


def test_columns_are_views_of_the_buffer_and_are_not_written() -> None:
    kept = Firms(drawn(1_000).items())
    told(kept)  # columns of several fields are there from now on
    buffer = kept.save()
    firms = Firms.open(buffer)
    assert firms.stock.columns.keys() < kept.stock.columns.keys()  # but those that one field tells
    whole = np.frombuffer(buffer, np.uint8)
    assert len(arrays_of(firms)) > 10
    for array in arrays_of(firms):
        assert np.shares_memory(array, whole)
        assert array.ctypes.data % 8 == 0
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_a_mapped_file_answers_and_takes_edits_apart(tmp_path: Path) -> None:
    known = drawn(1_000)
    firms = Firms(known.items())
    path = tmp_path / "firms"
    path.write_bytes(firms.save())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        opened = Firms.open(mapped)
        assert told(opened) == told(firms) != ([], [])
        first, second, *_ = told(firms)[0]
        for each in (firms, opened):
            each.drop(first)
            each.put(second, replace(known[second], headcount=Interval(500, 500)))
            each.put(10**12, known[second])
        assert told(opened) == told(firms)
        assert 10**12 in told(opened)[0]
        assert opened.save() == firms.save()
        assert path.read_bytes() == bytes(mapped)
        del opened  # a mapping that is still seen cannot be closed


def test_every_kind_of_fact_comes_back() -> None:
    figures = Figures(headcount=Interval(1, 2.5))
    known = Profile(
        on=DAY,
        group=(
            Related(share=30.0, control=True, holder="public_body", figures=figures, name="Mère"),
            Related(share=0),
        ),
        previous_years=(figures, Figures()),
        spend=Interval(high=1e6),
        spend_kinds=frozenset({"hiring", "machine"}),
        possible_activities=frozenset({"C25", "C26"}),
        created_on=DAY,
        started=False,
        tenure="owner",
        held={"a:b": True, "a:a": False},
        answers={"other": True},
    )
    firms = Firms.open(Firms([(-1, known), (2, Profile(on=DAY))]).save())
    rows = {firm: firms.stock.profile(row, DAY) for row, firm in enumerate(firms.stock.ids.tolist())}
    assert rows == {-1: known, 2: Profile(on=DAY)}


def cut(buffer: bytearray) -> bytearray:
    return buffer[:-1]


def set_byte(place: int) -> Callable[[bytearray], bytearray]:
    def change(buffer: bytearray) -> bytearray:
        buffer[place] ^= 1
        return buffer

    return change


@pytest.mark.parametrize(
    ("change", "reason", "message"),
    [
        (lambda buffer: buffer[:UNIT // 2], "short", "32 bytes; accepted: 64 at least"),
        (lambda buffer: b"PK" + buffer[2:], "mark", f"start with b'PKNCTION'; accepted: {FORMAT.mark!r}"),
        (set_byte(8), "version", f"version {FORMAT.version ^ 1}; accepted: {FORMAT.version}"),
        (cut, "short", "cut short: [0-9]+ bytes; accepted: all [0-9]+"),
        (set_byte(12), "changed", "head of these firms was changed"),  # how long the directory is
        (set_byte(16), "(changed|short)", "changed|cut short"),  # how long all is
        (set_byte(24), "changed", "head of these firms was changed"),  # the digest
        (set_byte(UNIT + 3), "changed", "head of these firms was changed"),  # the directory
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(change: Callable[[Any], Any], reason: str, message: str) -> None:
    buffer = Firms(drawn(20).items()).save()
    with pytest.raises(SavedError, match=message) as refused:
        Firms.open(change(buffer))
    assert refused.value.reason in reason


def test_changed_columns_are_refused_where_all_is_read() -> None:
    buffer = Firms(drawn(20).items()).save()
    Firms.open(buffer, thorough=True)
    buffer[-UNIT] ^= 1
    with pytest.raises(SavedError, match="arrays of these firms were changed"):
        Firms.open(buffer, thorough=True)


def test_firms_of_other_fields_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from matching import saved

    buffer = Firms(drawn(20).items()).save()
    monkeypatch.setattr(saved, "FIELDS", (*saved.FIELDS, "mood"))
    with pytest.raises(SavedError, match=r"other fields \(mood\); accepted: .*, mood"):
        Firms.open(buffer)


def test_a_buffer_may_be_longer_than_what_was_saved() -> None:
    firms = Firms(drawn(200).items())
    assert told(Firms.open(firms.save() + bytes(4096), thorough=True)) == told(firms)
