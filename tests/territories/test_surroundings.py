import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from backend.matchmaking import engine
from backend.territories.models import Containment, Perimeter
from backend.territories.services import (
    areas_surroundings,
    communes_surroundings,
    load_territories,
    perimeter_surroundings,
    period_of,
)

DAY = date(2026, 11, 24)
BEFORE = date(2025, 12, 31)
TERRITORIES = Path(__file__).parents[2] / "fixtures" / "territories"
pytestmark = pytest.mark.django_db


def test_a_commune_is_in_what_holds_it_and_may_be_in_a_zone_whose_list_is_not_held() -> None:
    found = communes_surroundings(["60159"], on=DAY)["60159"]
    zones = {"ZONE-acv", "ZONE-bassin-seine-normandie", "ZONE-ti-2023-2027"}
    assert found.inside == {"COM-60159", "DEP-60", "REG-32", "EPCI-200067965", *zones}
    assert found.possible is not None
    assert {"ZONE-qpv-2024", "ZONE-afr-2022-2027"} <= found.possible
    assert "ZONE-bassin-artois-picardie" not in found.possible  # known to be outside


def test_several_communes_are_read_at_once_and_unknown_codes_are_left_out(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    communes_surroundings(["60159"], on=DAY)  # the list of zones is read once
    with django_assert_num_queries(2):
        found = communes_surroundings(["60159", "60667", "01001", "99999"], on=DAY)
    assert set(found) == {"60159", "60667", "01001"}


def test_areas_are_read_at_once_as_one_by_one_and_unknown_codes_are_left_out(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    codes = ["REG-32", "REG-01", "DEP-60", "EPCI-200067965", "ZONE-bassin-oise-aisne", "REG-99"]
    communes_surroundings(["60159"], on=DAY)  # the list of zones is read once
    with django_assert_num_queries(4):
        found = areas_surroundings(codes, on=DAY)
    assert found == {code: perimeter_surroundings(code, on=DAY) for code in codes[:-1]}


def test_before_the_geography_that_is_held_nothing_is_known_of_who_holds_whom() -> None:
    assert communes_surroundings(["60159"], on=BEFORE)["60159"].possible is None
    region = perimeter_surroundings("REG-32", on=BEFORE)
    assert region is not None
    assert (region.inside, region.possible) == ({"REG-32"}, None)


def test_a_place_known_by_its_region_may_be_in_what_touches_it() -> None:
    found = perimeter_surroundings("REG-32", on=DAY)
    assert found is not None
    assert found.possible is not None
    assert found.inside == {"REG-32"}
    assert {"DEP-60", "DEP-02", "COM-60159", "EPCI-200067965", "ZONE-qpv-2024"} <= found.possible
    assert not {"DEP-75", "REG-11", "COM-01001"} & found.possible


def test_what_holds_a_whole_region_holds_the_place() -> None:
    found = perimeter_surroundings("REG-01", on=DAY)
    assert found is not None
    assert found.inside == {"REG-01", "DEP-971"}  # a region of one department


def test_an_unknown_region_has_no_surroundings() -> None:
    assert perimeter_surroundings("REG-99", on=DAY) is None


def test_the_project_stands_where_the_firm_does_unless_it_is_said() -> None:
    same = engine.profile({"commune": "60159"}, on=DAY)
    other = engine.profile({"commune": "60159", "project.commune": "01001"}, on=DAY)
    assert same.project_place == same.place
    assert "COM-01001" in other.project_place.inside
    assert other.place == same.place


def test_what_is_found_holds_for_a_whole_period() -> None:
    assert period_of(DAY) == date(2026, 1, 1)
    assert period_of(date(2026, 1, 1)) == date(2026, 1, 1)
    assert period_of(BEFORE) == date.min


@pytest.mark.slow
def test_a_commune_that_left_a_zone_is_no_longer_in_it(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(TERRITORIES, tmp_path / "territories"))
    zones = yaml.safe_load((copy / "zones.yaml").read_text())
    for zone in zones["zones"]:
        zone["members"] = []
    (copy / "zones.yaml").write_text(yaml.safe_dump(zones))
    n_links = Containment.objects.count()
    load_territories(copy)
    found = communes_surroundings(["60159"], on=DAY)["60159"]
    assert "ZONE-bassin-seine-normandie" not in found.inside
    assert "ZONE-bassin-seine-normandie" not in (found.possible or ())
    assert Containment.objects.count() == n_links  # known to be out, where the list is held


@pytest.mark.parametrize(
    ("commune", "inside", "possible"),
    [
        ("60159", True, False),  # Compiègne, ARC
        ("60636", False, True),  # Thourotte, CC2V: left out of the list of 2024, perhaps put back since
        ("60471", False, False),  # Noyon: in no territory
        ("80021", False, True),  # Amiens: outside the Oise, the list is not held
    ],
)
def test_an_epci_that_may_have_come_back_to_a_territoire_d_industrie_is_neither_in_nor_out(commune, inside, possible):
    found = communes_surroundings([commune], on=DAY)[commune]
    assert found.possible is not None
    assert ("ZONE-ti-2023-2027" in found.inside, "ZONE-ti-2023-2027" in found.possible) == (inside, possible)


def test_no_commune_served_is_rural_to_revitalise_and_others_of_the_oise_are() -> None:
    served = set(Perimeter.objects.inside(Perimeter.objects.get(code="ZONE-bassin-seine-normandie"), on=DAY))
    rural = set(Perimeter.objects.inside(Perimeter.objects.get(code="ZONE-frr"), on=DAY))
    assert len(rural) == 171
    assert not served & rural
    found = communes_surroundings(["60159", "60104"], on=DAY)  # Compiègne and Breteuil
    assert "ZONE-frr" in found["60104"].inside
    assert "ZONE-frr" not in (found["60159"].possible or ())


@pytest.mark.parametrize(
    ("zone", "n_communes"), [("ZONE-bassin-seine-normandie", 77), ("ZONE-bassin-artois-picardie", 0)]
)
def test_a_zone_holds_its_members_and_not_those_known_to_be_out(zone: str, n_communes: int) -> None:
    perimeter = Perimeter.objects.get(code=zone)
    assert Perimeter.objects.inside(perimeter, on=DAY).count() == n_communes
    commune = Perimeter.objects.get(code="COM-60159")
    assert (zone in codes(Perimeter.objects.around(commune, on=DAY))) is (n_communes > 0)


def codes(perimeters) -> set[str]:
    return set(perimeters.values_list("code", flat=True))


@pytest.mark.parametrize(
    ("code", "inside", "possible", "outside"),
    [
        ("COM-60159", {"COM-60159", "EPCI-200067965", "DEP-60", "REG-32"}, {"ZONE-qpv-2024"}, {"DEP-02", "COM-60057"}),
        ("EPCI-200067965", {"EPCI-200067965", "DEP-60", "REG-32"}, {"COM-60159"}, {"COM-60057", "DEP-02"}),
        ("DEP-60", {"DEP-60", "REG-32"}, {"COM-60159", "EPCI-200067965"}, {"DEP-02", "COM-02722"}),
        ("ZONE-bassin-seine-normandie", {"ZONE-bassin-seine-normandie", "DEP-60"}, {"COM-60159"}, {"COM-60057"}),
    ],
)
def test_a_place_known_by_any_perimeter(code: str, inside: set[str], possible: set[str], outside: set[str]) -> None:
    found = perimeter_surroundings(code, on=DAY)
    assert found is not None
    assert found.possible is not None
    assert inside <= found.inside
    assert possible <= found.possible
    assert not outside & (found.inside | found.possible)


def test_a_zone_whose_list_is_not_held_says_nothing_else_of_a_place() -> None:
    found = perimeter_surroundings("ZONE-bassin-oise-aisne", on=DAY)
    assert found is not None
    assert (found.inside, found.possible) == ({"ZONE-bassin-oise-aisne"}, None)
