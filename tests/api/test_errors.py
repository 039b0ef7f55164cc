"""Every error under /api/ has one shape, whoever raised it."""

from uuid import uuid4

import pytest
from django.test import Client

from backend.api.errors import KINDS
from backend.matchmaking.models import Activation
from tests.api.conftest import problem_of
from tests.factories import rewriting

pytestmark = pytest.mark.django_db
READ = [
    "",
    "schemes/",
    "schemes/hdf-aden/",
    "schemes/dump/",
    "needs/",
    "perimeters/",
    "perimeters/COM-60159/",
    "statistics/",
]


@pytest.mark.parametrize(
    "path",
    ["/api/v2/", "/api/nothing", "/api/v1/nothing/", "/api/v1/schemes/a/b/", "/api/%00", "/api/v1/%ff/", "/api//"],
)
def test_an_unknown_address_is_a_problem_and_no_page(client, path):
    body = problem_of(client.get(path), 404, "introuvable")
    assert body["instance"].startswith("/api/")


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_unknown_address_is_unknown_whatever_is_done_to_it(client, method):
    problem_of(getattr(client, method)("/api/nothing"), 404, "introuvable")


@pytest.mark.parametrize(
    ("path", "meant"),
    [("/api/v1/schemes", "/api/v1/schemes/"), ("/api/v1/match/", "/api/v1/match"), ("/api/v1", "/api/v1/")],
)
def test_a_slash_too_few_or_too_many_is_told(client, path, meant):
    body = problem_of(client.get(path), 404, "introuvable")
    assert body["detail"].endswith(f"attendu : {meant}.")


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_reading_is_all_that_can_be_done(client, path, method):
    response = getattr(client, method)(f"/api/v1/{path}")
    problem_of(response, 405, "methode-refusee")
    assert response["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_a_question_is_posted(client, method):
    response = getattr(client, method)("/api/v1/match")
    assert response.status_code == 405
    assert response["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("path", [*READ, "match"])
def test_options_name_the_methods(client, path):
    response = client.options(f"/api/v1/{path}")
    assert (response.status_code, response.content) == (204, b"")
    assert "OPTIONS" in response["Allow"]


@pytest.mark.parametrize("path", [*(f"v1/{path}" for path in READ), "", "v1/schema.json"])
def test_a_format_that_does_not_exist_is_refused(client, path):
    problem_of(client.get(f"/api/{path}", headers={"Accept": "text/turtle"}), 406, "format-indisponible")


@pytest.mark.parametrize("accept", ["*/*", "application/*", "application/json", "text/html, application/json;q=0.1"])
def test_json_is_what_is_answered(api, accept):
    assert api("needs/", headers={"Accept": accept})["Content-Type"] == "application/json"


def test_a_crash_of_ours_is_a_problem_too():
    with rewriting():
        Activation.objects.all().delete()  # as if the reference data had never been loaded
    client = Client(raise_request_exception=False)
    response = client.post("/api/v1/match", data="{}", content_type="application/json")
    body = problem_of(response, 500, "panne")
    assert "WeightSet" not in str(body)


def test_a_crash_elsewhere_keeps_its_page(client):
    response = client.get("/nulle-part/")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_a_host_that_is_not_ours_is_a_problem_too(client):
    response = client.get("/api/v1/", headers={"Host": "evil.example"})
    problem_of(response, 400, "requete-illisible")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_errors_carry_the_headers_of_every_page(client):
    headers = client.get("/api/nothing").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_every_kind_is_explained_where_its_type_leads(client):
    page = client.get("/api/").content.decode()
    for name, kind in KINDS.items():
        assert f'id="{name}"' in page
        assert str(kind.title) in page


# -- too many requests


@pytest.fixture
def rates(settings):
    """Set limits, and count apart from every other test: the prefix of the counters is new each time."""
    counters = {**settings.CACHES["counters"], "KEY_PREFIX": uuid4().hex}
    settings.CACHES = {**settings.CACHES, "counters": counters}

    def limit(**given: tuple[int, int]) -> None:
        settings.THROTTLES = {f"{name}.network": rate for name, rate in given.items()}

    return limit


HOUR = 3600  # so long that no test sees its turn


def test_a_request_too_many_is_refused_and_told_when_to_come_back(client, rates):
    rates(api_read=(2, HOUR))
    answers = [client.get("/api/v1/", REMOTE_ADDR="192.0.2.1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    body = problem_of(answers[2], 429, "trop-de-requetes")
    assert 1 <= int(answers[2]["Retry-After"]) <= HOUR
    assert f"{answers[2]['Retry-After']} s" in body["detail"]
    assert client.get("/api/v1/", REMOTE_ADDR="192.0.2.2").status_code == 200


def test_reading_and_asking_are_counted_apart(client, rates):
    rates(api_read=(1, HOUR), api_match=(1, HOUR))
    assert client.get("/api/v1/").status_code == 200
    ask = {"data": '{"limit": 0}', "content_type": "application/json"}
    assert [client.post("/api/v1/match", **ask).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("path", ["/api/v1/schemes/?page=0", "/api/nothing", "/api/", "/api/v1/schema.json"])
def test_what_is_wrong_and_what_is_documented_is_counted_too(client, rates, path):
    rates(api_read=(1, HOUR))
    assert client.get(path).status_code != 429
    problem_of(client.get(path), 429, "trop-de-requetes")


@pytest.mark.parametrize(("n_proxies", "statuses"), [(0, [200, 429]), (1, [200, 200]), (2, [200, 429])])
def test_the_caller_is_read_as_far_as_our_proxies_go(client, settings, rates, n_proxies, statuses):
    rates(api_read=(1, HOUR))
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = n_proxies
    found = []
    for last in ("203.0.113.7", "203.0.113.8"):
        forwarded = {"X-Forwarded-For": f"198.51.100.1, {last}"}
        found.append(client.get("/api/v1/", headers=forwarded).status_code)
    assert found == statuses


def test_without_redis_nobody_is_refused(client, settings, rates, caplog):
    rates(api_read=(1, HOUR))
    counters = {**settings.CACHES["counters"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**settings.CACHES, "counters": counters}
    assert [client.get("/api/v1/").status_code for _ in range(2)] == [200, 200]
    assert "The limit api_read.network is not counted" in caplog.text
