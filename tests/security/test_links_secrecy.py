"""No link shows in a log, an error page or a referrer, whatever goes wrong behind it."""

import io
import logging
import re
from dataclasses import dataclass, field

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db import connection, transaction
from django.test import Client

from backend.common.redaction import redact
from backend.links.models import Kind
from backend.matchmaking.sharing import renew_staff_feed
from backend.notifications.models import Notification
from backend.notifications.services import Message, enqueue_email
from backend.schemes.editing.previews import make_preview
from tests.conftest import ROOT
from tests.factories import (
    DAY,
    invitation_of_guest,
    link_to,
    make_guest,
    make_officer,
    make_submission,
    note_link,
    sheets_link,
    stop_link,
    survey_link,
)
from tests.neighbour import ours
from tests.schemes.people import make_editor, make_proposal
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PASSWORD = "password"
KINDS = (*Kind, PASSWORD)
START = {Kind.RESULT: "resultat", Kind.CONFIRM: "confirmer", Kind.ACCESS: "acces", Kind.SHARE: "partage"}


@dataclass
class Opened:
    """A link of one kind, and the form of its page that refuses something."""

    token: str
    path: str
    form: str = ""
    wrong: dict = field(default_factory=dict)


def open_link(kind) -> Opened:
    if kind == PASSWORD:
        officer = make_officer()
        token = default_token_generator.make_token(officer)
        return Opened(token, f"/compte/mot-de-passe/nouveau/{user_pk_to_url_str(officer)}-{token}/")
    if kind == Kind.STOP:
        token = stop_link("paul@firm.example", "alerts:submission:1")
        return Opened(token, f"/arreter/{token}/")
    if kind == Kind.PREVIEW:
        reader = {"for_whom": "La Région", "expires_on": DAY, "on": DAY}
        _link, token = make_preview(proposal=make_proposal(), editor=make_editor(), **reader)
        return Opened(token, f"/apercu/{token}/")
    if kind == Kind.STAFF_FEED:
        token = renew_staff_feed(user=make_officer())
        return Opened(token, f"/agenda-agent/{token}/dates.ics")
    if kind == Kind.SURVEY:
        token = survey_link(make_submission())
        return Opened(token, f"/bilan/{token}/")
    if kind == Kind.NOTE:
        token = note_link()
        return Opened(token, f"/comite/{token}/")
    if kind == Kind.SHEETS:
        token = sheets_link()
        return Opened(token, f"/porteur/{token}/")
    if kind == Kind.GUEST:
        token = invitation_of_guest(make_guest(make_submission(confirmed=True), accepted=False))
        return Opened(token, f"/invitation/{token}/")
    token = link_to(make_submission(), kind)
    if kind == Kind.FEED:
        return Opened(token, f"/agenda/{token}/dates.ics")
    return Opened(token, f"/{START[kind]}/{token}/", "alertes/" if kind == Kind.RESULT else "")


@pytest.fixture
def logs():
    """Return what a handler that knows nothing of ours writes of everything, SQL included."""
    written, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(written), root.level
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s %(args)s %(exc_text)s"))
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    connection.force_debug_cursor = True
    yield written
    connection.force_debug_cursor = False
    root.setLevel(level)
    root.removeHandler(handler)


def assert_hidden(response, logs, link, status):
    assert response.status_code == status
    assert link.token not in logs.getvalue()
    assert link.token not in text_of(response)
    if status != 422:  # the page itself, whose own forms need it
        assert link.token not in response.content.decode()
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != Kind.STOP])  # one click needs no cookie (RFC 8058)
def test_403_of_a_form_without_its_cookie(kind, logs):
    link = open_link(kind)
    response = Client(enforce_csrf_checks=True).post(link.path + link.form)
    assert "Forbidden" in logs.getvalue()
    if kind == Kind.PREVIEW:  # what was typed is shown again, in the page's own form
        response.content = response.content.replace(f'action="{link.path}"'.encode(), b"")
    assert_hidden(response, logs, link, 403)


def test_403_where_a_fresh_link_is_needed(client, logs):
    link = open_link(Kind.RESULT)
    response = client.post(f"{link.path}mes-donnees/retirer/")
    assert link.token not in logs.getvalue() + text_of(response)
    assert response.status_code == 403


@pytest.mark.parametrize("kind", Kind)
def test_404_of_a_link_that_opens_nothing(client, kind, logs):
    link = open_link(kind)
    for token in (f"{link.token}x", link.token[:-3], f"x{link.token}"):
        altered = Opened(token, link.path.replace(link.token, token))
        response = client.get(altered.path)
        assert "Not Found" in logs.getvalue()
        assert_hidden(response, logs, altered, 404)
        assert_hidden(response, logs, Opened(link.token[5:-3], link.path), 404)


@pytest.mark.parametrize("kind", KINDS)
def test_405(client, kind, logs):
    link = open_link(kind)
    if kind == PASSWORD:
        assert client.put(link.path).status_code in (302, 405)
        assert link.token not in logs.getvalue()
        return
    assert_hidden(client.put(link.path), logs, link, 405)


@pytest.mark.parametrize(
    ("kind", "form", "wrong"),
    [
        (Kind.RESULT, "alertes/", {"frequency": "jamais"}),
        (Kind.RESULT, "corriger/", {"need-needs": "x"}),
        (Kind.RESULT, "aides/", {"granted_on": "hier"}),
        (Kind.PREVIEW, "", {"text": ""}),
        (Kind.SURVEY, "", {"grade": ""}),
    ],
)
def test_422_of_a_form_that_refuses_what_was_typed(client, kind, form, wrong, logs):
    link = open_link(kind)
    assert_hidden(client.post(link.path + form, wrong), logs, link, 422)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != Kind.STOP])  # its senders are mail programs
