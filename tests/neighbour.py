"""The second firm that stands beside the first in every test of a page, an e-mail or an answer.

It is filed through the services once a run and put back for each test by ``COPY``, at numbers of its own. Each of
its free fields holds a marker, and every answer and every e-mail made during the test is searched for them.
"""

import fcntl
import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache, cached_property
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.db import connection, models, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from psycopg import sql

from backend.accounts.models import Membership, Organisation, User
from backend.matchmaking.alerts import subscribe
from backend.matchmaking.corrections import correct_need
from backend.matchmaking.firm_words import write_of_scheme
from backend.matchmaking.follow_up import answer_offers, close_step, offer_file, record_step, write_note
from backend.matchmaking.models import CallRequest, Match, Submission
from backend.matchmaking.partners import propose_share, write_as_partner
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.matchmaking.state_aid import declare_aid
from backend.notifications.models import Notification
from backend.schemes.models import SubNeed
from tests.factories import (
    ARC,
    CCPE,
    COMMUNES,
    DAY,
    SIREN,
    decide,
    first_matches,
    make_call,
    make_officer,
    make_submission,
    rewriting,
)

WORD = "Quifarnel"
FIRST = 188_088_000  # the neighbour's rows have numbers from here on: no sequence of a test gets there
NUMBER = str(FIRST)[:-2]  # how each of them begins
PHONE, AMOUNT, SPEND = "0344987654", "43217", "777123"
# Decimals of a score or of a second, the key of a filing, the number of a message: any five digits may stand there.
DRAWN = re.compile(
    rb"(?<=[0-9])\.[0-9]{6,}"
    rb"|(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])"
    rb"|(?<![0-9a-z])(?=[0-9]*[a-f])[0-9a-f]{16,}(?![0-9a-z])"
)
# Folders and files whose tests look at pages, e-mails or answers.
PLACES = (
    "tests/api/",
    "tests/matchmaking/test_answers.py",
    "tests/matchmaking/test_assisted.py",
    "tests/matchmaking/test_partner_filings.py",
    "tests/matchmaking/test_dead_addresses.py",
    "tests/matchmaking/test_delays.py",
    "tests/matchmaking/test_presentation.py",
    "tests/matchmaking/test_services.py",
    "tests/matchmaking/test_tagging_pages.py",
    "tests/matchmaking/test_unconfirmed.py",
    "tests/matchmaking/test_alerts.py",
    "tests/matchmaking/test_alerts_asked.py",
    "tests/matchmaking/test_follow_up.py",
    "tests/matchmaking/test_referrals.py",
    "tests/matchmaking/test_reviews.py",
    "tests/notifications/",
    "tests/security/",
    "tests/web/",
)
# The same in both firms: a number that everybody can read, an accountant's address, a group, a service.
VARIANTS: dict[str, dict[str, Any]] = {
    "siren": {"siren": SIREN, "siret": "99999995600033"},
    "address": {"email": "isabelle.morel@tolerie.example"},
    "group": {"group": [{"name": "Tôlerie des Étangs", "share": 60.0, "headcount": 35.0}]},
    "epci": {"commune": COMMUNES[ARC]},
}
type Rows = tuple[str, str]  # the COPY that puts rows into a table, and the rows as COPY writes them


def ours(model: type[models.Model]) -> models.QuerySet[Any]:
    """Return the rows of the test's own, without the neighbour's."""
    return model._default_manager.filter(pk__lt=FIRST)


