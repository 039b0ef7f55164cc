"""Thousands of firms by class: told from the facts that a scheme reads what each is told from all of its facts."""

from datetime import date

import pytest

import matching
from backend.companies.packing import pack, rows_of
from backend.matchmaking import engine
from backend.matchmaking.engine.packed import PackedFacts, packed_classes
from backend.matchmaking.match_codes import load_codes
from backend.matchmaking.match_input import read_record
from backend.schemes.models import Scheme
from tests.matching import naive_verdicts
from tests.matchmaking.generated import Draw

DAY = date(2026, 11, 24)
pytestmark = pytest.mark.django_db


def test_firms_by_class_are_told_what_each_is_told_alone() -> None:
    compiled, codes = engine.catalogue(Scheme.OWN), load_codes()
    facts = [dict(read_record(line, codes, on=DAY).facts) for line in Draw(3).lines(36)]
    asked = [leaf.fact for scheme in compiled.schemes for rule in scheme.conditions for leaf in matching.leaves(rule)
             if isinstance(leaf, matching.Manual)]  # fmt: skip
    for number, known in enumerate(facts):
        known[f"answer:{asked[number % len(asked)]}"] = number % 3 == 0
        known[f"scheme:{compiled.schemes[number].key}"] = number % 2 == 0
    for several in (facts[:22], facts[14:]):  # the second ones meet what was kept of the first
        whole = [engine.with_correspondents(known, compiled.correspondence) for known in several]
        alone = matching.Profiles([engine.profile(known, on=DAY) for known in whole])
        packed = [pack(known) for known in several]
        rests = {place: each.rest for place, each in enumerate(packed) if each.rest}
        rows = PackedFacts(rows_of(each.row for each in packed), rests)
        together = packed_classes(rows, compiled.correspondence, on=DAY)
        for scheme in compiled.schemes:
            found, expected = matching.evaluate(together, scheme), naive_verdicts.evaluate(alone, scheme)
            assert found.eligibility.tolist() == expected.eligibility.tolist(), scheme.key
            assert found.typed.tolist() == expected.typed.tolist(), scheme.key
            assert found.opens_later.tolist() == expected.opens_later.tolist(), scheme.key
