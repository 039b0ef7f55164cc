"""What every answer carries, page or file, whoever asks."""

import re
from uuid import uuid4

import pytest
from django.urls import URLPattern, get_resolver
from django.urls.converters import UUIDConverter
from django.utils.regex_helper import normalize

from backend.accounts.models import User
from tests.web.conftest import fill
from tests.web.test_guards import run

EMBEDDED: set[str] = set()  # names of the pages that other sites may show in a frame


def patterns(resolver=None, prefix="", namespace=""):
    """Yield each URL of the service with a path that reaches it."""
    for item in (resolver or get_resolver()).url_patterns:
        found, names = normalize(item.pattern.regex.pattern)[0]
        values = {
            name: str(uuid4()) if isinstance(item.pattern.converters.get(name), UUIDConverter) else "1"
            for name in names
        }
        path = prefix + found % values
        if isinstance(item, URLPattern):
            yield f"{namespace}{item.name}", f"/{path}"
        else:
            inner = f"{namespace}{item.namespace}:" if item.namespace else namespace
            yield from patterns(item, path, inner)


def policy_of(response):
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.django_db
@pytest.mark.shows_both("the administration lists the e-mails of all")
@pytest.mark.cases(1)
@pytest.mark.parametrize("signed_in", [False, True])
def test_every_address_answers_with_the_security_headers(client, signed_in):
    addresses = list(patterns())
    assert len(addresses) > 60
    for name, path in addresses:
        if signed_in:  # each time: one of the addresses signs out
            client.force_login(User.objects.filter(email="a@b.example").first() or make_administrator())
        response = client.get(path)
        assert response.status_code < 500, (name, path)
        policy = policy_of(response)
        assert policy["default-src"] == "'none'", name
        assert policy["base-uri"] == policy["object-src"] == "'none'", name
        assert policy["form-action"] == policy["style-src"] == "'self'", name
        assert name in EMBEDDED or policy["frame-ancestors"] == "'none'", name
        assert "unsafe" not in response["Content-Security-Policy"], name
        assert name in EMBEDDED or response["X-Frame-Options"] == "DENY", name
        assert response["X-Content-Type-Options"] == "nosniff", name
        assert response["Referrer-Policy"] == "same-origin", name
        assert response["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert response["Cross-Origin-Resource-Policy"] == "same-origin", name
        assert "camera=()" in response["Permissions-Policy"], name
        check_scripts(name, response, policy)


def make_administrator():
    return User.objects.create_superuser("a@b.example", "mot-de-passe-long")


def check_scripts(name, response, policy):
    """Only scripts that carry the nonce of this very answer run; a block of data is none."""
    html = response.content.decode() if response["Content-Type"].startswith("text/html") else ""
    scripts = [
        tag for tag in re.findall(r"<script\b[^>]*>", html) if not re.search(r'type="application/(ld\+)?json"', tag)
    ]
    if not scripts:
        return
    nonce = re.fullmatch(r"'nonce-([\w-]{16,})'", policy["script-src"])
    assert nonce, (name, policy["script-src"])
    assert all(f'nonce="{nonce[1]}"' in tag for tag in scripts), (name, scripts)


@pytest.mark.django_db
def test_a_nonce_serves_once(client):
    assert policy_of(client.get("/"))["script-src"] != policy_of(client.get("/"))["script-src"]


OTHER = {"Origin": "https://www.chambre.example"}


@pytest.mark.django_db
def test_a_page_of_another_site_reads_the_public_api_and_nothing_else(client):
    for path in ("/api/v1/needs/", "/api/v1/schemes/nothing/"):
        response = client.get(path, headers=OTHER)
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response
        assert "etag" in response["Access-Control-Expose-Headers"].lower()
    asked = {**OTHER, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    may = client.options("/api/v1/match", headers=asked)
    assert (may.status_code, may["Access-Control-Allow-Origin"]) == (200, "*")
    assert {"POST", "GET"} <= set(may["Access-Control-Allow-Methods"].split(", "))
    for path in ("/", "/demande/", "/compte/connexion/", "/dispositifs/", "/agent/", "/resultat/x/", "/api/"):
        assert "Access-Control-Allow-Origin" not in client.get(path, headers=OTHER), path
        assert "Access-Control-Allow-Origin" not in client.options(path, headers=asked), path


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/static/web/site.css", "/static/web/site.js", "/static/web/icon.svg"])
def test_files_carry_them_too_and_are_for_no_other_site(client, path):
    response = client.get(path)
    response.close()
    assert response.status_code == 200
    assert policy_of(response)["default-src"] == "'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.django_db
def test_a_page_with_personal_data_is_kept_by_no_cache(client):
    for path in (fill(client)["Location"], "/compte/connexion/", "/demande/besoin/"):
        assert "no-store" in client.get(path, follow=True)["Cache-Control"], path


def test_production_asks_for_tls_everywhere_and_hardens_its_cookies():
    code = """
import django; django.setup()
from django.conf import settings as s
from django.test import Client
response = Client().get("/robots.txt", headers={"host": "jonction.example", "x-forwarded-proto": "https"})
print(response["Content-Security-Policy"], response["Strict-Transport-Security"])
for kind in ("SESSION", "CSRF"):
    names = ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "PATH", "DOMAIN")
    print([getattr(s, f"{kind}_COOKIE_{name}") for name in names])
"""
    lines = run("-c", code).stdout.splitlines()
    assert "upgrade-insecure-requests max-age=31536000; includeSubDomains; preload" in lines[0]
    assert lines[1] == "['__Host-session', True, True, 'Lax', '/', None]"
    assert lines[2] == "['__Host-csrf', True, True, 'Lax', '/', None]"
