"""The second firm of the tests: whole, drawn by name, and noticed wherever something of it shows."""

import pytest
from django.core.handlers.base import BaseHandler
from django.db import models
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from backend.companies.models import Contact, ReceivedAid
from backend.matchmaking.models import FollowUp, HandOver, Note, PartnerShare, Review, ReviewEnd, Submission
from backend.notifications.models import Notification
from tests.factories import ARC, SIREN, make_officer, make_submission
from tests.neighbour import FIRST, PHONE, VARIANTS, WORD, captured, draw, ours

pytestmark = pytest.mark.django_db
every_variant = pytest.mark.parametrize("neighbour", VARIANTS, indirect=True)
seen = pytest.raises(pytest.fail.Exception, match="shows the second firm")


def of_neighbour(model: type[models.Model]) -> models.QuerySet:
    return model.objects.filter(pk__gte=FIRST)


@every_variant
def test_it_shares_with_the_first_firm_what_its_variant_says_and_nothing_else(neighbour):
    first, second = make_submission(confirmed=True), neighbour.submission
    shared = {
        "siren": first.sheet.company.siren == second.sheet.company.siren == SIREN,
        "address": first.contact.email == second.contact.email,
        "group": first.sheet.name in str(second.sheet.values()["group"]),
        "epci": first.epci == second.epci and first.epci.short_name == ARC,
    }
    assert [name for name, same in shared.items() if same] == [neighbour.variant]


@every_variant
def test_it_is_a_whole_file_with_a_marker_in_each_free_field(neighbour):
    submission = neighbour.submission
    assert submission.confirmed_at
    assert submission.reviewed_at
    assert submission.alerts.get().ended_at is None
    assert submission.results.latest("computed_at").matches.filter(addresses=True).count() > 10
    assert {"confirm_address", "receipt", "reviewed"} <= set(of_neighbour(Notification).values_list("kind", flat=True))
    assert set(submission.reviews.values_list("verdict", flat=True)) == {"kept", "rejected"}
    free = [
        submission.text,
        submission.sheet.name,
        *of_neighbour(Contact).values_list("name", flat=True),
        *of_neighbour(ReceivedAid).values_list("title", "member").get(),
        *of_neighbour(Review).exclude(comment="").values_list("comment", flat=True),
        *of_neighbour(ReviewEnd).values_list("message", flat=True),
        *of_neighbour(Note).values_list("text", flat=True),
        *of_neighbour(FollowUp).exclude(note="").values_list("note", flat=True),
        *of_neighbour(HandOver).values_list("note", flat=True),
        *of_neighbour(PartnerShare).values_list("message", flat=True),
    ]
    assert len(free) >= 14
    assert [text for text in free if WORD not in text] == []
    assert submission.contact.phone.replace(" ", "") == PHONE


def test_its_rows_are_those_of_the_services_and_no_number_of_a_test_reaches_them(neighbour, kept_folder):
    first = make_submission(confirmed=True)
    assert first.pk < FIRST <= neighbour.submission.pk
    assert list(ours(Submission)) == [first]
    assert len(captured(neighbour.variant, kept_folder)) > 15


def test_every_variant_is_drawn_and_a_test_always_gets_the_same():
    class Named:
        def __init__(self, n):
            self.nodeid = f"tests/web/test_x.py::test_{n}"

        def get_closest_marker(self, name):
            return None

    drawn = [draw(type("Request", (), {"node": Named(n)})()) for n in range(100)]
    assert set(drawn) == set(VARIANTS)
    assert drawn == [draw(type("Request", (), {"node": Named(n)})()) for n in range(100)]


@pytest.mark.neighbour("group")
def test_a_marker_restricts_the_draw(neighbour):
    assert neighbour.variant == "group"


# -- what is noticed


@pytest.mark.cases(1)
@every_variant
def test_a_page_that_shows_it_fails_its_test(neighbour, client):
    client.force_login(make_officer(neighbour.submission.epci.short_name))
    with seen:
        client.get(f"/agent/{neighbour.submission.pk}/")
    with neighbour.shown():
        assert client.get(f"/agent/{neighbour.submission.pk}/").status_code == 200


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    "said", [WORD, WORD.upper(), "03 44 98 76 54", "03&nbsp;44&nbsp;98&nbsp;76&nbsp;54", "43 217 €"]
)
@pytest.mark.parametrize("packed", [HttpResponse, lambda body: StreamingHttpResponse([body])])
def test_a_marker_is_found_however_it_is_written(neighbour, said, packed):
    response = packed(f"<p>Une page sur {said}</p>".encode())
    with seen:
        neighbour.search_answer(RequestFactory().get("/"), response)
        list(response)


@pytest.mark.parametrize(
    "drawn",
    [
        '{"words": 0.14391432174224025}',
        "2026-06-01T10:00:01.043217Z",
        "msg_e7143217c674476aa2895afde91b2687",
        "clé 6a343217-0f0e-4d43-9217-0344987654ab",
        'W/"0344987654abcdef"',
    ],
)
def test_what_is_drawn_or_measured_names_nobody(neighbour, drawn):
    neighbour.search(drawn.encode(), "A page")


@pytest.mark.parametrize(
    "said", ["aid of 43217 €", "0.5 43 217", "call. 0344987654", "0000000043217", f"/agent/{FIRST}/", "façade43217"]
)
def test_whole_numbers_name_somebody(neighbour, said):
    with seen:
        neighbour.search(said.encode(), "A page")


def test_a_header_that_names_it_fails_too(neighbour):
    with seen:
        neighbour.search_answer(RequestFactory().get("/"), HttpResponse(headers={"Location": f"/agent/{FIRST}/"}))


@pytest.mark.cases(2)
@pytest.mark.parametrize("field", ["subject", "text", "html", "reply_to"])
def test_an_email_that_names_it_fails_its_test(neighbour, field):
    make_submission(confirmed=True)
    neighbour.search_outbox()
    row = ours(Notification).first()
    setattr(row, field, f"{WORD}@x.example")
    row.save()
    with seen:
        neighbour.search_outbox()
    neighbour.shows = True  # what is left in the outbox is what this test is about


def test_pages_are_searched_as_they_were_answered(neighbour, client):
    assert "searched" in BaseHandler.get_response.__qualname__
    assert client.get("/").status_code == 200
