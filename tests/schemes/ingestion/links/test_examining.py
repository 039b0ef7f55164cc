"""Asking for pages of a real site on loopback that misbehaves in every way."""

import time
from collections.abc import Iterator

import pytest

from backend.common.fetching import Limits
from backend.schemes.ingestion.links.examining import examine, examine_all
from backend.schemes.models import Outcome
from tests.common.sites import Site, make_certificate, send, site
from tests.schemes.ingestion.links.test_reading import TEXT

SOON = Limits(connect_seconds=1, read_seconds=0.4, total_seconds=1.0, max_bytes=200_000, redirects=5)
PAGE = f"<html><head><title>Pass machine</title></head><body><main>{TEXT}</main></body></html>"


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as served:
        served.page("/", PAGE)
        yield served


def outcome_of(url: str) -> Outcome:
    return examine(url, limits=SOON).outcome


def test_a_page_that_answers_is_read(here):
    sight = examine(here.page("/aide", PAGE), limits=SOON)
    assert (sight.outcome, sight.status, sight.sentence) == (Outcome.OK, 200, "")
    assert sight.fingerprint is not None
    assert here.asked == [("HEAD", "/aide"), ("GET", "/aide")]


def test_a_file_that_answers_is_not_fetched(here):
    assert outcome_of(here.page("/guide.pdf", b"%PDF", Content_Type="application/pdf")) == Outcome.OK
    assert here.asked == [("HEAD", "/guide.pdf")]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 501])
def test_head_that_is_refused_or_lies_is_not_believed(here, status):
    def answer(request):
        if request.command == "HEAD":
            send(request, status=status)
        else:
            send(request, PAGE)

    assert outcome_of(here.on("/aide", answer)) == Outcome.OK


def test_head_that_says_well_of_a_missing_page_is_not_believed(here):
    def answer(request):
        send(request, "", status=200 if request.command == "HEAD" else 404)

    assert outcome_of(here.on("/aide", answer)) == Outcome.NOT_FOUND


def test_head_that_never_answers_is_followed_by_get(here):
    def answer(request):
        if request.command == "HEAD":
            time.sleep(0.6)
        else:
            send(request, PAGE)

    assert outcome_of(here.on("/aide", answer)) == Outcome.OK


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (404, Outcome.NOT_FOUND),
        (410, Outcome.NOT_FOUND),
        (403, Outcome.REFUSED),
        (429, Outcome.REFUSED),
        (400, Outcome.ERROR),
        (500, Outcome.ERROR),
        (503, Outcome.ERROR),
    ],
)
def test_an_error_is_told_apart(here, status, outcome):
    sight = examine(here.page("/aide", "Non.", status=status), limits=SOON)
    assert (sight.outcome, sight.status) == (outcome, status)
    assert str(status) in sight.sentence


def test_a_page_that_says_that_it_is_missing_with_code_200(here):
    sight = examine(here.page("/aide", f"<title>Page introuvable</title>{TEXT}"), limits=SOON)
    assert sight.outcome == Outcome.SOFT_NOT_FOUND
    assert "page introuvable" in sight.sentence


def test_a_page_that_is_next_to_empty(here):
    assert outcome_of(here.page("/aide", "<p>Bientôt.</p>")) == Outcome.EMPTY


@pytest.mark.parametrize("home", ["/", "/fr/", "/accueil"])
def test_being_sent_to_the_home_page_is_no_answer(here, home):
    here.page(home, PAGE)
    assert outcome_of(here.redirect("/aide", home, status=301)) == Outcome.HOME


def test_a_home_page_itself_may_send_to_another(here):
    here.page("/fr/", PAGE)
    here.redirect("/", "/fr/")
    assert outcome_of(f"{here.url}/") == Outcome.OK


def test_a_page_that_moved_for_good_says_where(here):
    here.page("/nouvelle", PAGE)
    here.redirect("/b", "/nouvelle", status=308)
    sight = examine(here.redirect("/a", "/b", status=301), limits=SOON)
    assert (sight.outcome, sight.moved_to) == (Outcome.MOVED, f"{here.url}/nouvelle")


def test_a_page_that_moved_for_a_while_answers(here):
    here.page("/nouvelle", PAGE)
    assert outcome_of(here.redirect("/a", "/nouvelle", status=302)) == Outcome.OK
    here.redirect("/b", "/a", status=301)
    assert outcome_of(f"{here.url}/b") == Outcome.OK


def test_another_spelling_of_the_same_address_is_no_move(here):
    here.page("/aide/", PAGE)
    assert outcome_of(here.redirect("/aide", "/aide/", status=301)) == Outcome.OK


def test_a_page_that_moved_to_a_missing_one_is_missing(here):
    assert outcome_of(here.redirect("/aide", "/nulle-part", status=301)) == Outcome.NOT_FOUND


def test_a_loop_of_redirects(here):
    here.redirect("/b", "/a", status=301)
    assert outcome_of(here.redirect("/a", "/b", status=301)) == Outcome.REDIRECTS


def test_a_site_that_is_too_slow(here):
    assert outcome_of(here.on("/aide", lambda request: time.sleep(0.8))) == Outcome.TIMEOUT


def test_a_huge_page_is_read_in_part(here):
    def pour(request):
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(PAGE.encode())
            while True:
                request.wfile.write(b"<p>encore</p>" * 5000)

    assert outcome_of(here.on("/huge", pour)) == Outcome.OK


def test_a_bad_certificate(tmp_path):
    with site(certificate=make_certificate(tmp_path, "127.0.0.1")) as safe:
        assert outcome_of(safe.page("/aide", PAGE)) == Outcome.TLS


def test_a_private_address_is_not_asked(here, settings):
    settings.FETCH_LOOPBACK = False
    assert outcome_of(here.page("/aide", PAGE)) == Outcome.PRIVATE
    assert here.asked == []


def test_an_address_that_is_none():
    assert outcome_of("http://") == Outcome.BAD_URL


def test_one_host_is_asked_one_page_at_a_time_with_a_pause_and_others_meanwhile():
    open_at_once, most = [], []
    moments = []

    def answer(request):
        open_at_once.append(1)
        most.append(len(open_at_once))
        moments.append(time.monotonic())
        time.sleep(0.05)
        open_at_once.pop()
        send(request, PAGE)

    with site() as one, site(address="127.0.0.2") as other:
        other.url = other.url.replace("127.0.0.1", "127.0.0.2")
        urls = [one.on(f"/{n}", answer) for n in range(3)]
        away = [other.page(f"/{n}", PAGE) for n in range(3)]
        started = time.monotonic()
        sights = examine_all([*urls, *away], pause=0.3)
        seconds = time.monotonic() - started
    assert {sight.outcome for sight in sights} == {Outcome.OK}
    assert max(most) == 1
    assert moments[2] - moments[1] > 0.3  # between two pages; HEAD and GET of one follow each other
    assert seconds < 2 * 3 * 0.3 + 2  # both hosts side by side


def test_what_there_was_no_time_for_is_left_for_another_day(here):
    urls = [here.page(f"/{n}", PAGE) for n in range(5)]
    assert examine_all(urls, pause=0.2, seconds=0.3)
    assert 1 <= len(examine_all(urls, pause=0.2, seconds=0.3)) < 5
