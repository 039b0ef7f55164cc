"""Feeds and shares: who makes, reads and ends them, and when they end by themselves."""

import re
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from ical.calendar_stream import IcsCalendarStream

from backend.accounts.absences import declare_absence
from backend.accounts.models import Membership
from backend.accounts.services import off_board, reset_second_factor
from backend.links.models import Kind, Link
from backend.links.services import live_links, prolong_links
from backend.matchmaking.closing import close_file
from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.follow_up import record_step, take_file
from backend.matchmaking.officer_dates import officer_dates
from backend.matchmaking.scheme_events import say
from backend.matchmaking.sharing import MOST_SHARES, make_share, renew_feed, renew_staff_feed
from backend.privacy.consent import withdraw_consent
from tests.factories import DAY, link_to, make_officer, make_organisation, make_submission
from tests.security.full_file import SOON, make_full_file
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission(officer, settings):
    """Return a file of which everything that the tables speak of is kept."""
    settings.FIXED_DAY = DAY
    made, made.proposed, made.followed = make_full_file(officer)
    return made


# -- a share


@pytest.fixture
def page(submission):
    return f"/resultat/{link_to(submission)}/"


def form_of(client, shown_on, path):
    """Return what the form of a page sends to a path."""
    inside = client.get(shown_on).content.decode().split(f'action="{path}"')
    form = next(part for part in (each.split("</form>")[0] for each in inside[1:]) if 'name="after"' in part)
    [after] = re.findall(r'name="after" value="(\d*)"', form)
    return {"after": after, **({"make": "1"} if 'name="make"' in form else {})}


def made_by(client, shown_on, path):
    """Return the path of the link that the form of a page makes, which is shown once, and what the form sent."""
    sent = form_of(client, shown_on, path)
    response = client.post(path, sent)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    [shown] = re.findall(
        r"http://[^/]+(/(?:agenda|agenda-agent|partage)/lien-[\w-]{24}/[\w.]*)", response.content.decode()
    )
    return shown, sent


def test_a_share_is_made_read_counted_and_ended_by_the_firm(client, page):
    shown, _sent = made_by(client, page, f"{page}partage/")
    assert shown.split("/")[2] not in client.get(page).content.decode()
    assert "pas encore consulté" in text_of(client.get(page))
    reader = Client()
    for _ in range(3):
        response = reader.get(shown)
        assert response.status_code == 200
    assert not response.cookies
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in response["Cache-Control"]
    assert "<form" not in response.content.decode().split("<main")[1].split("</main")[0]
    assert "consulté 3 fois, la dernière le " in text_of(client.get(page))
    share = Link.objects.get(kind=Kind.SHARE)
    assert "n’ouvre plus rien" in text_of(client.post(f"{page}partage/", {"end": share.pk}, follow=True))
    assert reader.get(shown).status_code == 404
    assert "demandez-en un autre à l’entreprise" in text_of(reader.get(shown))
    assert client.get(page).status_code == 200


def test_a_share_ends_after_thirty_days_and_what_is_fetched_in_advance_gets_nothing(client, submission, clock):
    path = f"/partage/{make_share(submission=submission)}/"
    for headers in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, answer.content) == (403, b"")
    assert client.head(path).status_code == 200
    assert Link.objects.get(kind=Kind.SHARE).n_visits == 0
    clock.goes_on(timedelta(hours=30 * 24 - 1))
    assert client.get(path).status_code == 200  # which does not make it live longer
    clock.goes_on(timedelta(hours=1))
    assert client.get(path).status_code == 404


def test_no_share_is_made_before_the_address_is_confirmed_nor_beyond_ten(client, page, submission):
    waiting = f"/resultat/{link_to(make_submission())}/"
    assert "Confirmez d’abord votre adresse" in text_of(client.post(f"{waiting}partage/", {"make": "1"}, follow=True))
    for _ in range(MOST_SHARES):
        make_share(submission=submission)
    answer = client.post(f"{page}partage/", form_of(client, page, f"{page}partage/"), follow=True)
    assert "arrêtez-en un pour en faire un autre" in text_of(answer)
    assert live_links(kind=Kind.SHARE, object_id=submission.pk).count() == MOST_SHARES


def test_no_share_of_another_firm_is_ended(client, page):
    other = make_submission(confirmed=True, email="autre@voisine.example")
    make_share(submission=other)
    for wrong in ("", "x", "0", "9" * 30, Link.objects.get(kind=Kind.SHARE).pk):
        assert client.post(f"{page}partage/", {"end": wrong}).status_code == 302
        assert live_links(kind=Kind.SHARE, object_id=other.pk).count() == 1, wrong


def test_making_links_is_limited(client, settings):
    page = f"/resultat/{link_to(make_submission(confirmed=True))}/"
    settings.THROTTLES = {"share.network": (1, 3600)}
    caches["counters"].clear()
    assert client.post(f"{page}partage/", {"make": "1"}).status_code == 200
    client.force_login(make_officer())
    for path, sent in ((f"{page}partage/", {"make": "1"}), (f"{page}agenda/", {}), ("/compte/agenda/", {})):
        response = client.post(path, sent)
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0


