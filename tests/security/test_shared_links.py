"""What a forwarded link, a share and a feed can and cannot do: the tables of docs/security.md, tried cell by cell."""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.core.cache import caches
from django.db import transaction
from django.test import Client
from django.urls import reverse
from ical.calendar_stream import IcsCalendarStream

from backend.accounts.absences import declare_absence
from backend.accounts.models import Membership
from backend.accounts.services import off_board
from backend.links.models import Kind, Link
from backend.links.services import live_links, prolong_links
from backend.matchmaking.closing import close_file
from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.follow_up import record_step, take_file, write_note
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.matchmaking.sharing import MOST_SHARES, make_share, renew_feed, renew_staff_feed
from backend.matchmaking.state_aid import declare_aid
from backend.privacy.consent import withdraw_consent
from tests.conftest import ROOT
from tests.factories import DAY, decide, first_matches, link_to, make_officer, make_submission, publish_revision
from tests.neighbour import rows_of_neighbour
from tests.security.test_pairs import ADDRESSES
from tests.web.conftest import text_of
from tests.web.test_access import LOGIN, TABLE, Case, status_of

pytestmark = pytest.mark.django_db
COLUMNS = ("Result link", "Share", "Feed", "Officer's feed")
DOCUMENT = (ROOT / "docs" / "security.md").read_text()
SOON = date(2027, 3, 28)


