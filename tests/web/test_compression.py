"""Answers are compressed, and nobody learns from their length what a visitor's session shows."""

import gzip
import re

import pytest
from django.conf import settings

from tests.factories import link_to, make_officer, make_submission
from tests.web.conftest import fill

pytestmark = pytest.mark.django_db
GZIP = {"Accept-Encoding": "gzip, deflate, br"}
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')


def is_compressed(response) -> bool:
    return response.get("Content-Encoding") == "gzip"


def test_a_page_is_compressed_for_who_takes_it_and_says_the_same(client):
    plain = client.get("/dispositifs/")
    packed = client.get("/dispositifs/", headers=GZIP)
    assert not is_compressed(plain)
    assert is_compressed(packed)
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 4
    assert int(packed["Content-Length"]) == len(packed.content)
    assert "Accept-Encoding" in plain["Vary"]
    assert "Accept-Encoding" in packed["Vary"]


def test_a_page_of_the_catalogue_that_a_visitor_holds_is_not_sent_again(client):
    first = client.get("/dispositifs/", headers=GZIP)
    again = client.get("/dispositifs/", headers={**GZIP, "If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_the_api_answers_compressed_errors_too(client):
    schemes = client.get("/api/v1/schemes/", headers=GZIP)
    assert is_compressed(schemes)
    assert gzip.decompress(schemes.content) == client.get("/api/v1/schemes/").content
    assert client.get("/api/v1/schemes/", headers={**GZIP, "If-None-Match": schemes["ETag"]}).status_code == 304
    refused = client.post("/api/v1/match", b'{"naf": 1, "headcount": "x"}', "application/json", headers=GZIP)
    assert refused.status_code == 400
    assert gzip.decompress(refused.content).startswith(b'{"type":')
    lost = client.get("/api/nowhere", headers={**GZIP, "Host": "elsewhere.example"})
    assert lost.status_code == 400
    whole = gzip.decompress(lost.content) if is_compressed(lost) else lost.content
    assert whole.startswith(b'{"type":')


@pytest.mark.slow
def test_a_workbook_is_not_compressed_again(client):
    book = client.get("/donnees-ouvertes/xlsx/", headers=GZIP)
    assert book.status_code == 200
    assert not is_compressed(book)
    assert book.content.startswith(b"PK")


def test_the_same_page_has_another_length_each_time(client):
    assert len({len(client.get("/mentions-legales/", headers=GZIP).content) for _ in range(12)}) > 3


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("asked_by", "compressed"),
    [("same-origin", True), ("same-site", False), ("none", True), ("cross-site", False), (None, False)],
)
@pytest.mark.shows_both("an officer sees every file of the intercommunality")
def test_what_a_session_opens_is_compressed_only_for_the_site_itself(client, asked_by, compressed):
    make_submission(confirmed=True, company_name="Tôlerie des Étangs")
    client.force_login(make_officer())
    page = client.get(
        "/agent/?recherche=Tôlerie", headers={**GZIP, **({"Sec-Fetch-Site": asked_by} if asked_by else {})}
    )
    assert page.status_code == 200
    assert is_compressed(page) == compressed


def test_a_draft_is_no_business_of_another_site_either(client):
    fill(client, upto="besoin")
    assert settings.SESSION_COOKIE_NAME in client.cookies
    assert not is_compressed(client.get("/demande/besoin/", headers={**GZIP, "Sec-Fetch-Site": "cross-site"}))
    assert is_compressed(client.get("/demande/besoin/", headers={**GZIP, "Sec-Fetch-Site": "same-origin"}))


def test_a_result_opened_from_a_mailbox_is_compressed_since_its_link_is_its_secret(client):
    token = link_to(make_submission(confirmed=True))
    page = client.get(f"/resultat/{token}/", headers={**GZIP, "Sec-Fetch-Site": "cross-site"})
    assert page.status_code == 200
    assert is_compressed(page)
    assert gzip.decompress(page.content).endswith(b"</html>\n")


def test_the_token_of_a_form_is_written_otherwise_at_each_visit(client):
    client.get("/demande/")
    asked = {**GZIP, "Sec-Fetch-Site": "same-origin"}
    tokens = {
        found[1]
        for _ in range(3)
        if (found := TOKEN.search(gzip.decompress(client.get("/demande/besoin/", headers=asked).content)))
    }
    assert len(tokens) == 3
