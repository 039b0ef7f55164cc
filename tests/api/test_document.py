"""The OpenAPI document that is served, committed and read by people."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.db import connection
from jsonschema import Draft202012Validator
from playwright.sync_api import Page, sync_playwright

from backend.api.documentation import EXAMPLES, QUESTION
from backend.api.filing_documentation import FILING, FILING_EXAMPLES
from tests.conftest import ROOT
from tests.e2e.conftest import AXE, AXE_RUN, CHROMIUM, CHROMIUM_FLAGS, RULES, free_port

DOCUMENT = ROOT / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def document() -> dict:
    return yaml.safe_load(DOCUMENT.read_text())


def operations(document: dict) -> Iterator[tuple[str, str, dict]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_committed_document_is_what_the_code_says(tmp_path: Path):
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(made), validate=True, fail_on_warn=True)
    assert made.read_text() == DOCUMENT.read_text(), "manage.py spectacular --file docs/openapi.yaml"


@pytest.mark.django_db
def test_the_schema_of_criteria_is_served_as_it_is_published(client):
    published = json.loads((ROOT / "docs" / "criterion.schema.json").read_text())
    assert client.get("/api/v1/criterion.schema.json").json() == published


@pytest.mark.django_db
def test_the_served_document_is_the_committed_one_in_two_spellings(client, document):
    as_yaml, as_json = client.get("/api/v1/schema.yaml"), client.get("/api/v1/schema.json")
    assert yaml.safe_load(as_yaml.content) == json.loads(as_json.content) == document
    chosen = client.get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert json.loads(chosen.content) == document
    assert client.get("/api/v1/schema/").content == as_yaml.content
    held = client.get("/api/v1/schema/", headers={"If-None-Match": client.get("/api/v1/schema/")["ETag"]})
    assert held.status_code == 304


def test_every_operation_documents_its_errors_in_the_one_shape(document):
    for path, method, operation in operations(document):
        responses = operation["responses"]
        is_keyed, done = (
            bool(operation.get("security")),
            "201" if operation["operationId"] == "file_submission" else "200",
        )
        expected = {done, "400", "405", "406", "429", "500"} | ({"401", "403"} if is_keyed else set())
        if method == "post":
            expected |= {"413", "415", "422"} if is_keyed else {"413", "415"}
        elif not is_keyed:
            expected |= {"304", "412"}
        if "{" in path or any(parameter["name"] == "page" for parameter in operation.get("parameters", ())):
            expected.add("404")
        moved = {"301"} if operation["operationId"] == "read_scheme" else set()
        assert set(responses) == expected | moved, (path, method)
        for status in expected - {done, "304"}:
            problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
            assert responses[status]["content"] == problem
        assert "Retry-After" in responses["429"]["headers"]
        assert method != "get" or is_keyed or "ETag" in responses["200"]["headers"]


def test_everything_that_can_be_read_is_described(document):
    for path, method, operation in operations(document):
        assert operation["summary"], (path, method)
        assert operation["description"], (path, method)
        assert all(parameter["description"] for parameter in operation.get("parameters", ()))
    for name, component in document["components"]["schemas"].items():
        for field, schema in component.get("properties", {}).items():
            assert schema.get("description"), (name, field)


def test_the_examples_are_what_the_document_says(document):
    question, answer = (example.value for example in EXAMPLES)
    assert Draft202012Validator(QUESTION).is_valid(question)
    assert [
        example.value for example in FILING_EXAMPLES if not Draft202012Validator(FILING).is_valid(example.value)
    ] == []
    schema = {"$ref": "#/components/schemas/Answer", "components": document["components"]}
    assert list(Draft202012Validator(schema).iter_errors(answer)) == []


@pytest.mark.django_db
def test_the_example_of_a_question_is_answered(client):
    question = EXAMPLES[0].value
    response = client.post("/api/v1/match", data=json.dumps(question), content_type="application/json")
    assert response.status_code == 200
    assert response.json()["ignored"] == []
    assert len(response.json()["matches"]) == 1


@pytest.mark.django_db
def test_the_index_leads_everywhere(client):
    index = client.get("/api/v1/").json()
    assert index["version"] == "1"
    for name, address in index["links"].items():
        assert client.get(address).status_code == (405 if name in ("match", "submissions") else 200), name
    assert client.get(index["documentation"])["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_the_page_sets_no_cookie_and_holds_nothing_inline(client):
    for path in ("/api/", "/api/?script="):
        response = client.get(path)
        assert response.status_code == 200
        assert not response.cookies
        policy = response["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "style-src 'self';" in policy
        assert "unsafe" not in policy
    assert client.get("/api/?script=")["Content-Type"].startswith("application/javascript")


# -- the page, in a browser without any network but the service


@pytest.fixture
def address(django_db_setup) -> Iterator[str]:
    """Start the service as it is started in production, on the reference data of the tests."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    environment = {**os.environ, "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"}
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "backend.config.server", "127.0.0.1", str(port)], cwd=ROOT, env=environment
    )
    try:
        wait_for(f"{url}/healthz")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url: str) -> None:
    for _ in range(100):
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):  # noqa: S310
            return
        time.sleep(0.2)
    raise TimeoutError(url)


def violations(page: Page) -> list[str]:
    found = page.evaluate(AXE_RUN, RULES)
    return [f"{broken['id']}: {node['html'][:120]}" for broken in found["violations"] for node in broken["nodes"]]


@pytest.mark.slow
def test_the_page_works_offline_under_the_policy_and_everyone_can_read_it(address: str):
    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        response = page.goto(f"{address}/api/")
        assert response is not None
        assert response.status == 200
        page.wait_for_selector(".opblock")
        page.evaluate(AXE)
        assert violations(page) == []
        for button in page.locator(".opblock-summary-control").all():
            button.click()
        page.wait_for_selector("#operations-Dispositifs-list_schemes .parameters")
        match = "[id$='-match'].opblock-post"
        assert violations(page) == []
        for button in page.locator(".try-out__btn").all():
            button.click()
        page.locator(f"{match} .execute").click()
        page.wait_for_selector(f"{match} .live-responses-table")
        assert '"n_matches":' in page.locator(f"{match} .live-responses-table").inner_text()
        assert violations(page) == []
        browser.close()
    assert said == []
    assert all(url.startswith((address, "data:", "blob:")) for url in asked)
