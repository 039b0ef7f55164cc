"""The first page: what it is, for whom, who answers, on a map and in words."""

import pytest

from backend.accounts.models import Organisation
from backend.territories.models import ServedEpci
from backend.territories.outlines import map_of
from tests.factories import make_organisation
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


def test_each_intercommunality_is_drawn_and_said_with_its_telephone(client):
    for epci in ServedEpci.objects.all():
        make_organisation(epci.short_name)
    page = client.get("/")
    drawn = page.context["map"].outlines
    assert [each.epci for each in drawn] == list(ServedEpci.objects.all())
    assert len({each.path for each in drawn}) == 4
    for organisation in Organisation.objects.filter(epci__isnull=False):
        assert organisation.epci.usual_name in text_of(page)
        assert organisation.phone in text_of(page)
        assert f">{organisation.epci.short_name}</text>" in page.content.decode()
    assert "style=" not in page.content.decode()


def test_an_outline_lies_on_the_map_and_closes():
    drawn = map_of(ServedEpci.objects.all())
    for each in drawn.outlines:
        assert each.path.startswith("M")
        assert each.path.endswith("Z")
        points = each.path.replace("M", " ").replace("Z", " ").split()
        for x, y in (map(int, point.split(",")) for point in points):
            assert 0 <= x <= drawn.width
            assert 0 <= y <= drawn.height


def test_an_intercommunality_whose_outline_is_not_held_is_left_out():
    held, other = ServedEpci.objects.all()[:2]
    other.short_name = "AUTRE"
    assert [each.epci for each in map_of([held, other]).outlines] == [held]