def rows_of(first: str) -> list[list[str]]:
    """Return the cells of the table of the document whose first column has a name."""
    table = DOCUMENT.split(f"| {first} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


OPENS = {
    (name, method.lower()): dict(zip(COLUMNS, cells, strict=True))
    for names, method, *cells in rows_of("Addresses")
    for name in re.findall(r"`(\w+)`", names)
}
SHOWS = {what: dict(zip(COLUMNS, cells, strict=True)) for what, *cells in rows_of("What shows")}
TAKING_A_LINK = sorted(name for name, pattern in ADDRESSES.items() if "token" in pattern.pattern.converters)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission(officer, settings):
    """Return a file of which everything that the tables speak of is kept."""
    settings.FIXED_DAY = DAY
    made = make_submission(
        confirmed=True,
        contact_name="Aliénor Brisefer",
        text="Notre tournevis sonique est fatigué, il nous faut deux soudeurs.",
        facts={"turnover": 4_815_162.0},
    )
    proposed, asked, followed = first_matches(made, 12)[1::5]
    for match in (proposed, followed):
        publish_revision(match.scheme, window_state="dated", opens_on=None, closes_on=SOON, preparation_days=30)
    take_file(submission=made, officer=officer)
    write_note(submission=made, author=officer, audience="firm", text="Un mot pour vous.")
    for audience in ("internal", "shared"):
        write_note(submission=made, author=officer, audience=audience, text="Un mot entre nous.")
    decide(made, proposed.scheme, officer, on=DAY)
    end_review(submission=made, officer=officer, on=DAY, message="Un mot de la relecture.")
    record_step(submission=made, officer=officer, step="call_back", due_on=SOON, note="Un mot entre nous.")
    say(submission=made, scheme=followed.scheme, state="followed", on=DAY)
    say(submission=made, scheme=asked.scheme, state="applied", on=DAY)
    say(submission=made, scheme=asked.scheme, state="refused", note="Un refus motivé.", on=DAY)
    declare_aid(submission=made, on=DAY, granted_on=DAY, amount_eur=Decimal("8765.43"), title="Pass Tournevis")
    made.proposed, made.followed = proposed.scheme, followed.scheme
    return made


def tokens_of(submission, officer):
    return dict(
        zip(
            COLUMNS,
            (
                link_to(submission),
                make_share(submission=submission),
                renew_feed(submission=submission),
                renew_staff_feed(user=officer),
            ),
            strict=True,
        )
    )


def others_of(name, case):
    """Return what an address names beside its link."""
    return TABLE[name].args(case)[1:] if len(ADDRESSES[name].pattern.converters) > 1 else []


# -- the tables


def test_the_tables_name_addresses_and_columns_that_are():
    assert {name for name, _method in OPENS} <= set(TAKING_A_LINK)
    assert {cell for row in (*OPENS.values(), *SHOWS.values()) for cell in row.values()} == {"yes", "no"}


def test_each_address_opens_to_the_links_that_the_table_says(submission, officer, neighbour):
    case, tokens = Case(submission, officer, make_officer("", role="editor")), tokens_of(submission, officer)
    before, wrong = rows_of_neighbour(), []
    for name, column, method in product(TAKING_A_LINK, COLUMNS, ("get", "post")):
        row = OPENS.get((name, method), dict.fromkeys(COLUMNS, "no"))
        client = Client(raise_request_exception=False)
        with transaction.atomic():
            path = reverse(name, args=[tokens[column], *others_of(name, case)])
            found = status_of(getattr(client, method)(path, TABLE[name].sent(case)))
            unchanged = rows_of_neighbour() == before
            transaction.set_rollback(True)
        opened = found in (200, 302, 422)
        if opened != (row[column] == "yes") or not (opened or found in (403, 404, 405)) or found == LOGIN:
            wrong.append(f"{name}: {method} with {column} answers {found}, the table says {row[column]}")
        if not unchanged:
            wrong.append(f"{name}: {method} with {column} changes the second firm")
    assert wrong == [], "\n".join(wrong)


def markers_of(submission, officer):
    """Return what each row of the second table looks for."""
    proposed, followed = submission.proposed.current.name, submission.followed.current.name
    return {
        "the schemes proposed, and their last days": proposed,
        "the schemes followed, and their last days": followed,
        "what a scheme may bring this project": "Pour ce projet",
        "the three steps": "prochaines démarches",
        "the firm's name": "Tôlerie des Étangs",
        "its number": "999999956",
        "its contact: name, e-mail, telephone": "Brisefer|isabelle.morel@|53016035",
        "its words": "tournevis sonique",
        "its facts, such as the turnover": "4,82M€",
        "its de minimis aids": "8765|PassTournevis",
        "what it said of a scheme, and why": "Un refus motivé",
        "what officers wrote to it": "Un mot pour vous|Un mot de la relecture",
        "what officers write to each other": "Un mot entre nous",
        "who follows it": officer.last_name,
        "calls promised to it": "À rappeler",
    }


def read_by(column, token, submission, case):
    """Return all that the pages say which a link opens, without tags and spaces."""
    said = ""
    for (name, method), row in OPENS.items():
        if method != "get" or row[column] != "yes" or "pdf" in name or name in ("plan", "aids_declaration"):
            continue  # the two PDF say what the page says
        args = [token, *others_of(name, case)]
        if name == "firm_scheme":
            args = [token, submission.followed.pk]
        response = Client().get(reverse(name, args=args))
        text = response.content.decode().replace("\r\n ", "") if "calendar" in response["Content-Type"] else ""
        said += (text or text_of(response)).replace("\\,", ",").replace("\\;", ";")
    return re.sub(r"\s", "", said)


@pytest.mark.parametrize("column", COLUMNS)
def test_each_link_shows_what_the_table_says(submission, officer, column):
    case = Case(submission, officer, make_officer("", role="editor"))
    markers = markers_of(submission, officer)
    assert markers.keys() == SHOWS.keys()
    said = read_by(column, tokens_of(submission, officer)[column], submission, case)
    for what, marker in markers.items():
        found = [part for part in marker.split("|") if re.sub(r"\s", "", part) in said]
        shows = bool(found) if SHOWS[what][column] == "no" else len(found) == len(marker.split("|"))
        assert shows == (SHOWS[what][column] == "yes"), f"{what}: {found}"


# -- a share


@pytest.fixture
def page(submission):
    return f"/resultat/{link_to(submission)}/"


def made_by(client, path, sent):
    """Return the path of the link that a form made, shown once, and the page that showed it."""
    response = client.post(path, sent)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    [shown] = re.findall(
        r"http://[^/]+(/(?:agenda|agenda-agent|partage)/lien-[\w-]{24}/[\w.]*)", response.content.decode()
    )
    return shown


def test_a_share_is_made_read_counted_and_ended_by_the_firm(client, page):
    shown = made_by(client, f"{page}partage/", {"make": "1"})
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


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}])
def test_what_is_fetched_in_advance_gets_nothing_and_counts_nothing(client, submission, headers):
    path = f"/partage/{make_share(submission=submission)}/"
    answer = client.get(path, headers=headers)
    assert (answer.status_code, answer.content) == (403, b"")
    assert client.head(path).status_code == 200
    assert Link.objects.get(kind=Kind.SHARE).n_visits == 0


@pytest.mark.parametrize(("after", "status"), [(30 * 24 - 1, 200), (30 * 24, 404)])
def test_a_share_ends_after_thirty_days_however_much_it_is_read(client, submission, clock, after, status):
    path = f"/partage/{make_share(submission=submission)}/"
    assert client.get(path).status_code == 200
    clock.goes_on(timedelta(hours=after))
    assert client.get(path).status_code == status


