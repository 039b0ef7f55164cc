import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backend.schemes.models import Scheme
from tests.factories import revise_scheme
from tests.neighbour import neighbour, pytest_runtest_call  # noqa: F401 -- beside every test here

BOUNDS = "test_schemathesis_bounds.py"
_requests: Counter[tuple[str, int]] = Counter()


def count_request(operation: str, status: int) -> None:
    """Count a made-up request, for the summary of a long search."""
    _requests[operation, status] += 1


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect no bounds where slow tests are left out: schemathesis makes its requests up while it collects."""
    return True if collection_path.name == BOUNDS and config.option.markexpr == "not slow" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tell the operations of one test of schemathesis apart.

    pytest 9.1 no longer makes an id of the name that schemathesis gives; of tests with one id xdist runs the first.
    """
    for item in items:
        operation = getattr(item, "operation_label", None)
        if operation and item.id.params is None:
            item._id = item.id.with_params(operation)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _requests:
        return
    terminalreporter.section(f"{_requests.total()} made-up requests to the API")
    for operation in sorted({operation for operation, _status in _requests}):
        counts = sorted((status, n) for (name, status), n in _requests.items() if name == operation)
        terminalreporter.write_line(f"{operation}: " + ", ".join(f"{n} × {status}" for status, n in counts))


@pytest.fixture
def api(client: Any) -> Callable[..., Any]:
    """Read an address of version 1, given from there on."""
    return lambda path="", **options: client.get(f"/api/v1/{path}", **options)


@pytest.fixture
def ask(client: Any) -> Callable[..., Any]:
    """Ask a question: named facts, or a body as it is."""

    def post(body: Any = None, /, content_type: str = "application/json", **line: Any) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(line)
        return client.post("/api/v1/match", data=raw, content_type=content_type)

    return post


@pytest.fixture
def revise(tmp_path: Path) -> Callable[..., Scheme]:
    """Make a second revision of a scheme, with some fields changed."""
    return partial(revise_scheme, tmp_path)


def problem_of(response: Any, status: int, kind: str) -> dict[str, Any]:
    """Return the body of an error after checking that it has the one shape."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    body: dict[str, Any] = json.loads(response.content)
    assert list(body) == ["type", "title", "status", "detail", "instance", "errors"]
    assert (body["type"], body["status"]) == (f"/api/#{kind}", status)
    assert body["detail"].endswith(".")
    for error in body["errors"]:
        assert error["detail"].endswith(".")
    return body
