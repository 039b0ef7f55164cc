"""Firms by the bytes of their facts are told what each is told by itself."""

import pytest

import matching
from backend.companies.packing import pack, rows_of
from backend.matchmaking import engine
from backend.matchmaking.engine import packed
from backend.matchmaking.engine.compiled import compile_record
from backend.matchmaking.engine.firms import profile, with_correspondents
from backend.matchmaking.engine.percolation import LATER, VERDICTS
from backend.schemes.catalogue.records import read_record
from backend.schemes.models import Scheme
from tests.factories import DAY
from tests.matchmaking.generated import Draw

pytestmark = pytest.mark.django_db
ODD = ({}, {"commune": "99999"}, {"commune": ""}, {"headcount": [None, None]}, {"answer:jury": True, "naf": "c"})


def draw(seed: int, n: int) -> list[dict]:
    """Draw what is known of firms, as their files would have it."""
    several = []
    for line in Draw(seed).lines(n):
        known = {name: value for name, value in line.items() if name not in ("id", "on", "needs", "text", "project")}
        known |= {f"project.{name}": value for name, value in (line.get("project") or {}).items()}
        several.append({name: value for name, value in known.items() if value is not None})
    return [*ODD, *several, *several[: n // 3]]


def packed_facts(several: list[dict]) -> engine.PackedFacts:
    both = [pack(known) for known in several]
    return engine.PackedFacts(
        rows_of(one.row for one in both), {place: one.rest for place, one in enumerate(both) if one.rest}
    )


def told_alone(several, record, on):
    """Ask each firm by itself, as a result does."""
    scheme, table = compile_record(record), engine.catalogue().correspondence
    said = []
    for known in several:
        one = matching.classes_of([profile(with_correspondents(known, table), on=on)])
        found = matching.evaluate(one, scheme)
        whole, typed, later = found.eligibility[0], found.typed[0], found.opens_later[0]
        said.append(LATER if later else VERDICTS[matching.Outcome(whole if whole == matching.NOT_MET else typed)])
    return said


@pytest.mark.cases(1)
@pytest.mark.parametrize("seed", range(12))
def test_every_scheme_says_to_many_what_it_says_to_each(seed):
    several = draw(seed, 30)
    firms = engine.Firms(packed_facts(several), on=DAY)
    schemes = Scheme.objects.matchable(Scheme.OWN).select_related("current").order_by("source_key")[seed::12]
    told = {scheme.key: firms.verdicts(record) for scheme in schemes if (record := read_record(scheme.current))}
    for scheme in schemes:
        assert told[scheme.key] == told_alone(several, read_record(scheme.current), DAY), scheme.key
    assert {verdict for several in told.values() for verdict in several} >= {"eligible", "undecided", "ineligible"}


def test_what_the_firms_before_were_told_changes_nothing(monkeypatch):
    record = read_record(Scheme.objects.of_source(Scheme.OWN).get(source_key="hdf-aden").current)
    first, second = draw(5, 40), draw(6, 40)
    expected = [told_alone(several, record, DAY) for several in (first, second)]
    for kept in (packed.KEPT, 10):
        monkeypatch.setattr(packed, "KEPT", kept)
        packed.clear_cache()
        told = [engine.Firms(packed_facts(several), on=DAY).verdicts(record) for several in (first, second, first)]
        assert told == [*expected, expected[0]]


def test_some_of_them_in_another_order_are_told_the_same():
    record = read_record(Scheme.objects.of_source(Scheme.OWN).get(source_key="hdf-aden").current)
    several = draw(7, 30)
    whole = engine.Firms(packed_facts(several), on=DAY).verdicts(record)
    places = [12, 3, 30, 4]
    assert engine.Firms(packed_facts(several).take(places), on=DAY).verdicts(record) == [whole[n] for n in places]
