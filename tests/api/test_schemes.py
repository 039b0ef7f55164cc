"""What is published, and nothing else; filters, order, pages."""

from datetime import date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

import matching
from backend.api.filters import SchemeFilter
from backend.api.views.catalogue import in_force
from backend.schemes.catalogue import criteria, revision_wording
from backend.schemes.catalogue.windows import WindowOn
from backend.schemes.models import Revision, Scheme, SubNeed, TaxonomyNeed
from tests.api.conftest import problem_of
from tests.factories import DAY, make_submission

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")


def keys(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [scheme["key"] for scheme in response.json()["results"]]


def every_key(api, query: str = "") -> list[str]:
    found, page = [], 1
    while True:
        response = api(f"schemes/?page_size=50&page={page}{query}")
        found += keys(response)
        if response.json()["next"] is None:
            assert len(found) == response.json()["count"]
            return found
        page += 1


def filtered(**given) -> set[str]:
    """Return the keys that a filter leaves, without the pages of the answer."""
    return set(SchemeFilter(given, queryset=in_force()).qs.values_list("scheme__source_key", flat=True))


def published() -> set[str]:
    return set(Scheme.objects.of_source(Scheme.OWN).published().values_list("source_key", flat=True))


def test_the_list_holds_every_published_scheme_once_by_key(api):
    found = every_key(api)
    assert len(found) > 100
    assert sorted(found) == sorted(published())
    assert found == list(in_force().values_list("scheme__source_key", flat=True))


def test_what_is_not_published_is_nowhere(api):
    changes = {
        "mediation-credit": {"state": "draft"},
        "adie": {"state": "archived"},
        "hdf-aden": {"source": "imported"},
        "vie": {"current": None},
    }
    for key, change in changes.items():
        assert Scheme.objects.of_source(Scheme.OWN).published().filter(source_key=key).update(**change) == 1
    listed, dump = set(every_key(api)), api("schemes/dump/")
    assert listed == {scheme["key"] for scheme in dump.json()["schemes"]}
    for key in changes:
        assert key not in listed
        problem_of(api(f"schemes/{key}/"), 404, "introuvable")
        assert f"/schemes/{key}/" not in dump.content.decode()


def test_nothing_of_a_firm_nor_of_an_internal_note_is_ever_answered(api, revise):
    submission = make_submission(company_name="Tôlerie des Étangs", text="un secret de fabrique")
    revise("mediation-credit", notes="une note-interne", corrections=["une correction-interne"])
    for path in ("", "schemes/", "schemes/mediation-credit/", "schemes/dump/", "needs/", "perimeters/"):
        text = api(path).content.decode()
        for secret in ("Tôlerie", "secret de fabrique", submission.contact.email, "-interne"):
            assert secret not in text, (path, secret)


def test_a_sheet_says_what_its_revision_says(api, revise):
    revise("hdf-pme-plus-volet1", summary="Un résumé changé.", preparation_days=30)
    sheet = api("schemes/hdf-pme-plus-volet1/").json()
    revision = Scheme.objects.get(source_key="hdf-pme-plus-volet1").current
    assert (sheet["revision"], sheet["summary"], sheet["preparation_days"]) == (3, "Un résumé changé.", 30)
    rows = list(revision.criteria.select_related("source"))
    assert [criterion["definition"] for criterion in sheet["criteria"]] == [row.definition for row in rows]
    assert [criterion["sentence"] for criterion in sheet["criteria"]] == [
        criteria.sentence(row.definition) for row in rows
    ]
    assert [criterion["source"]["number"] for criterion in sheet["criteria"]] == [row.source.position for row in rows]
    assert sheet["window"]["text"] == revision_wording.deadline(revision, on=DAY)
    assert sheet["operators"] == [
        {"name": "Région Hauts-de-France", "siren": "200053742", "roles": ["funder", "assessor"]}
    ]
    served = dict(revision.served_needs.values_list("sub_need", "weight"))
    assert served["numerique.robot"] == 1.0
    assert {need["sub_need"]: need["weight"] for need in sheet["needs"]} == served
    assert [relation["scheme"] for relation in sheet["relations"]] == ["hdf-pme-plus-volet2"]
    assert sheet["url"] == "http://testserver/api/v1/schemes/hdf-pme-plus-volet1/"


def test_what_is_not_known_is_null_or_empty_and_never_zero(api):
    sheet = api("schemes/feder-aap-pme-industrielles-2026/").json()
    assert sheet["amount"] == {
        "text": "",
        "unit": None,
        "rate_max_pct": None,
        "rates": [],
        "floor_eur": None,
        "ceiling_eur": None,
        "spend_min_eur": None,
        "spend_max_eur": None,
        "in_kind": None,
        "cost_left_eur": None,
        "duration": "",
        "source": None,
        "place": "",
        "excerpt": "",
    }
    assert (sheet["window"]["opens_on"], sheet["window"]["closes_on"], sheet["preparation_days"]) == (None, None, None)


def test_a_typed_amount_a_window_that_comes_back_and_a_day_to_review_are_told(api, revise):
    window = {"state": "dated", "opens_on": date(2026, 3, 1), "closes_on": date(2026, 6, 30), "recurring": True}
    amount = {"rates": [{"size": "medium", "pct": 20}, {"size": "micro", "pct": 32.5}], "spend_max_eur": 80000}
    revise("hdf-pme-plus-volet1", amount=amount, window={**window, "note": None}, review_by=date(2027, 1, 31))
    sheet = api("schemes/hdf-pme-plus-volet1/").json()
    assert sheet["amount"]["rates"] == [{"size": "micro", "pct": 32.5}, {"size": "medium", "pct": 20.0}]
    assert (sheet["amount"]["spend_min_eur"], sheet["amount"]["spend_max_eur"]) == (None, 80000)
    assert (sheet["window"]["today"], sheet["window"]["expected_again"]) == ("closed", "2027-03-01")
    assert sheet["review_by"] == "2027-01-31"
    assert api("schemes/adie/").json()["review_by"] == "2027-05-30"  # 180 days after it was read


def test_a_scheme_has_the_same_identifier_on_every_installation(api):
    known = uuid5(NAMESPACE_URL, "urn:jonction:scheme:jonction:adie")
    assert api("schemes/adie/").json()["uuid"] == str(known)
    assert Scheme.objects.get(uuid=known).source_key == "adie"
    assert api("schemes/dump/").json()["schemes"][0]["uuid"]
    assert len(set(Scheme.objects.values_list("uuid", flat=True))) == Scheme.objects.count()


def test_schemes_are_found_by_what_their_window_is_today(api, revise):
    revise("adie", window={"state": "dated", "opens_on": None, "closes_on": DAY, "recurring": None, "note": None})
    by_state = {state: filtered(window_today=[state]) for state in WindowOn.values}
    assert "adie" in by_state["closing_soon"]
    assert sum(map(len, by_state.values())) == len(published())
    both = set(every_key(api, "&window_today=open&window_today=closing_soon"))
    assert both == by_state["open"] | by_state["closing_soon"] == filtered(open_on=str(DAY))
    assert api("schemes/?window_today=ajar").status_code == 400


def test_a_link_says_its_cap_where_it_is_known(api, revise):
    links = [
        {"kind": "cumulable", "scheme": "vie", "cap_pct": 62.5, "note": "Dit la page.", "source": 1},
        {"kind": "cumulable", "scheme": "adie", "cap_pct": None, "note": None, "source": None},
    ]
    revise("hdf-pme-plus-volet1", relations=links)
    adie, vie = api("schemes/hdf-pme-plus-volet1/").json()["relations"]
    assert (vie["kind"], vie["scheme"], vie["cap_pct"], vie["note"]) == ("cumulable", "vie", 62.5, "Dit la page.")
    assert vie["source"]["number"] == 1
    assert (adie["scheme"], adie["cap_pct"], adie["source"]) == ("adie", None, None)


def test_a_link_to_a_scheme_that_is_not_published_is_left_out(api):
    Scheme.objects.filter(source_key="hdf-pme-plus-volet2").update(state=Scheme.State.DRAFT)
    assert api("schemes/hdf-pme-plus-volet1/").json()["relations"] == []


def test_the_dump_holds_each_sheet_as_its_own_address_does(api):
    response = api("schemes/dump/")
    dump = response.json()
    assert dump["count"] == len(dump["schemes"]) == len(published())
    assert "attachment" in response["Content-Disposition"]
    for sheet in dump["schemes"][::25]:
        assert sheet == api(f"schemes/{sheet['key']}/").json()


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ("need=numerique", {"served_needs__sub_need__need": "numerique"}),
        ("sub_need=numerique.robot", {"served_needs__sub_need": "numerique.robot"}),
        (
            "sub_need=numerique.robot&sub_need=competences.recruter",
            {"served_needs__sub_need__in": ["numerique.robot", "competences.recruter"]},
        ),
        ("kind=loan", {"kind": "loan"}),
        ("kind=loan&kind=guarantee", {"kind__in": ["loan", "guarantee"]}),
        ("level=local", {"level": "local"}),
        ("window=closed", {"window_state": "closed"}),
        ("operator=r%C3%89gion", {"roles__operator__name__icontains": "région"}),
        ("operator=region%20hauts", {"roles__operator__name__icontains": "région hauts"}),
        ("kind=loan&level=regional", {"kind": "loan", "level": "regional"}),
    ],
)
def test_a_filter_keeps_what_it_says(api, query, condition):
    expected = set(in_force().filter(**condition).values_list("scheme__source_key", flat=True))
    assert 0 < len(expected) < len(published())
    found = every_key(api, f"&{query}")
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.parametrize(("query", "expected"), [("robot fabrication", {"hdf-pme-plus-volet1"}), ("xylophone", set())])
def test_a_search_wants_all_words(api, query, expected):
    assert set(every_key(api, f"&search={query}")) == expected