@pytest.mark.cases(1)
@pytest.mark.parametrize(("form", "kind"), [("agenda/", Kind.FEED), ("partage/", Kind.SHARE)])
def test_loading_again_the_page_that_showed_an_address_makes_no_other(client, page, submission, form, kind):
    shown, sent = made_by(client, page, f"{page}{form}")
    again = client.post(f"{page}{form}", sent, follow=True)
    assert again.redirect_chain
    assert "a déjà été montré" in text_of(again)
    assert "/lien-" not in again.content.decode().replace(page, "")
    assert Client().get(shown).status_code == 200
    assert live_links(kind=kind, object_id=submission.pk).count() == 1
    other, _sent = made_by(client, page, f"{page}{form}")
    assert Client().get(other).status_code == 200


def test_a_share_of_a_firm_that_gave_no_name_says_whose_it_is(client):
    nameless = make_submission(confirmed=True, company_name="")
    name = str(nameless.sheet)
    assert name not in ("", str(nameless.sheet.pk))
    assert f"Une réponse pour {name}" in text_of(client.get(f"/partage/{make_share(submission=nameless)}/"))


# -- a feed


def events_of(path, client=None):
    response = (client or Client()).get(path)
    assert response.status_code == 200, response.status_code
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert not response.cookies
    return IcsCalendarStream.calendar_from_ics(response.content.decode()).events


def test_a_feed_is_made_renewed_and_ended_by_the_firm(client, page, submission):
    first, _sent = made_by(client, page, f"{page}agenda/")
    days = {event.dtstart for event in events_of(first)}
    assert {SOON, SOON - timedelta(days=30)} <= days
    second, _sent = made_by(client, page, f"{page}agenda/")
    assert Client().get(first).status_code == 404
    feed = events_of(second)
    assert len(feed) >= 2
    # No day of an aid, which the file for one's own calendar has.
    assert not [event.summary for event in feed if "minimis" in event.summary]
    assert [event for event in events_of(f"{page}dates.ics", client) if event.summary.startswith("De minimis")]
    assert "lue par un agenda le" in text_of(client.get(page))
    assert "ne donne plus rien" in text_of(client.post(f"{page}agenda/", {"end": "1"}, follow=True))
    answer = Client().get(second)
    assert answer.status_code == 404
    assert "se crée à nouveau sur la page de votre résultat" in text_of(answer)


def test_opening_the_space_of_the_address_is_a_visit(client, submission, clock):
    path, other = (
        f"/agenda/{renew_feed(submission=submission)}/dates.ics",
        make_submission(email="autre@voisine.example"),
    )
    theirs = f"/agenda/{renew_feed(submission=other)}/dates.ics"
    clock.goes_on(timedelta(days=390))
    assert client.post(f"/acces/{link_to(submission, Kind.ACCESS)}/").status_code == 302
    clock.goes_on(timedelta(days=390))
    assert [Client().get(each).status_code for each in (path, theirs)] == [200, 404]


