"""Perimeters, who contains whom, and zones in three values."""

import pytest

from backend.territories.models import Perimeter
from tests.api.conftest import problem_of

pytestmark = pytest.mark.django_db
ARC = "EPCI-200067965"


def codes(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [place["code"] for place in response.json()["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("code=COM-60159", ["COM-60159"]),
        ("code=60159", ["COM-60159"]),
        ("code=200067965", [ARC]),
        ("code=32", ["DEP-32", "REG-32"]),
        ("code=nothing", []),
        ("name=margny-les-compiegne", ["COM-60382"]),
        ("name=MARGNY-LÈS-COMPIÈGNE", ["COM-60382"]),
        ("name=xylophone", []),
        ("name=%25", []),
        ("postcode=60200&kind=commune", ["COM-60159"]),
        ("around=COM-60159&kind=department&kind=region", ["DEP-60", "REG-32"]),
        ("around=REG-32", []),
        ("parent=REG-32&kind=department", ["DEP-02", "DEP-59", "DEP-60", "DEP-62", "DEP-80"]),
        ("parent=COM-60159", []),
        ("parent=ZONE-bassin-artois-picardie", []),
        (f"parent={ARC}&name=compiegne", ["COM-60159", "COM-60382"]),
    ],
)
def test_a_filter_keeps_what_it_says(api, query, expected):
    assert codes(api(f"perimeters/?{query}")) == expected


def test_an_intercommunality_contains_its_communes(api):
    response = api(f"perimeters/?parent={ARC}&page_size=100")
    assert response.json()["count"] == 22
    assert {place["kind"] for place in response.json()["results"]} == {"commune"}


def test_a_commune_says_where_it_is_and_what_nobody_knows(api):
    place = api("perimeters/COM-60159/").json()
    assert (place["name"], place["official_code"], place["postcodes"]) == ("Compiègne", "60159", ["60200"])
    assert place["population"] == 40761
    assert {outer["code"] for outer in place["around"]} == {"DEP-60", ARC, "REG-32"}
    zones = {zone["code"]: zone["inside"] for zone in place["zones"]}
    assert len(zones) == Perimeter.objects.zones().count()
    assert zones["ZONE-bassin-seine-normandie"] is True
    assert zones["ZONE-bassin-artois-picardie"] is False
    assert zones["ZONE-qpv-2024"] is None


def test_the_usual_name_is_that_of_an_intercommunality_served(api):
    assert api(f"perimeters/{ARC}/").json()["usual_name"]
    assert api("perimeters/DEP-60/").json()["usual_name"] is None
    assert api(f"perimeters/{ARC}/").json()["zones"] == []


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("kind=planet", "kind"),
        ("parent=60159", "parent"),
        ("around=COM-99999", "around"),
        ("parent=%00", "parent"),
        ("name=%00", "name"),
        ("code=%00", "code"),
        ("postcode=%00", "postcode"),
        ("search=x", "search"),
        ("code=", "code"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(api, query, parameter):
    body = problem_of(api(f"perimeters/?{query}"), 400, "parametre-refuse")
    assert [error["parameter"] for error in body["errors"]] == [parameter]


@pytest.mark.parametrize("code", ["60159", "COM-99999", "%00", "x" * 61, "com-60159"])
def test_a_code_of_no_perimeter_is_not_found(api, code):
    problem_of(api(f"perimeters/{code}/"), 404, "introuvable")
