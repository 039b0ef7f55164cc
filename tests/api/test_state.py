"""A tag changes with everything an answer says, and with nothing else that can be told apart."""

from datetime import date

import pytest

from backend.common import releases
from backend.matchmaking.models import WeightSet
from backend.schemes.models import (
    Operator,
    OperatorRole,
    Relation,
    Scheme,
    ServedNeed,
    SubNeed,
    TaxonomyNeed,
)
from backend.territories.models import LoadedFixture
from tests.api.conftest import problem_of
from tests.factories import DAY, make_submission

pytestmark = pytest.mark.django_db
KEY = "hdf-pme-plus-volet1"
FEW = "schemes/?page_size=1"  # its tag is of all schemes, as that of the whole list and of the dump
PATHS = (
    "",
    "schemes/",
    f"schemes/{KEY}/",
    "schemes/dump/",
    "needs/",
    "perimeters/",
    "perimeters/COM-60159/",
    "statistics/",
)


def tag(api, path: str) -> str:
    response = api(path)
    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=60"
    return response["ETag"]


def test_who_holds_the_answer_gets_nothing_again(api):
    held = {path: tag(api, path) for path in PATHS}
    for path, own in held.items():
        response = api(path, headers={"If-None-Match": own})
        assert (response.status_code, response.content) == (304, b""), path
        assert response["ETag"] == own
        assert response["Cache-Control"] == "public, max-age=60"
    own = held["needs/"]
    for wanted in (f'"other", {own}', own.removeprefix("W/"), "*"):
        assert api("needs/", headers={"If-None-Match": wanted}).status_code == 304, wanted
    for wanted in ('W/"other"', "garbage"):
        assert api("needs/", headers={"If-None-Match": wanted}).status_code == 200, wanted


def test_a_held_answer_costs_three_queries(api, django_assert_num_queries):
    held = tag(api, "schemes/dump/")
    with django_assert_num_queries(3):
        assert api("schemes/dump/", headers={"If-None-Match": held}).status_code == 304


def test_a_new_revision_changes_the_tag(api, revise):
    paths = ("schemes/", f"schemes/{KEY}/", "schemes/dump/")
    before = {path: tag(api, path) for path in paths}
    revise(KEY, summary="Un résumé changé.")
    for path in paths:
        response = api(path, headers={"If-None-Match": before[path]})
        assert response.status_code == 200, path
        assert response["ETag"] != before[path], path
        assert path == "schemes/" or "Un résumé changé." in response.content.decode()


CHANGES = {
    "a scheme is withdrawn": lambda: Scheme.objects.filter(source_key=KEY).update(state="archived"),
    "a scheme changes its key": lambda: Scheme.objects.filter(source_key=KEY).update(source_key="autre"),
    "an operator is renamed": lambda: Operator.objects.filter(name="Région Hauts-de-France").update(
        name="Un autre nom"
    ),
    "a role is added": lambda: OperatorRole.objects.create(
        revision=Scheme.objects.get(source_key=KEY).current, operator=Operator.objects.first(), role="distributor"
    ),
    "a need is added": lambda: ServedNeed.objects.create(
        revision=Scheme.objects.get(source_key=KEY).current, sub_need_id="risques.inondation", weight=0.1
    ),
    "a link is added": lambda: Relation.objects.create(
        revision=Scheme.objects.get(source_key=KEY).current, kind="follows", other_key="hdf-aden"
    ),
    "a sub-need is renamed": lambda: SubNeed.objects.filter(key="numerique.robot").update(label="Robots"),
    "a need is renamed": lambda: TaxonomyNeed.objects.filter(key="numerique").update(label="Machines"),
    "the geography is loaded again": lambda: LoadedFixture.objects.filter(name="territories").update(digest="x"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_changes_a_row_that_is_shown_changes_the_tag(api, change):
    before = tag(api, FEW)
    change()
    assert tag(api, FEW) != before


def test_the_day_changes_the_tag_for_the_sentences_name_it(api, settings):
    before = {path: tag(api, path) for path in ("", FEW, "needs/", "perimeters/COM-60159/", "statistics/")}
    settings.FIXED_DAY = date(2026, 11, 25)
    assert all(tag(api, path) != held for path, held in before.items())


def test_a_release_changes_the_tag(api, settings, tmp_path):
    before = tag(api, "schemes/")
    (tmp_path / "requirements.txt").write_text("another lock")
    settings.BASE_DIR = tmp_path
    releases.code_state.cache_clear()
    try:
        assert tag(api, "schemes/") != before
    finally:
        releases.code_state.cache_clear()


def test_each_address_and_each_host_has_its_own_tag(api):
    addresses = ["schemes/", "schemes/?page=2", "schemes/?level=local", "schemes/?level=regional", "needs/"]
    assert len({tag(api, address) for address in addresses}) == len(addresses)
    response = api("schemes/", headers={"Host": "localhost"})
    assert "http://localhost/" in response.content.decode()
    assert response["ETag"] != tag(api, "schemes/")


def test_what_is_not_shown_leaves_the_tag_as_it_is(api):
    before = tag(api, FEW)
    make_submission()
    WeightSet.objects.create(version="x", points={}, written_on=DAY)
    Scheme.objects.create(source_key="brouillon")
    assert tag(api, FEW) == before


def test_an_address_that_is_none_is_not_found_even_for_who_holds_anything(api):
    for path in ("schemes/nothing/", "schemes/?page=999", "perimeters/nothing/"):
        problem_of(api(path, headers={"If-None-Match": "*"}), 404, "introuvable")


def test_a_condition_that_is_no_longer_true_is_told(api):
    problem_of(api("schemes/", headers={"If-Match": '"old"'}), 412, "condition-non-remplie")
    assert api("schemes/", headers={"If-Match": "*"}).status_code == 200


def test_the_head_of_an_answer_is_that_of_the_answer(client, api):
    whole = api("schemes/")
    head = client.head("/api/v1/schemes/")
    assert (head.status_code, head.content) == (200, b"")
    assert (head["ETag"], head["Content-Type"]) == (whole["ETag"], whole["Content-Type"])
