"""What a monitor asks, and what a stranger learns from the answers."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db


def test_a_service_that_has_all_it_needs_is_ready(client):
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]


def test_a_database_of_another_release_is_not_ready(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications'")
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"missing: migrations")
    assert client.get("/healthz").status_code == 200


def test_without_redis_the_site_is_healthy_but_not_ready(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nobody listens there
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"missing: redis")
    assert client.get("/healthz").status_code == 200


def test_being_asked_is_cheap(client):
    client.get("/readyz")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/readyz")
    assert len(queries) == 2  # is the table of migrations there, and what is in it


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_health_is_only_read(client, method):
    assert getattr(client, method)("/readyz").status_code == 405