def test_429_after_too_many_tries(client, kind, settings, logs):
    settings.THROTTLES = {"wrong_link.network": (0, 3600)}
    settings.ACCOUNT_RATE_LIMITS = {"reset_password_from_key": "1/h/ip"}
    link = open_link(kind)
    if kind == PASSWORD:
        set_password = client.get(link.path)["Location"]
        client.post(set_password, {"password1": "court", "password2": "court"})
        response = client.post(set_password, {"password1": "court", "password2": "court"})
    else:
        link = Opened(f"{link.token}x", link.path.replace(link.token, f"{link.token}x"))
        response = client.get(link.path)
    assert_hidden(response, logs, link, 429)


@pytest.mark.parametrize("kind", KINDS)
def test_500_with_its_traceback(client, kind, logs):
    link = open_link(kind)
    client.raise_request_exception = False
    before = transaction.savepoint_create()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {'accounts_user' if kind == PASSWORD else 'links_link'} RENAME TO gone")
    response = client.get(link.path)
    transaction.savepoint_rollback(before)
    assert "Traceback" in logs.getvalue()
    assert_hidden(response, logs, link, 500)


def test_the_log_of_a_proxy_written_as_operations_say_holds_none_either():
    said = (ROOT / "docs" / "operations.md").read_text()
    rules = re.findall(r"^ +~(\S+) +\$1\[lien\](?:\$2)?;$", said, re.MULTILINE)
    for link in map(open_link, KINDS):
        for token in (link.token, f"x{link.token[:-3]}"):
            path = link.path.replace(link.token, token)
            found = next(found for rule in rules if (found := re.match(rule, path)))
            assert token not in "[lien]".join(found.groups(default="")), link.path


@pytest.mark.parametrize(
    "name", ["django.request", "django.security.csrf", "gunicorn.access", "waitress", "celery.app"]
)
@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("GET %s 500", ["/resultat/lien-AbCdEfGhIjKlMnOpQrStUvWx/corriger/"]),
        ("GET /confirmer/coupe-dans-le-courriel/ 404", []),
        ("%(r)s", [{"r": '"POST /compte/mot-de-passe/nouveau/1a-d4k3y-0123456789abcdef/ HTTP/1.1"'}]),
        ("kwargs={'token': 'lien-AbCdEfGhIjKlMnOpQrStUvWx'}", []),
        ("too many %s %s", ["/acces/lien-AbCdEfGhIjKlMnOpQrStUvWx/"]),
    ],
)
def test_whoever_logs_an_address_logs_it_without_its_secret(name, message, arguments, capsys):
    written = io.StringIO()
    logger = logging.getLogger(name)
    handler = logging.StreamHandler(written)
    logger.addHandler(handler)
    try:
        raise ValueError("/arreter/lien-AbCdEfGhIjKlMnOpQrStUvWx/")
    except ValueError:
        logger.exception(message, *arguments)
    finally:
        logger.removeHandler(handler)
    said = written.getvalue() + capsys.readouterr().err
    for secret in ("AbCdEfGh", "coupe-dans", "d4k3y"):
        assert secret not in said
    assert "/arreter/[lien]/" in said


@pytest.mark.parametrize(
    "text",
    [
        "/resultat/ est une adresse",
        "/compte/mot-de-passe/nouveau/fait/",
        "lien-à-suivre, puis lien-vers-la-page",
        "/agent/12/",
        "Notification 12 was not sent (attempt 1): SMTPDataError",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


# -- changing the secret key


def change_key(settings, *, fallback):
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-" + "1" * 50
    settings.SECRET_KEY_FALLBACKS = [old] if fallback else []


@pytest.mark.parametrize("kind", Kind)
def test_no_link_depends_on_the_secret_key(client, settings, kind):
    link = open_link(kind)
    change_key(settings, fallback=False)
    assert client.get(link.path).status_code == 200


def test_sessions_drafts_and_password_links_survive_a_change_of_key_with_its_fallback(client, settings):
    desk, officer, link = Client(), make_officer(), open_link(PASSWORD)
    desk.force_login(officer)
    client.get("/demande/")
    client.post("/demande/besoin/", {"needs": ["competences.recruter"], "text": "Un mot rare."})
    change_key(settings, fallback=True)
    assert desk.get("/agent/").status_code == 200
    assert "Un mot rare." in client.get("/demande/besoin/").content.decode()
    assert client.get(link.path).status_code == 302  # to the page where the password is chosen
    assert Client().get(link.path, follow=True).context.get("token_fail") is None


def test_without_the_fallback_officers_sign_in_again(settings):
    desk = Client()
    desk.force_login(make_officer())
    change_key(settings, fallback=False)
    assert desk.get("/agent/").status_code == 302


@pytest.mark.parametrize("fallback", [True, False])
def test_the_outbox_survives_a_change_of_key(settings, fallback):
    make_submission(confirmed=True)
    kept = list(ours(Notification).order_by("pk").values())
    change_key(settings, fallback=fallback)
    row = kept[0]
    again = {"kind": row["kind"], "recipient": row["recipient"], "about": tuple(row["about"])}
    enqueue_email(key=row["dedupe_key"], message=Message(subject="x", text="x", html="x"), **again)
    assert list(ours(Notification).order_by("pk").values()) == kept  # no second copy, the same Message-ID
