"""Every address × every role × one's own file and somebody else's, from one table. One that is missing fails."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from backend.accounts.models import Membership, User
from backend.matchmaking.follow_up import record_step, write_note
from backend.matchmaking.models import Submission
from backend.matchmaking.services import confirmation_token
from backend.notifications.services import stop_url
from backend.schemes.models import Scheme
from tests.factories import ARC, CCLO, COMMUNES, first_matches, make_lead, make_officer, make_submission

pytestmark = pytest.mark.django_db
LOGIN = "login"  # sent to sign in, and nothing else
OK = (200, 302, 422)  # opened, done, or refused for what was sent: whoever may act may also be told what is wrong

ROLES: dict[str, Callable[[], User | None]] = {
    "visitor": lambda: None,
    "officer": lambda: make_officer(ARC),
    "epci_lead": lambda: make_officer(ARC, role=Membership.Role.EPCI_LEAD),
    "territory_lead": make_lead,
    "partner": lambda: make_officer(ARC, role=Membership.Role.PARTNER),
    "editor": lambda: make_officer("", role=Membership.Role.EDITOR, is_staff=True),
    "approver": lambda: make_officer("", role=Membership.Role.APPROVER, is_staff=True),
    "administrator": lambda: User.objects.create_superuser("admin@jonction.example", "mot-de-passe-long"),
}


def everyone(status: Any) -> dict[str, Any]:
    return dict.fromkeys(ROLES, status)


PUBLIC = everyone(OK)
SIGNED_IN = {**everyone(OK), "visitor": LOGIN}
# Files: those in charge act, the territory lead looks, and nobody else learns that they exist.
READ = {**everyone(404), "visitor": LOGIN, "officer": OK, "epci_lead": OK, "territory_lead": OK}
ACT = {**READ, "territory_lead": 403}
# The same, for the file of another intercommunality.
READ_FOREIGN = {**everyone(404), "visitor": LOGIN, "territory_lead": OK}
ACT_FOREIGN = {**READ_FOREIGN, "territory_lead": 403}
LEADS = {**everyone(403), "visitor": LOGIN, "epci_lead": OK, "territory_lead": OK}
MEMBERS = {**SIGNED_IN, "administrator": 403}  # an administrator without a role keeps accounts, and reads no catalogue
NOBODY = everyone(404)


@dataclass(frozen=True)
class Row:
    """An address: how it is asked for, with what, and what each role gets for its own file and for a foreign one."""

    own: dict[str, Any]
    foreign: dict[str, Any] | None = None
    method: str = "get"
    args: Callable[["Case"], list[Any]] = lambda case: []
    sent: Callable[["Case"], dict[str, Any]] = lambda case: {}


class Case:
    """A file with all that its addresses name."""

    def __init__(self, submission: Submission, officer: User) -> None:
        self.file = submission
        self.match = first_matches(submission)[0]
        self.note = write_note(submission=submission, author=officer, audience="firm", text="Un mot.")
        self.step = record_step(submission=submission, officer=officer, step="contacted")
        self.scheme = Scheme.objects.published().first()
        self.officer = officer


def pk(case: Case) -> list[Any]:
    return [case.file.pk]


def token(case: Case) -> list[Any]:
    return [case.file.token]


def act(args: Callable[[Case], list[Any]] = pk, **sent: Any) -> Row:
    return Row(ACT, ACT_FOREIGN, "post", args, lambda case: sent)


def page(own: dict[str, Any] = PUBLIC, *args: Any) -> Row:
    return Row(own, args=lambda case: list(args))


TABLE: dict[str, Row] = {
    # Everyone.
    "home": page(),
    "health": page(),
    "start": page(),
    "forget": Row(PUBLIC, method="post"),
    "outside": page(),
    "step": page(PUBLIC, "besoin"),
    "send_again": page(),
    # The firm: whoever holds its secret link, which says nothing of anybody else's file.
    "result": Row(PUBLIC, args=token),
    "answer": Row(PUBLIC, method="post", args=token),
    "alerts": Row(PUBLIC, method="post", args=token, sent=lambda case: {"frequency": "weekly"}),
    "correct": Row(PUBLIC, args=token),
    "confirm": Row(PUBLIC, args=lambda case: [confirmation_token(case.file)]),
    "stop": Row(PUBLIC, args=lambda case: [stop_url(address="a@b.example", topic="x").rstrip("/").rsplit("/", 1)[1]]),
    # Officers.
    "officer_queue": page(SIGNED_IN),
    "officer_unexplained": page(LEADS),
    "officer_portfolio": page(SIGNED_IN),
    "officer_answer_offer": Row(SIGNED_IN, method="post"),
    "officer_catalogue": page(MEMBERS),
    "officer_scheme": Row(MEMBERS, args=lambda case: [case.scheme.pk]),
    "officer_file": Row(READ, READ_FOREIGN, args=pk),
    "officer_correct": act(fact="headcount", headcount="12"),
    "officer_review": act(lambda case: [case.file.pk, case.match.scheme_id], verdict="kept"),
    "officer_add": Row(ACT, ACT_FOREIGN, args=pk),
    "officer_answer": act(condition="x", value="yes"),
    "officer_end": act(message="Bonjour"),
    "officer_reopen": act(),
    "officer_take": act(),
    "officer_offer": Row(ACT, ACT_FOREIGN, "post", pk, lambda case: {"to": case.officer.pk}),
    "officer_note": act(text="Un mot.", audience="shared"),
    "officer_note_back": Row(
        {**everyone(404), "visitor": LOGIN}, method="post", args=lambda case: [case.file.pk, case.note.pk]
    ),
    "officer_step": act(step="contacted"),
    "officer_step_close": act(lambda case: [case.file.pk, case.step.pk]),
    # Signing in.
    "account_login": page(),
    "account_logout": Row(PUBLIC, method="post"),
    "account_inactive": page(),
    "account_reset_password": page(),
    "account_reset_password_done": page(),
    "account_reset_password_from_key": page(PUBLIC, "1", "a-b"),
    "account_reset_password_from_key_done": page(),
    "account_change_password": page(SIGNED_IN),
    # A demonstration's mail catcher: there is none in these tests.
    "mailbox": page(NOBODY),
    "mailbox_message": page(NOBODY, "x"),
}


def names(patterns: Any = None, namespace: str = "") -> Iterator[str]:
    """Return the name of every address of the service."""
    for pattern in patterns or get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from names(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or pattern.pattern}"


def test_every_address_is_in_the_table_and_nothing_else():
    assert sorted(TABLE) == sorted(set(names()))


@pytest.fixture
def cases() -> dict[str, Case]:
    return {
        "own": Case(make_submission(confirmed=True), make_officer(ARC)),
        "foreign": Case(make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]}), make_officer(CCLO)),
    }


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(role, cases):
    user = ROLES[role]()
    wrong = []
    for name, row in TABLE.items():
        for whose, expected in (("own", row.own), ("foreign", row.foreign or row.own)):
            client = Client(raise_request_exception=False)
            with transaction.atomic():
                if user:
                    client.force_login(user)
                case = cases[whose]
                answer = getattr(client, row.method)(reverse(name, args=row.args(case)), row.sent(case))
                transaction.set_rollback(True)
            found = LOGIN if answer.headers.get("Location", "").startswith(reverse("account_login")) else None
            found = found or answer.status_code
            right = found in expected[role] if isinstance(expected[role], tuple) else found == expected[role]
            if not right:
                wrong.append(f"{name} ({whose}): {found}, not {expected[role]}")
    assert wrong == []
