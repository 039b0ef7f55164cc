"""Our own catalogue over drawn firms: all at once as one by one."""

from dataclasses import replace
from datetime import date

import pytest

import matching
from backend.matchmaking import engine
from tests.matchmaking.generated import Draw

DAY = date(2026, 11, 24)
FACTS = ("naf", "headcount", "turnover", "balance_sheet", "created_on", "legal_category", "micro_entrepreneur")
FACTS += ("commune", "region", "group", "craft_register", "in_difficulty")


@pytest.mark.django_db
def test_our_catalogue_says_to_many_firms_at_once_what_it_says_to_each():
    compiled = engine.catalogue()
    lines = Draw(3).lines(60)
    facts = [{name: line[name] for name in FACTS if line.get(name) is not None} for line in lines]
    known = {number: engine.profile(each, on=DAY) for number, each in enumerate(facts)}
    firms = matching.Firms(known.items())
    profiles = matching.Profiles([replace(profile, on=DAY) for profile in known.values()])
    for scheme in compiled.schemes:
        whole = matching.evaluate(profiles, scheme).eligibility
        found = firms.verdicts(scheme, on=DAY)
        assert sorted(found.eligible.tolist()) == [firm for firm in known if whole[firm] == matching.MET]
        assert sorted(found.undecided.tolist()) == [firm for firm in known if whole[firm] == matching.UNKNOWN]
    crowd = matching.Crowd(compiled.index, firms, on=DAY)
    told = [row for chunk in crowd.verdicts() for row in chunk.possible]
    for firm, row in zip(crowd.ids.tolist(), told, strict=True):
        assert int.from_bytes(row.tobytes(), "little") == compiled.index.stand(known[firm]).possible
