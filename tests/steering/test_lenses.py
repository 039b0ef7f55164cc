"""Needs read by working group and by action: which sub-needs each looks at is data, and the map shows no other."""

import pytest

from backend.schemes.models import SubNeed
from backend.steering.lenses import lens_of, lenses
from backend.steering.nightly import rebuild
from tests.factories import CCLO, COMMUNES, DAY, make_lead, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


def test_the_four_groups_and_seven_actions_look_at_needs_of_the_taxonomy():
    known = set(SubNeed.objects.values_list("key", flat=True))
    assert {kind: len(several) for kind, several in lenses().items()} == {"groups": 4, "actions": 7}
    for several in lenses().values():
        for lens in several:
            assert lens.sub_needs, lens
            assert set(lens.sub_needs) <= known, lens
    assert lens_of("groups:ailleurs") is None


def test_the_map_is_read_by_the_eyes_of_a_group(client):
    apart = {"siret": "", "siren": "", "text": ""}
    make_submission(confirmed=True, needs=("mobilite.fret",), **apart)
    make_submission(confirmed=True, needs=("cyber.diagnostic",), facts={"commune": COMMUNES[CCLO]}, **apart)
    rebuild(on=DAY)
    client.force_login(make_lead())
    page = client.get("/territoire/carte/", {"vue": "groups:mobilite"})
    assert "1 besoin de 1 demande" in text_of(page)
    labels = dict(SubNeed.objects.values_list("key", "label"))
    assert labels["mobilite.fret"] in text_of(page)
    assert labels["cyber.diagnostic"] not in text_of(page)
    assert "vue=groups%3Amobilite" in page.content.decode()  # what a click goes on from
    assert "1 besoin de 1 demande" in text_of(client.get("/territoire/carte/", {"vue": "actions:port-fluvial"}))
    refused = client.get("/territoire/carte/", {"vue": "groups:ailleurs"})
    assert refused.status_code == 422
    assert "« groups:ailleurs » n’est pas dans la liste" in text_of(refused)