@dataclass
class Neighbour:
    """The second firm of a test, and the searching of what the first one gets."""

    variant: str
    shows: bool = False
    found: list[str] = field(default_factory=list)

    @cached_property
    def submission(self) -> Submission:
        return Submission.objects.get(pk__gte=FIRST)

    @cached_property
    def markers(self) -> tuple[bytes, ...]:
        """Return what only the neighbour's pages and e-mails may hold, in small letters and without spaces."""
        own = () if self.variant == "siren" else (b"999999980",)
        return (WORD.lower().encode(), NUMBER.encode(), PHONE.encode(), AMOUNT.encode(), SPEND.encode(), *own)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Let the neighbour be seen: its own pages, or a list of all files."""
        before, self.shows = self.shows, True
        yield
        self.shows = before

    def search(self, body: bytes, where: str) -> None:
        """Fail where a body holds something of the neighbour."""
        if self.shows:
            return
        plain = DRAWN.sub(b"", body).replace(b"\xc2\xa0", b"").replace(b"\xe2\x80\xaf", b"").replace(b"&nbsp;", b"")
        plain = plain.translate(None, b" ").lower()
        for marker in self.markers:
            at = plain.find(marker)
            if at >= 0:
                seen = plain[max(0, at - 200) : at + 100].decode(errors="replace")
                pytest.fail(f"{where} shows the second firm (variant {self.variant}): …{seen}…")

    def search_outbox(self) -> None:
        """Search every e-mail made during the test that is not the neighbour's own."""
        if self.shows or connection.needs_rollback:
            return
        for row in ours(Notification):
            if NUMBER not in f"{row.dedupe_key} {row.topic} {row.about}":
                text = " ".join([row.recipient * (self.variant != "address"), row.reply_to, row.subject, row.text])
                self.search(f"{text} {row.html}".encode(), f"E-mail {row.kind} to {row.recipient}")

    def search_answer(self, request: HttpRequest, response: HttpResponseBase) -> None:
        where = f"{request.method} {request.path}"
        readable = [
            f"{name}: {value}" for name, value in response.items() if name != "ETag"
        ]  # a digest may hold any digits
        self.search("\n".join(readable).encode(), where)
        self.search(response.cookies.output().encode(), where)
        if response.streaming:
            response.streaming_content = self._search_each(response.streaming_content, where)
        elif response.headers.get("Content-Encoding") == "gzip":
            self.search(gzip.decompress(response.content), where)
        elif response.headers.get("Content-Type") == "application/pdf":
            self.search(_text_of_pdf(response.content), where)
        else:
            self.search(response.content, where)

    def _search_each(self, parts: Any, where: str) -> Iterator[bytes]:
        for part in parts:
            self.search(part, where)
            yield part


def _text_of_pdf(content: bytes) -> bytes:
    from pypdf import PdfReader  # takes time that most tests have no use for

    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).encode()


@pytest.fixture(autouse=True)
def neighbour(request: pytest.FixtureRequest) -> Iterator[Neighbour | None]:
    """Put a second firm beside the first, which of the four follows from the test's name.

    ``@pytest.mark.neighbour("siren", "epci")`` draws from these only; ``@pytest.mark.shows_both(why)`` leaves it there
    and searches nothing; ``@pytest.mark.alone(why)`` puts none there.
    """
    alone = request.node.get_closest_marker("alone") is not None
    if alone or not request.node.nodeid.startswith(PLACES) or not _has_database(request):
        yield None
        return
    request.getfixturevalue("db")
    variant = draw(request)
    put_beside(variant, request.getfixturevalue("kept_folder"))
    made = Neighbour(variant, shows=request.node.get_closest_marker("shows_both") is not None)
    answer = BaseHandler.get_response

    def searched(self: BaseHandler, asked: HttpRequest) -> HttpResponseBase:
        response = answer(self, asked)
        made.search_answer(asked, response)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseHandler, "get_response", searched)
        patch.setattr(settings, "SHARD_FILES", 2 * FIRST)  # else there are thousands between the two firms
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Iterator[None]:
    """Search the e-mails once the test is through: what they show is a failure of it."""
    done = yield
    beside = getattr(item, "funcargs", {}).get("neighbour")
    if isinstance(beside, Neighbour):
        beside.search_outbox()
    return done


