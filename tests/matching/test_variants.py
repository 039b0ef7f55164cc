"""A local variant is listed in place of its parent, wherever the firm has it or may have it."""

import pytest

from matching import MET, NOT_MET, UNKNOWN, CriterionError, Index, Match, Place, Profile, Window, Wish, chain_in
from tests.matching.factories import DAY, WEIGHTS, make_scheme, rank_one

HERE = Place(frozenset({"REG-32"}), frozenset())
ELSEWHERE = Place(frozenset({"REG-84"}), frozenset())
ROBOT = Wish({"robot": 1.0}, stated=True)
REGION = {"kind": "in_territory", "any_of": ["REG-32"]}


def pair(*conditions, **fields):
    parent = make_scheme("s:national", needs={"robot": 1.0}, kind="grant")
    fields = {"needs": {"robot": 1.0}, "kind": "grant", "variant_of": "s:national", **fields}
    return [parent, make_scheme("s:local", *conditions, **fields)]


def ranked(schemes, **facts) -> dict[str, Match]:
    found = rank_one(Index(schemes), Profile(**{"on": DAY, **facts}), ROBOT, WEIGHTS)
    return {match.scheme.key: match for match in found.matches}


@pytest.mark.parametrize(
    ("place", "eligibility", "hidden_by"),
    [(HERE, MET, ("s:local",)), (Place(), UNKNOWN, ("s:local",)), (ELSEWHERE, NOT_MET, ())],
)
def test_a_variant_hides_its_parent_unless_the_firm_cannot_have_it(place, eligibility, hidden_by):
    found = ranked(pair(REGION), place=place)
    assert found["s:local"].eligibility == eligibility
    assert found["s:national"].eligibility == MET
    assert (found["s:national"].hidden_by, found["s:national"].addresses) == (hidden_by, not hidden_by)
    assert found["s:local"].hidden_by == ()


def test_a_variant_that_is_closed_hides_nothing():
    assert ranked(pair(window=Window(state="exhausted")))["s:national"].addresses


def test_both_are_in_the_whole_list_and_only_the_variant_in_the_short_one():
    index = Index(pair())
    assert len(rank_one(index, Profile(on=DAY), ROBOT, WEIGHTS).matches) == 2
    (first,) = rank_one(index, Profile(on=DAY), ROBOT, WEIGHTS, limit=5).matches
    assert first.scheme.key == "s:local"


def test_what_is_hidden_takes_no_points_off_what_is_shown():
    assert "diversity" not in ranked(pair(verified=False))["s:local"].parts
    plain = [make_scheme(key, needs={"robot": 1.0}, kind="grant") for key in ("s:a", "s:b")]
    assert ranked(plain)["s:b"].parts["diversity"] == -5


def test_a_parent_that_is_not_there_is_no_matter():
    assert ranked(pair()[1:])["s:local"].addresses


def test_a_parent_without_its_variant_is_shown():
    (match,) = rank_one(Index(pair()[:1]), Profile(on=DAY), ROBOT, WEIGHTS).matches
    assert match.addresses


def test_a_scheme_is_no_variant_of_itself():
    with pytest.raises(CriterionError, match="variant of itself"):
        make_scheme("s:a", variant_of="s:a")


@pytest.mark.parametrize(
    ("parents", "chain"),
    [
        ({}, None),
        ({"a": "c", "b": "c"}, None),
        ({"a": "a"}, ("a", "a", "a")),
        ({"a": "b", "b": "a"}, ("a", "b", "a")),
        ({"c": "d", "b": "c"}, ("b", "c", "d")),
    ],
)
def test_a_variant_of_a_variant_is_found(parents, chain):
    assert chain_in(parents) == chain
