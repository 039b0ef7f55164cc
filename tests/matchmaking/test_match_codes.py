import pytest
from pytest_django import DjangoAssertNumQueries

from backend.matchmaking.match_codes import Communes
from backend.territories.models import Containment, Perimeter


@pytest.mark.parametrize(
    ("code", "region"), [("60159", "32"), ("02691", "32"), ("2A004", "94"), ("75056", "11"), ("97411", "04")]
)
def test_a_commune_is_known_with_its_region(db: None, code: str, region: str) -> None:
    communes = Communes()
    assert code in communes
    assert communes.region_of(code) == region


@pytest.mark.parametrize("code", ["60999", "6", "601590", "60%59", "%", "COM-60159", "", None, 60159])
def test_what_is_no_code_of_a_commune_is_not_known(db: None, code: object) -> None:
    assert code not in Communes()


def test_every_commune_held_is_known_with_its_region(db: None) -> None:
    communes = Communes()
    inside = Containment.objects.filter(outer__kind=Perimeter.Kind.REGION, until__isnull=True, holds=True)
    regions = dict(inside.values_list("inner__code", "outer__code"))
    for code in Perimeter.objects.communes().values_list("code", flat=True):
        official = code.partition("-")[2]
        assert official in communes
        assert communes.region_of(official) == regions.get(code, "").partition("-")[2]


def test_a_department_is_read_once_and_another_when_it_is_asked_for(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    communes = Communes()
    with django_assert_num_queries(2):
        for code in ("60159", "60667", "02691", "60999"):
            assert (code in communes) is (code != "60999")
    with django_assert_num_queries(0):  # nothing is asked for what cannot be a code
        assert "é" * 5 not in communes


def test_those_of_all_departments_are_read_at_once_after_a_few(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    communes = Communes()
    with django_assert_num_queries(5):
        for code in ("60159", "02691", "2A004", "75056", "97411", "59350", "13055", "69123"):
            assert code in communes
    with django_assert_num_queries(1):
        assert "99001" not in communes
    with django_assert_num_queries(0):
        assert "99002" not in communes