def _has_database(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("django_db") is not None or "db" in request.fixturenames


def draw(request: pytest.FixtureRequest) -> str:
    """Return the variant of a test: the one it is parametrised with, else one by its name, always the same."""
    if hasattr(request, "param"):
        return str(request.param)
    marker = request.node.get_closest_marker("neighbour")
    among = marker.args if marker else tuple(VARIANTS)
    return str(among[int(sha256(request.node.nodeid.encode()).hexdigest(), 16) % len(among)])


def put_beside(variant: str, shared: Path) -> None:
    """Insert a neighbour as it was captured."""
    with connection.cursor() as cursor:
        # Foreign keys held when the rows were captured: looking at them again would be most of the cost.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement, rows in captured(variant, shared):
            with cursor.copy(statement) as copy:
                copy.write(rows)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@cache
def captured(variant: str, shared: Path) -> list[Rows]:
    """Return the rows of a neighbour; the first process of a run that wants them captures them for all."""
    with (shared / f"neighbour-{variant}.json").open("a+") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        if not kept.read(1):
            json.dump(capture(variant), kept)
            kept.flush()
        kept.seek(0)
        return json.load(kept)


def capture(variant: str) -> list[Rows]:
    """File a neighbour as the services do, and keep its rows table by table; the database is as it was before."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            for table, key, _columns in _numbered_tables():
                cursor.execute(
                    sql.SQL("ALTER TABLE {} ALTER COLUMN {} RESTART WITH {}").format(
                        sql.Identifier(table), sql.Identifier(key), sql.Literal(FIRST)
                    )
                )
        file_neighbour(variant)
        rows = rows_of_neighbour()
        transaction.set_rollback(True)
    return rows


def rows_of_neighbour() -> list[Rows]:
    """Return the neighbour's rows as they are now, table by table."""
    found = []
    with connection.cursor() as cursor:
        for table, key, names in _numbered_tables():
            into, columns = sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
            chosen = sql.SQL("COPY (SELECT {} FROM {} WHERE {key} >= {} ORDER BY {key}) TO STDOUT").format(
                columns, into, sql.Literal(FIRST), key=sql.Identifier(key)
            )
            with cursor.copy(chosen) as copy:
                content = b"".join(map(bytes, copy)).decode()
            if content:
                found.append((sql.SQL("COPY {} ({}) FROM STDIN").format(into, columns).as_string(), content))
    return found


def neighbour_as_text() -> dict[str, str | None]:
    """Return the neighbour's rows as they are now, by table, to be compared: in one query that is planned once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_prepared_statements WHERE name = 'neighbour'")
        if not cursor.rowcount:
            cursor.execute(sql.SQL("PREPARE neighbour AS {}").format(_rows_as_text()))
        cursor.execute("EXECUTE neighbour")
        return dict(cursor.fetchall())


def _rows_as_text() -> sql.Composed:
    rows = sql.SQL("SELECT {}, (SELECT string_agg(row::text, chr(10) ORDER BY {key}) FROM {} row WHERE {key} >= {})")
    return sql.SQL(" UNION ALL ").join(
        rows.format(sql.Literal(table), sql.Identifier(table), sql.Literal(FIRST), key=sql.Identifier(key))
        for table, key, _columns in _numbered_tables()
    )


@cache
def _numbered_tables() -> list[tuple[str, str, list[str]]]:
    """Return the tables whose rows have a number of their own: name, key, columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, max(column_name) FILTER (WHERE is_identity = 'YES'),"
            " array_agg(column_name::text ORDER BY ordinal_position) FILTER (WHERE is_generated = 'NEVER')"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " GROUP BY table_name HAVING bool_or(is_identity = 'YES')"
        )
        return cursor.fetchall()


