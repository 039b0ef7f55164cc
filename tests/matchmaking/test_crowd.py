"""Our own catalogue and the State's programmes over drawn firms: by every path what the evaluator says."""

from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

import matching
from backend.matchmaking import engine
from backend.schemes.models import Scheme
from tests.conftest import REAL_DATA
from tests.matchmaking.generated import Draw
from tests.schemes.importers.made_up import SOURCE

DAY = date(2026, 11, 24)
FACTS = ("naf", "headcount", "turnover", "balance_sheet", "created_on", "legal_category", "micro_entrepreneur")
FACTS += ("commune", "region", "group", "craft_register", "in_difficulty")
N_FIRMS, LIMIT = 60, 20
pytestmark = pytest.mark.django_db


def check(source: str) -> None:
    compiled = engine.catalogue(source)
    facts = [{name: line[name] for name in FACTS if line.get(name) is not None} for line in Draw(3).lines(N_FIRMS)]
    known = {number: engine.profile(each, on=DAY) for number, each in enumerate(facts)}
    firms = matching.Firms(known.items())
    profiles = matching.Profiles([replace(profile, on=DAY) for profile in known.values()])
    for scheme in compiled.schemes:
        whole = matching.evaluate(profiles, scheme).eligibility
        found = firms.verdicts(scheme, on=DAY)
        assert sorted(found.eligible.tolist()) == [firm for firm in known if whole[firm] == matching.MET]
        assert sorted(found.undecided.tolist()) == [firm for firm in known if whole[firm] == matching.UNKNOWN]
    index, weights = compiled.index, engine.active_weights()[1]
    crowd = matching.Crowd(index, firms, on=DAY)
    told = [row for chunk in crowd.verdicts() for row in chunk.possible]
    for wish in (matching.Wish(), ticked("energie.audit", "competences.recruter")):
        chosen = crowd.choose(wish, weights, limit=LIMIT)
        rows = zip(crowd.ids.tolist(), told, chosen.positions.tolist(), chosen.scores.tolist(), strict=True)
        for firm, row, positions, scores in rows:
            assert int.from_bytes(row.tobytes(), "little") == index.stand(known[firm]).possible
            whole = matching.rank(index, known[firm], wish, weights).matches
            first = [(match.scheme.key, match.score) for match in whole if match.addresses and match.score is not None]
            alone = matching.rank(index, known[firm], wish, weights, limit=LIMIT).matches
            assert [(match.scheme.key, match.score) for match in alone] == first[:LIMIT]
            together = [(index.schemes[at].key, score) for at, score in zip(positions, scores, strict=True) if at >= 0]
            assert together == first[:LIMIT]


def ticked(*needs: str) -> matching.Wish:
    return matching.Wish(dict.fromkeys(needs, 1.0), ticked=frozenset(needs), stated=True)


def test_our_catalogue_says_the_same_by_every_path() -> None:
    check(Scheme.OWN)


@pytest.mark.real_data
def test_the_programmes_of_the_state_say_the_same_by_every_path() -> None:
    call_command("import_schemes", SOURCE, REAL_DATA / "mte" / "programs.json", stdout=StringIO())
    check(SOURCE)