@pytest.mark.parametrize(
    ("typed", "same"), [("MÉDIATEUR", "mediateur"), ("crédit", "credit"), ("l’alternance", "l'alternance")]
)
def test_a_search_forgives_accents_capitals_and_apostrophes(api, typed, same):
    assert every_key(api, f"&search={typed}") == every_key(api, f"&search={same}")


def test_a_perimeter_leaves_out_what_its_place_excludes(api):
    here, elsewhere = set(every_key(api, "&perimeter=COM-60159")), filtered(perimeter="REG-84")
    assert {"hdf-aden", "arc-parcs-activites", "mediation-credit"} <= here
    assert "mediation-credit" in elsewhere
    assert not {"hdf-aden", "arc-parcs-activites"} & elsewhere


@pytest.mark.parametrize("ordering", ["name", "-closes_on", "closes_on", "recorded_at", "key", "-closes_on,name"])
def test_an_order_is_total_and_puts_what_is_not_known_last(ordering):
    rows = SchemeFilter({"ordering": ordering}, queryset=in_force()).qs.values_list("scheme__source_key", "closes_on")
    assert sorted(key for key, _day in rows) == sorted(published())
    assert rows.query.order_by[-1] == "scheme__source_key"
    if "closes_on" in ordering:
        known = [day for _key, day in rows if day]
        assert [day for _key, day in rows][: len(known)] == known
        assert known == sorted(known, reverse=ordering.startswith("-"))