def file_neighbour(variant: str) -> Submission:
    """File a whole second firm: filed, confirmed, reviewed, followed up; a marker in each of its free fields."""
    same = VARIANTS[variant]
    epci = ARC if variant == "epci" else CCPE
    # Another process than that of the test may file it: an address of its own is of no officer of the test's.
    officer, colleague = (
        make_officer(epci, email=f"beside{n}@jonction.example", first_name=WORD, last_name=f"Agent {n}", phone=PHONE)
        for n in (1, 2)
    )
    submission = make_submission(
        confirmed=True,
        siren=same.get("siren", "999999980"),
        siret=same.get("siret", "99999998000017"),
        company_name=f"{WORD} Fonderie",
        contact_name=f"Odile {WORD}",
        email=same.get("email", f"odile@{WORD.lower()}.example"),
        phone="03 44 98 76 54",
        text=f"Nous cherchons un fondeur {WORD} et un robot.",
        needs=("competences.recruter", "numerique.robot", "cyber.diagnostic"),
        facts={
            "commune": same.get("commune", COMMUNES[CCPE]),
            "group": same.get("group", [{"name": f"Holding {WORD}", "share": 51.0}]),
            "headcount": 87.0,
            "project.spend": float(SPEND),
        },
        wants_alerts=True,
    )
    case = {"submission": submission, "officer": officer}
    declare_aid(
        submission=submission,
        on=DAY,
        granted_on=date(2025, 5, 5),
        amount_eur=Decimal(AMOUNT),
        title=f"Aide {WORD}",
        member=f"Filiale {WORD}",
    )
    correct_need(**case, sub_need=SubNeed.objects.get(pk="energie.facture"), change="added", on=DAY)
    kept, other, refused, last, unwanted = first_matches(submission, 5)
    decide(submission, kept.scheme, officer)
    decide(submission, other.scheme, officer, "other", comment=f"Raison {WORD}")
    decide(submission, refused.scheme, officer, "asked_and_refused", comment=f"Refus {WORD}")
    decide(submission, last.scheme, officer, "partner_first", partner=f"Laboratoire {WORD}")
    end_review(**case, on=DAY, message=f"Bonjour de {WORD}")
    for audience in ("internal", "shared", "firm"):
        write_note(submission=submission, author=officer, audience=audience, text=f"Note {WORD} {audience}")
    share_with_partner(submission, officer)
    record_step(**case, step="contacted", note=f"Appelée {WORD}")
    say(**case, scheme=kept.scheme, state="applied", note=f"Déposée {WORD}", euros=int(AMOUNT), on=DAY)
    said = {"submission": submission, "on": DAY, "note": f"Dit {WORD}"}
    say(**said, scheme=kept.scheme, state="granted", euros=int(AMOUNT))
    say(**said, scheme=unwanted.scheme, state="set_aside", reason="other_project")
    written = write_of_scheme(submission=submission, scheme=kept.scheme, text=f"Devis {WORD}", keep_on=DAY, on=DAY)
    close_step(follow_up=written.step, officer=officer)
    offer = offer_file(submission=submission, by=officer, to=colleague, note=f"Mot {WORD}")
    answer_offers(hand_overs=[offer], to=colleague, accept=False)
    subscribe(submission=submission, frequency="weekly", paused_until=date(2028, 1, 1), on=DAY)
    make_call(CCPE, phone="03 44 98 76 54", name=f"Odile {WORD}", company_name=f"{WORD} Fonderie")
    # All was sent and called, and the officers have left their service since: they are nobody's colleagues.
    now = timezone.now()
    CallRequest.objects.filter(pk__gte=FIRST).update(done_at=now)
    Notification.objects.filter(pk__gte=FIRST).update(state=Notification.State.SENT, attempt=1, ended_at=now)
    Membership.objects.filter(user__gte=FIRST).delete()
    gone = Organisation.objects.create(name=f"Cabinet {WORD}", kind=Organisation.Kind.CHAMBER)
    submission.notes.exclude(author=None).update(organisation=gone)
    submission.partner_shares.update(organisation=gone)
    Organisation.objects.filter(pk__gte=FIRST).exclude(pk=gone.pk).delete()
    User.objects.filter(pk__gte=FIRST).update(is_active=False)
    # Nine in ten matches answer no need of its; they hold nothing of its own, and inserting them is all that costs.
    result = submission.results.latest("computed_at")
    said = Match.objects.filter(Q(reviews__isnull=False) | Q(result=result, addresses=True))
    unsaid = Match.objects.filter(pk__gte=FIRST).exclude(pk__in=list(said.values_list("pk", flat=True)))
    with rewriting():
        unsaid.delete()
    return submission


def share_with_partner(submission: Submission, officer: User) -> None:
    """Have a chamber read its file, and write to its officers, who read it."""
    region = Organisation.objects.create(name=f"Région {WORD}", kind=Organisation.Kind.REGION)
    reader = User.objects.create_user(f"lectrice@{WORD.lower()}.example", first_name=WORD, last_name="Lectrice")
    Membership.objects.create(user=reader, organisation=region, role=Membership.Role.PARTNER)
    share = propose_share(
        submission=submission,
        organisation=region,
        officer=officer,
        message=f"Mot {WORD} au partenaire",
        agreed_at=timezone.now(),
    )
    answer = write_as_partner(share=share, author=reader, text=f"Note {WORD} partenaire")
    close_step(follow_up=answer.step, officer=officer)