def test_no_share_is_made_before_the_address_is_confirmed_nor_beyond_ten(client, page, submission):
    waiting = f"/resultat/{link_to(make_submission())}/"
    assert "Confirmez d’abord votre adresse" in text_of(client.post(f"{waiting}partage/", {"make": "1"}, follow=True))
    for _ in range(MOST_SHARES):
        make_share(submission=submission)
    answer = client.post(f"{page}partage/", {"make": "1"}, follow=True)
    assert "arrêtez-en un pour en faire un autre" in text_of(answer)
    assert live_links(kind=Kind.SHARE, object_id=submission.pk).count() == MOST_SHARES


@pytest.mark.parametrize("wrong", ["", "x", "0", "9" * 30, "theirs"])
def test_no_share_of_another_firm_is_ended(client, page, wrong):
    other = make_submission(confirmed=True, email="autre@voisine.example")
    make_share(submission=other)
    sent = Link.objects.get(kind=Kind.SHARE).pk if wrong == "theirs" else wrong
    assert client.post(f"{page}partage/", {"end": sent}).status_code == 302
    assert live_links(kind=Kind.SHARE, object_id=other.pk).count() == 1


def test_making_links_is_limited(client, page, settings):
    settings.THROTTLES = {"share.network": (1, 3600)}
    caches["counters"].clear()
    assert client.post(f"{page}partage/", {"make": "1"}).status_code == 200
    for path, sent in ((f"{page}partage/", {"make": "1"}), (f"{page}agenda/", {})):
        response = client.post(path, sent)
        assert response.status_code == 429
        assert int(response["Retry-After"]) > 0


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
    first = made_by(client, f"{page}agenda/", {})
    days = {event.dtstart for event in events_of(first)}
    assert {SOON, SOON - timedelta(days=30)} <= days
    second = made_by(client, f"{page}agenda/", {})
    assert Client().get(first).status_code == 404
    assert len(events_of(second)) >= 2
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


def test_one_feed_that_is_asked_too_often_waits_and_another_does_not(submission, settings):
    settings.THROTTLES = {"feed.link": (2, 3600)}
    one, other = (f"/agenda/{renew_feed(submission=file)}/dates.ics" for file in (submission, make_submission()))
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
def test_a_file_that_was_ended_gives_no_days_and_no_share(client, submission, officer, close, status):
    paths = (
        f"/agenda/{renew_feed(submission=submission)}/dates.ics",
        f"/partage/{make_share(submission=submission)}/",
    )
    close(submission, officer)
    assert [client.get(path).status_code for path in paths] == [status, status]


def test_ending_all_other_links_ends_feeds_and_shares(client, page, submission):
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
    }


def test_days_of_absence_are_left_out(submission, officer):
    path = feed_of(officer)
    declare_absence(user=officer, starts_on=SOON, ends_on=SOON, stand_in=None, by=officer)
    assert {event.dtstart for event in events_of(path)} == {SOON - timedelta(days=30)}


def test_a_file_that_is_no_more_theirs_to_read_gives_no_name(submission, officer):
    path = feed_of(officer)
    submission.epci = make_officer("CCLO").memberships.get().organisation.epci
    submission.save()
    assert events_of(path) == []


@pytest.mark.parametrize("how", ["account", "post", "other post"])
def test_an_officer_s_feed_ends_with_the_account_and_with_the_post(submission, officer, how):
    path = feed_of(officer)
    if how == "account":
        off_board(user=officer)
    else:
        post = officer.memberships.get()
        organisation = post.organisation
        post.delete()
        if how == "other post":
            Membership.objects.create(user=officer, organisation=organisation, role=Membership.Role.OFFICER)
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "Tôlerie" not in text_of(answer)


def test_a_closed_account_that_opens_again_needs_another_feed(officer):
    path = feed_of(officer)
    off_board(user=officer)
    officer.is_active = True
    officer.save()
    assert Client().get(path).status_code == 404


def test_an_officer_makes_and_ends_the_feed_on_the_account_page(client, officer, submission):
    client.force_login(officer)
    path = made_by(client, "/compte/agenda/", {})
    assert "En service depuis le" in text_of(client.get("/compte/agenda/"))
    assert path.split("/")[2] not in client.get("/compte/agenda/").content.decode()
    assert len(events_of(path)) == 3
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
