"""The space of a contact: its requests, firm by firm, and where each stands."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backend.accounts.models import Organisation
from backend.common.days import add_working_days
from backend.companies.models import FactSheet
from backend.links.models import Kind
from backend.matchmaking.access_links import send_access_link
from backend.matchmaking.follow_up import take_file
from backend.matchmaking.models import SchemeEvent, Submission
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.matchmaking.space import MOST_UNCONFIRMED, PER_PAGE, space_of
from backend.notifications.models import Notification
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission
from backend.schemes.models import Scheme
from tests.factories import (
    ARC,
    DAY,
    as_sent,
    decide,
    first_matches,
    link_to,
    make_officer,
    make_submission,
    publish_revision,
)
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "group", "epci")]
ADDRESS = "isabelle.morel@tolerie.example"
SECOND_FIRM = {"siren": "999999972", "siret": "99999997200013", "company_name": "Fonderie du Parc"}


def open_space(client, submission: Submission) -> str:
    """Open the space of an address by the link of 30 minutes to one of its files; return its page as text."""
    assert client.post(f"/acces/{link_to(submission, Kind.ACCESS)}/")["Location"] == "/espace/"
    return text_of(client.get("/espace/"))


def section(text: str, start: str, end: str) -> str:
    """Return what stands between two words of a page."""
    assert start in text
    return text.split(start, 1)[1].split(end, 1)[0]


def test_the_way_in_is_on_the_home_page_and_in_the_menu(client):
    assert client.get("/").content.decode().count('href="/espace/"') == 2


def test_the_link_that_comes_opens_the_space(client):
    submission = make_submission(confirmed=True)
    assert client.post("/espace/", {"email": ADDRESS.upper()}).status_code == 200
    email = ours(Notification).get(kind="access_link")
    path = as_sent(email).text.split("/acces/", 1)[1].split()[0]
    assert "Ouvrir mon espace" in text_of(client.get(f"/acces/{path}"))
    assert submission.reference in text_of(client.post(f"/acces/{path}", follow=True))


def test_two_firms_of_one_address_are_listed_apart(client):
    first, second = make_submission(confirmed=True), make_submission(confirmed=True, **SECOND_FIRM)
    third = make_submission(confirmed=True, text="Un mot rare : tréfilage.")
    text = open_space(client, first)
    assert text.count("SIREN") == 2
    of_second = section(text, "SIREN 999999972", "Tôlerie des Étangs")
    assert second.reference in of_second or second.reference in section(text, "Fonderie du Parc", "Un autre besoin")
    newest, oldest = space_of(ADDRESS, on=DAY).firms
    assert [line.submission for line in newest.files] == [third, first]
    assert [line.submission for line in oldest.files] == [second]
    assert "tréfilage" not in text_of(client.get(f"/resultat/{link_to(second)}/"))
    assert "Tôlerie" not in text_of(client.get(f"/resultat/{link_to(second)}/"))


def test_files_without_a_number_are_no_one_firm():
    for _ in range(2):
        make_submission(confirmed=True, siren="", siret="")
    assert len(space_of(ADDRESS, on=DAY).firms) == 2


def test_a_line_says_when_the_answer_is_promised_and_who_follows(client):
    officer, submission = make_officer(ARC), make_submission(confirmed=True)
    Organisation.objects.filter(epci=submission.epci).update(promised_days=3)
    day = add_working_days(submission.waits_since, 3)
    assert space_of(ADDRESS, on=DAY).firms[0].files[0].next_on == day
    take_file(submission=submission, officer=officer)
    text = open_space(client, submission)
    assert "Pas encore relue." in text
    assert f"Suivie par {officer}." in text
    assert "Réponse promise le" in text
    (line,) = space_of(ADDRESS, on=day + timedelta(days=1)).firms[0].files
    assert line.next_on is None


@pytest.mark.slow
def test_a_line_counts_what_was_said_of_schemes_and_names_the_next_to_ask_for(client):
    submission, officer = make_submission(confirmed=True), make_officer(ARC)
    schemes = [match.scheme for match in first_matches(submission, 4)]
    closes_on = date(2026, 12, 18)
    publish_revision(schemes[0], window_state="dated", opens_on=None, closes_on=closes_on)
    decide(submission, schemes[3], officer)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    for scheme, state in zip(schemes, ("followed", "followed", "applied"), strict=False):
        say(submission=submission, scheme=Scheme.objects.get(pk=scheme.pk), state=state, on=DAY)
    (line,) = space_of(ADDRESS, on=DAY).firms[0].files
    assert (line.n_followed, line.n_applied, line.n_granted) == (2, 1, 0)
    assert (line.next_on, line.next_scheme) == (closes_on, str(schemes[0]))
    text = open_space(client, submission)
    assert "Relue le" in text
    assert "2 dispositifs qui vous intéressent. 1 demandé." in text
    assert "À demander au plus tard le 18 décembre 2026" in text


def test_what_an_officer_decides_shows_once_the_firm_was_told(client):
    submission, officer = make_submission(confirmed=True), make_officer(ARC)
    scheme = first_matches(submission)[0].scheme
    say(submission=submission, scheme=scheme, state=SchemeEvent.State.FOLLOWED, on=DAY)
    decide(submission, scheme, officer, "other", comment="Un mot entre collègues.")
    assert space_of(ADDRESS, on=DAY).firms[0].files[0].n_followed == 1
    assert "collègues" not in open_space(client, submission)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    assert space_of(ADDRESS, on=DAY).firms[0].files[0].n_followed == 0


def test_a_closed_request_says_why_and_an_erased_one_is_gone(client):
    closed, erased = make_submission(confirmed=True), make_submission(confirmed=True, **SECOND_FIRM)
    withdraw_consent(submission=closed)
    erase_submission(submission=erased)
    text = open_space(client, closed)
    assert "l’entreprise a retiré son consentement" in text
    assert "Fonderie" not in text
    assert erased.reference not in text


def test_a_request_that_was_not_confirmed_is_confirmed_there(client):
    confirmed, waiting = make_submission(confirmed=True), make_submission(**SECOND_FIRM)
    text = open_space(client, confirmed)
    assert f"À confirmer : demande {waiting.reference}" in text
    assert client.post(reverse("space_file", args=[waiting.pk])).status_code == 404
    assert "est confirmée" in text_of(client.post(reverse("space_confirm", args=[waiting.pk]), follow=True))
    waiting.refresh_from_db()
    assert waiting.confirmed_at
    assert ours(Notification).filter(kind="receipt", about=[waiting.topic]).count() == 1
    client.post(reverse("space_confirm", args=[waiting.pk]))
    assert ours(Notification).filter(kind="receipt", about=[waiting.topic]).count() == 1


def test_nothing_of_another_address_is_opened_or_confirmed(client, neighbour):
    submission, stranger = make_submission(confirmed=True), make_submission(email="jean@voisine.example")
    open_space(client, submission)
    for pk in (stranger.pk, neighbour.submission.pk, 999_999_999):
        for name in ("space_file", "space_confirm"):
            assert client.post(reverse(name, args=[pk])).status_code == 404
    stranger.refresh_from_db()
    assert stranger.confirmed_at is None


@pytest.mark.slow
def test_the_page_asks_as_much_of_the_database_whatever_the_number_of_requests():
    asked = []
    for _ in range(2):
        for _ in range(3):
            submission = make_submission(confirmed=True)
            say(submission=submission, scheme=first_matches(submission)[0].scheme, state="followed", on=DAY)
        with CaptureQueriesContext(connection) as queries:
            (firm,) = space_of(ADDRESS, on=DAY).firms
        assert {line.n_followed for line in firm.files} == {1}
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 7


@pytest.mark.slow
def test_a_page_lists_so_many_at_most_and_leads_to_the_next(client):
    made = make_submission(confirmed=True)
    Submission.objects.bulk_create(_copies(made, PER_PAGE))
    assert "Page 1 sur 2" in open_space(client, made)
    first, second = (space_of(ADDRESS, on=DAY, page=page) for page in ("1", "2"))
    assert sum(len(firm.files) for firm in first.firms) == PER_PAGE
    assert [line.submission for firm in second.firms for line in firm.files] == [made]
    assert made.reference in text_of(client.get("/espace/?page=2"))
    assert client.get("/espace/?page=x").status_code == 200


def test_what_others_file_with_an_address_pushes_none_of_its_requests_out(client):
    made = make_submission(confirmed=True)
    Submission.objects.bulk_create(_copies(made, PER_PAGE + 1, confirmed_at=None, filed_at=timezone.now()))
    text = open_space(client, made)
    assert text.count("À confirmer :") == MOST_UNCONFIRMED
    assert "D’autres demandes restent à confirmer" in text
    assert made.reference in section(text, "SIREN", "Un autre besoin")


def _copies(made: Submission, n: int, **changes):
    for _ in range(n):
        yield Submission(
            sheet=FactSheet.objects.create(company=made.sheet.company),
            contact=made.contact,
            consented_at=made.filed_at,
            **{"filed_at": made.filed_at, "confirmed_at": made.filed_at, **changes},
        )


def test_erasing_the_last_request_closes_the_space_everywhere(client):
    first, second = make_submission(confirmed=True), make_submission(confirmed=True, **SECOND_FIRM)
    open_space(client, first)
    erase_submission(submission=first)
    assert second.reference in text_of(client.get("/espace/"))
    erase_submission(submission=second)
    assert "Recevoir le lien" in text_of(client.get("/espace/"))


def test_a_link_of_30_minutes_dies_with_its_file(client):
    submission = make_submission(confirmed=True)
    send_access_link(submission=submission)
    path = f"/acces/{link_to(submission, Kind.ACCESS)}/"
    erase_submission(submission=submission)
    assert client.post(path).status_code == 404
