"""A file page is light: what nobody opened is fetched on demand, and is a page of its own without JavaScript."""

import gzip
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.follow_up import offer_file, record_step, write_note
from backend.matchmaking.state_aid import declare_aid
from tests.factories import CCLO, DAY, decide, first_matches, make_lead, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
NEEDS = ("competences.recruter", "numerique.robot", "innovation.collaboratif", "cyber.diagnostic")
MOST_QUERIES, MOST_QUERIES_WORKED_ON = 15, 22
MOST_BYTES, MOST_COMPRESSED = 84_000, 20_000  # a line of 750 bytes for each scheme that answers
MOST_BYTES_WORKED_ON = 89_000  # six schemes set aside, each with what may be written of it and is kept until sent
# Each part, and a field or a word that it alone shows.
PARTS = {
    "fait/?fait=headcount": 'name="headcount"',
    "fait/?fait=commune": '<datalist id="communes">',
    "numero/": 'name="number"',
    "besoin/": "Ajouter ce besoin",
    "etape/": 'name="step"',
    "clore/": 'name="reason"',
    "transmettre/": "Proposer ce dossier",
    "aides/": "Ajouter cette aide",
    "courriels/": "Accusé de réception",
    "non-verifiees/": "<",
}


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission():
    return make_submission(confirmed=True, needs=NEEDS)


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def measured(client, path):
    client.get(path)  # names are read once for all
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert response.status_code == 200
    return len(queries), response.content


def test_a_file_asks_few_questions_and_is_light(desk, submission):
    n, body = measured(desk, f"/agent/{submission.pk}/?etat=a-lire")
    assert n <= MOST_QUERIES
    assert len(body) <= MOST_BYTES
    assert len(gzip.compress(body)) <= MOST_COMPRESSED


@pytest.mark.slow
def test_a_file_that_was_worked_on_asks_a_few_more(desk, submission, officer):
    colleague = make_officer(CCLO)
    for match in first_matches(submission, 6):
        decide(submission, match.scheme, officer, "not_worth_it")
    for audience in ("internal", "shared", "firm"):
        write_note(submission=submission, author=officer, audience=audience, text="Un mot.")
    for _ in range(3):
        record_step(submission=submission, officer=officer, step="contacted")
    declare_aid(submission=submission, on=DAY, granted_on=DAY, amount_eur=1_000)
    offer_file(submission=submission, by=officer, to=colleague, note="")
    n, body = measured(desk, f"/agent/{submission.pk}/")
    assert n <= MOST_QUERIES_WORKED_ON
    assert len(body) <= MOST_BYTES_WORKED_ON
    assert len(gzip.compress(body)) <= MOST_COMPRESSED


def test_no_part_is_printed_before_it_is_opened_and_each_has_its_link(desk, submission):
    page = desk.get(f"/agent/{submission.pk}/").content.decode()
    assert len(re.findall("<select", page)) == 0
    for part in PARTS:
        assert f'href="/agent/{submission.pk}/partie/{part}"' in page, part


@pytest.mark.cases(2)
@pytest.mark.parametrize(("part", "shown"), PARTS.items())
def test_a_part_is_a_page_without_javascript_and_a_fragment_for_htmx(desk, submission, part, shown):
    path = f"/agent/{submission.pk}/partie/{part}"
    whole, alone = desk.get(path), desk.get(path, headers={"HX-Request": "true"})
    assert whole.status_code == alone.status_code == 200
    for response in (whole, alone):
        assert shown in response.content.decode()
        assert "HX-Request" in response["Vary"]
    assert "<h1>" in whole.content.decode()
    assert f'href="/agent/{submission.pk}/#' in whole.content.decode()
    assert "<html" not in alone.content.decode()


def test_every_scheme_beyond_the_first_is_one_link_away(desk, submission):
    response = desk.get(f"/agent/{submission.pk}/")
    others = [card for group in response.context["page"].groups for card in group.others]
    assert others
    page = response.content.decode()
    for card in others:
        path = f"/agent/{submission.pk}/dispositif/{card.match.scheme_id}/"
        assert f'href="{path}"' in page
        assert f'id="d-{card.match.scheme_id}"' in page
    whole = desk.get(path)
    assert "Retenir" in text_of(whole)
    assert "Écarter" in text_of(whole)
    alone = desk.get(f"{path}?partie=fiche", headers={"HX-Request": "true"}).content.decode()
    assert "<article" in alone
    assert "<html" not in alone


def test_who_only_reads_gets_no_form_and_a_closed_file_neither(client, desk, submission, officer):
    path = f"/agent/{submission.pk}/partie/"
    client.force_login(make_lead())
    assert [client.get(f"{path}{part}").status_code for part in ("etape/", "besoin/")] == [403, 403]
    assert "<form" not in client.get(f"{path}aides/").content.decode().split("<main")[1]
    client.force_login(officer)
    close_unentitled(submission=submission, officer=officer, on=DAY)
    assert client.get(f"{path}etape/").status_code == 403
    assert "/partie/etape/" not in client.get(f"/agent/{submission.pk}/").content.decode()


@pytest.mark.cases(2)
@pytest.mark.parametrize("part", ["rien/", "fait/", "fait/?fait=inconnu", "fait/?fait=micro_entrepreneur"])
def test_a_part_that_is_not_one_is_not_found(desk, submission, part):
    assert desk.get(f"/agent/{submission.pk}/partie/{part}").status_code == 404


def test_a_part_of_a_firm_of_elsewhere_is_not_found(client, submission):
    client.force_login(make_officer(CCLO))
    for part in PARTS:
        assert client.get(f"/agent/{submission.pk}/partie/{part}").status_code == 404


def test_what_was_refused_comes_back_as_it_was_typed(desk, submission):
    response = desk.post(f"/agent/{submission.pk}/corriger/", {"fact": "headcount", "headcount": "beaucoup"})
    assert response.status_code == 422
    assert 'value="beaucoup"' in response.content.decode()