def test_one_feed_that_is_asked_too_often_waits_and_another_does_not(settings):
    settings.THROTTLES = {"feed.link": (2, 3600)}
    one, other = (f"/agenda/{renew_feed(submission=make_submission())}/dates.ics" for _ in range(2))
    statuses = [Client().get(one).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert events_of(other) is not None


@pytest.mark.parametrize(
    ("close", "status"),
    [
        (lambda file, by: close_unentitled(submission=file, officer=by, on=DAY), 404),
        (lambda file, by: withdraw_consent(submission=file), 404),
        (lambda file, by: close_file(submission=file, officer=by, reason="helped"), 200),  # any event opens it again
    ],
)
def test_a_file_that_was_ended_gives_no_days_and_no_share(client, officer, close, status):
    submission = make_submission(confirmed=True)
    paths = (
        f"/agenda/{renew_feed(submission=submission)}/dates.ics",
        f"/partage/{make_share(submission=submission)}/",
    )
    close(submission, officer)
    assert [client.get(path).status_code for path in paths] == [status, status]


def test_ending_all_other_links_ends_feeds_and_shares(client):
    submission = make_submission(confirmed=True)
    page = f"/resultat/{link_to(submission)}/"
    paths = (
        f"/agenda/{renew_feed(submission=submission)}/dates.ics",
        f"/partage/{make_share(submission=submission)}/",
    )
    client.post(f"{page}liens/", {"others": "1"})
    assert [client.get(path).status_code for path in paths] == [404, 404]


# -- an officer's feed


def feed_of(officer):
    return f"/agenda-agent/{renew_staff_feed(user=officer)}/dates.ics"


def test_an_officer_follows_calls_and_last_days_of_the_files_they_follow(submission, officer, neighbour):
    another = make_submission(confirmed=True, email="autre@voisine.example", company_name="Une autre firme")
    say(submission=another, scheme=submission.followed, state="followed", on=DAY)
    found = {event.summary.replace("\xa0", " "): event.dtstart for event in events_of(feed_of(officer))}
    name = submission.followed.current.name
    assert found == {
        "À rappeler : Tôlerie des Étangs": SOON,
        f"Dernier jour : {name} (Tôlerie des Étangs)": SOON,
        f"À préparer dès maintenant : {name} (Tôlerie des Étangs)": SOON - timedelta(days=30),
        f"Date donnée par l’entreprise : {name} (Tôlerie des Étangs)": SOON,
    }
    nameless = make_submission(confirmed=True, company_name="", email="autre@voisine.example")
    take_file(submission=nameless, officer=officer)
    record_step(submission=nameless, officer=officer, step="call_back", due_on=SOON)
    say(submission=nameless, scheme=submission.followed, state="followed", on=DAY)
    path = feed_of(officer)
    found = [event.summary.replace("\xa0", " ") for event in events_of(path)]
    assert f"À rappeler : {nameless.sheet}" in found  # by what the register calls it
    assert f"Dernier jour : {submission.followed.current.name} ({nameless.sheet})" in found
    declare_absence(user=officer, starts_on=SOON, ends_on=SOON, stand_in=None, by=officer)
    assert {event.dtstart for event in events_of(path)} == {SOON - timedelta(days=30)}
    elsewhere = make_officer("CCLO").memberships.get().organisation.epci
    for file in (submission, nameless):  # no more theirs to read
        file.epci = elsewhere
        file.save()
    assert events_of(path) == []


def test_an_officer_s_days_take_as_many_questions_however_many_files(submission, officer):
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            days = officer_dates(officer, on=DAY)
        asked.append((len(queries), len(days)))
        more = make_submission(confirmed=True, email="autre@voisine.example")
        take_file(submission=more, officer=officer)
        say(submission=more, scheme=submission.followed, state="followed", on=DAY)
    (one, n_days), (many, more_days) = asked
    assert more_days == n_days + 2
    assert many == one


@pytest.mark.parametrize(
    "how", ["account", "post", "other post", "other organisation", "other role", "second factor", "no reviewer"]
)
def test_an_officer_s_feed_ends_with_the_account_the_post_and_the_factor(officer, how):
    take_file(submission=make_submission(confirmed=True), officer=officer)
    path = feed_of(officer)
    if how == "account":
        off_board(user=officer)
    elif how == "second factor":
        TOTP.activate(officer, generate_totp_secret())
        assert reset_second_factor(user=officer)
    elif how == "other organisation":
        officer.memberships.update(organisation=make_organisation("CCLO"))
    elif how in ("other role", "no reviewer"):
        officer.memberships.update(role=Membership.Role.EPCI_LEAD if how == "other role" else Membership.Role.PARTNER)
    else:
        post = officer.memberships.get()
        organisation = post.organisation
        post.delete()
        if how == "other post":
            Membership.objects.create(user=officer, organisation=organisation, role=Membership.Role.OFFICER)
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "Tôlerie" not in text_of(answer)


def test_a_new_password_ends_the_feed_and_no_other_s(client, officer):
    other = make_officer()
    path, theirs = feed_of(officer), feed_of(other)
    client.force_login(officer)
    words = {
        "oldpassword": "mot-de-passe-long",
        "password1": "un-autre-mot-de-passe",
        "password2": "un-autre-mot-de-passe",
    }
    client.post("/compte/mot-de-passe/", words)
    officer.refresh_from_db()
    assert officer.check_password("un-autre-mot-de-passe")
    assert [Client().get(each).status_code for each in (path, theirs)] == [404, 200]


def test_a_closed_account_that_opens_again_needs_another_feed(officer):
    path = feed_of(officer)
    off_board(user=officer)
    officer.is_active = True
    officer.save()
    assert Client().get(path).status_code == 404


def test_an_officer_makes_and_ends_the_feed_on_the_account_page(client, officer, submission):
    client.force_login(officer)
    path, sent = made_by(client, "/compte/agenda/", "/compte/agenda/")
    assert "En service depuis le" in text_of(client.get("/compte/agenda/"))
    assert path.split("/")[2] not in client.get("/compte/agenda/").content.decode()
    again = client.post("/compte/agenda/", sent, follow=True)  # as a page that is loaded again sends
    assert "a déjà été montrée" in text_of(again)
    assert len(events_of(path)) == 4
    client.post("/compte/agenda/", {"end": "1"})
    assert Client().get(path).status_code == 404


def test_an_officer_s_feed_lives_thirteen_months_after_the_last_sign_in(officer, clock):
    path = feed_of(officer)
    clock.goes_on(timedelta(days=395))
    prolong_links(kind=Kind.STAFF_FEED, object_ids=[officer.pk])  # as a sign-in does
    clock.goes_on(timedelta(days=395))
    assert Client().get(path).status_code == 200
    clock.goes_on(timedelta(days=1))
    assert Client().get(path).status_code == 404