def test_the_list_is_in_the_order_that_is_asked(api):
    assert every_key(api, "&ordering=-key") == sorted(published(), reverse=True)


def test_pages_follow_each_other_and_keep_the_filters(api, client):
    first = api("schemes/?level=regional&page_size=7").json()
    assert len(first["results"]) == 7
    assert first["previous"] is None
    second = client.get(first["next"]).json()
    assert not {row["key"] for row in first["results"]} & {row["key"] for row in second["results"]}
    assert {row["level"] for row in second["results"]} == {"regional"}
    assert client.get(second["previous"]).json() == first


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=x", "page"),
        ("page=1.5", "page"),
        ("page=%D9%A1", "page"),
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=99999999999999999999", "page_size"),
        ("kind=gift", "kind"),
        ("kind=loan&kind=gift", "kind"),
        ("level=world", "level"),
        ("window=ajar", "window"),
        ("need=robots", "need"),
        ("sub_need=numerique", "sub_need"),
        ("open_on=24/11/2026", "open_on"),
        ("open_on=2026-02-30", "open_on"),
        ("open_on=2026-1-1", "open_on"),
        ("perimeter=60159", "perimeter"),
        ("perimeter=%00", "perimeter"),
        ("search=%00", "search"),
        ("operator=%00", "operator"),
        ("changed_since=hier", "changed_since"),
        ("ordering=popularity", "ordering"),
        ("ordering=--name", "ordering"),
        ("ordering=,", "ordering"),
        ("ordering=name,,key", "ordering"),
        ("open_on=%25s", "open_on"),
        ("perimeter=a%25b", "perimeter"),
        ("kind=%25(x)s", "kind"),
        ("need=%25d", "need"),
        ("nead=numerique", "nead"),
        ("format=xml", "format"),
        ("search=", "search"),
        ("level=", "level"),
        ("page=1&page=2", "page"),
        ("search=a&search=b", "search"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(api, query, parameter):
    body = problem_of(api(f"schemes/?{query}"), 400, "parametre-refuse")
    assert {error["parameter"] for error in body["errors"]} == {parameter}


def test_all_wrong_parameters_are_told_at_once(api):
    body = problem_of(api("schemes/?nead=x&level=&page=1&page=2"), 400, "parametre-refuse")
    assert {error["parameter"] for error in body["errors"]} == {"nead", "level", "page"}
    body = problem_of(api("schemes/?kind=gift&need=x&open_on=demain&perimeter=x"), 400, "parametre-refuse")
    assert {error["parameter"] for error in body["errors"]} == {"kind", "need", "open_on", "perimeter"}


def changed_on(day: date, *keys: str, **state: str) -> None:
    at = datetime(day.year, day.month, day.day, 0, 30, tzinfo=PARIS)  # the day before, in London
    schemes = Scheme.objects.of_source(Scheme.OWN)
    assert schemes.filter(source_key__in=keys).update(changed_at=at, **state) == len(keys)


def test_a_copy_is_kept_up_to_date_by_what_changed_since_a_day_and_by_what_was_archived(api):
    day = timezone.localdate() + timedelta(days=2)  # the sheets themselves are of today
    assert set(every_key(api, f"&changed_since={timezone.localdate()}")) == published()
    assert every_key(api, f"&changed_since={day}") == []
    changed_on(day, "vie")
    changed_on(day, "adie", "acre", state="archived")
    changed_on(day, "hdf-aden", state="draft")
    changed_on(day - timedelta(days=1), "mediation-credit", state="archived")
    assert every_key(api, f"&changed_since={day}") == ["vie"]
    assert every_key(api, f"&changed_since={day + timedelta(days=1)}") == []
    assert keys(api("schemes/archived/")) == ["acre", "adie", "mediation-credit"]
    response = api(f"schemes/archived/?changed_since={day}")
    assert keys(response) == ["acre", "adie"]
    scheme = Scheme.objects.of_source(Scheme.OWN).get(source_key="adie")
    assert response.json()["results"][1] == {
        "key": "adie", "uuid": str(scheme.uuid), "name": scheme.current.name,
        "archived_on": str(day), "successor": None,
    }  # fmt: skip
    problem_of(api("schemes/archived/?changed_since=hier"), 400, "parametre-refuse")


def test_a_sheet_nobody_checked_was_never_published_and_is_not_told_as_archived(api):
    draft = Scheme.objects.drafts().of_source(Scheme.OWN).first()
    changed_on(DAY, draft.source_key, state="archived")
    assert keys(api("schemes/archived/")) == []


@pytest.mark.parametrize("page", ["99", "99999999999999999999", "9" * 5000])
def test_a_page_after_the_last_is_not_found(api, page):
    problem_of(api(f"schemes/?page={page}"), 404, "introuvable")


@pytest.mark.parametrize("key", ["nothing", "%00", "%ff", "a%00b", "x" * 121, "é", "..%2f", "'; drop table--"])
def test_a_key_of_no_scheme_is_not_found(api, key):
    problem_of(api(f"schemes/{key}/"), 404, "introuvable")


def test_the_number_of_queries_does_not_grow_with_the_rows(api, django_assert_num_queries):
    api("schemes/dump/")  # the names in the sentences are read once for each process
    for path, n_queries in (
        ("schemes/?page_size=5", 7),
        ("schemes/?page_size=100", 7),
        ("schemes/hdf-aden/", 10),
        ("schemes/hdf-pme-plus-volet1/", 10),
        ("schemes/dump/", 10),
        ("needs/", 6),
        ("perimeters/?page_size=5", 3),
        ("perimeters/?page_size=100", 3),
        ("perimeters/COM-60159/", 5),
    ):
        with django_assert_num_queries(n_queries, info=path):
            assert api(path).status_code == 200


def test_needs_are_those_of_the_taxonomy_in_order(api):
    needs = api("needs/").json()["results"]
    assert [need["key"] for need in needs] == list(TaxonomyNeed.objects.values_list("key", flat=True))
    listed = [sub["key"] for need in needs for sub in need["sub_needs"]]
    assert listed == list(SubNeed.objects.order_by("need__position", "position").values_list("key", flat=True))


def test_open_on_agrees_with_the_engine_around_days_on_which_a_window_changes():
    revisions = list(in_force())
    names = ("opens_on", "closes_on", "seen_on", "seen_until")
    edges = {day for revision in revisions for name in names if (day := getattr(revision, name))}
    assert len(edges) > 10
    for day in sorted({edge + timedelta(days=shift) for edge in sorted(edges)[::3] for shift in (-1, 0, 1)}):
        found = set(SchemeFilter({"open_on": str(day)}, queryset=in_force()).qs.values_list("pk", flat=True))
        firm = matching.Profiles([matching.Profile(on=day)])
        assert found == {revision.pk for revision in revisions if _is_open(revision, firm)}, day


def _is_open(revision: Revision, firm: matching.Profiles) -> bool:
    window = matching.Window(
        state=revision.window_state,
        opens_on=revision.opens_on,
        closes_on=revision.closes_on,
        seen_on=revision.seen_on,
        seen_until=revision.seen_until,
    )
    outcome = window.evaluate(firm)[0]
    return bool(outcome == matching.MET)
