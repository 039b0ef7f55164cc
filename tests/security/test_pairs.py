"""Each address × each method × each body, asked for with what the first firm holds and numbers of the second's file.

Nothing of the second is changed, nothing new points at it, and nothing of it shows: pages, headers and e-mails are
searched by the fixture itself. An address that names its object by a word not listed here fails.
"""

from collections.abc import Iterator
from copy import copy
from itertools import combinations
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from backend.companies.models import Contact, FactSheet
from backend.matchmaking.models import CallRequest, Result, Review, Submission
from backend.notifications.models import Notification
from tests.factories import make_lead, make_officer, make_submission
from tests.neighbour import FIRST, NUMBER, VARIANTS, neighbour_as_text, ours
from tests.web.test_access import PATHS, SIGN_IN, TABLE, Case, sign_in

pytestmark = pytest.mark.django_db
READS, WRITES = ("get", "head", "options"), ("post", "put", "patch", "delete")
QUICK = ("get", "post")  # no page takes another; of the first firm's own objects only "post" is asked for
ELSEWHERE = (
    "admin",
    "api:",
    "mfa_",
    "account_",
    "public_",
    "officer_scheme",
    "officer_weights",
    "officer_learning",
    "territory_",
    "statistics",
)
LISTS = {"officer_waiting"}  # of the files that one may open, where a scheme stands
NO_FIRM = {
    "step",
    "code",
    "preview",
    "download",
    "mailbox_message",
    "scheme_pk",
    "format",
    "part",
    "recipient_pk",
}  # addresses and words that name nothing of one
REFUSED = (400, 403, 404, 405, 410)


def patterns(found: Any = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Return each address of firms and officers, by name."""
    for pattern in found or get_resolver().url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, f"{pattern.namespace or ''}:")
        elif pattern.name and not f"{namespace}{pattern.name}".startswith(ELSEWHERE) and not namespace:
            yield pattern.name, pattern


ADDRESSES = dict(patterns())


def numbers_of(submission: Submission) -> dict[str, Any]:
    """Return what stands for the second firm's objects in an address, by the word that names them there."""
    return {
        "pk": submission.pk,
        "token": str(submission.pk),
        "aid_pk": submission.sheet.aids.get().pk,
        "note_pk": submission.notes.of_firm().get().pk,
        "share_pk": submission.partner_shares.get().pk,
        "step_pk": submission.follow_ups.first().pk,
        "call_pk": CallRequest.objects.get(pk__gte=FIRST).pk,
        "link_pk": FIRST,  # it is linked with no other file
        "guest_pk": FIRST,  # it invited nobody; tests/security/test_guests.py has one
        "draft_pk": FIRST,  # it has begun no other request; tests/web/test_space_next.py has one
    }


def fields_of(submission: Submission) -> dict[str, Any]:
    """Return a body in which every field that could name an object names the second firm's."""
    numbers = numbers_of(submission)
    file = ("pk", "id", "submission", "file", "files", "to_link", "other", "link", "token", "about", "q")
    offer = submission.hand_overs.get()
    return {
        **dict.fromkeys(file, submission.pk),
        **dict.fromkeys(("offer", "offers"), offer.pk),
        **dict.fromkeys(("to", "officer", "by"), offer.to_id),
        **dict.fromkeys(("aid", "aid_pk"), numbers["aid_pk"]),
        **dict.fromkeys(("note", "note_pk", "back"), numbers["note_pk"]),
        **dict.fromkeys(("share", "share_pk"), numbers["share_pk"]),
        "organisation": submission.partner_shares.get().organisation_id,
        **dict.fromkeys(("step", "step_pk"), numbers["step_pk"]),
        "review": submission.reviews.first().pk,
        "result": submission.results.first().pk,
        "sheet": submission.sheet_id,
        "contact": submission.contact_id,
        "alert": submission.alerts.get().pk,
        "answer": "accept",
    }


def test_every_word_that_names_an_object_is_known(neighbour):
    known = {*numbers_of(neighbour.submission), *NO_FIRM}
    words = {(name, word) for name, pattern in ADDRESSES.items() for word in pattern.pattern.converters}
    assert {(name, word) for name, word in words if not {name, word} & known} == set()


def paths_of(name: str, case: Case, numbers: dict[str, Any]) -> Iterator[tuple[bool, str]]:
    """Return an address with the first firm's objects, then with each choice of them replaced by the second's."""
    own = TABLE[name].args(case)
    words = list(ADDRESSES[name].pattern.converters)
    yield False, PATHS.get(name) or reverse(name, args=own)
    theirs = [place for place, word in enumerate(words) if word in numbers and name not in NO_FIRM]
    for size in range(1, len(theirs) + 1):
        for places in combinations(theirs, size):
            args = [numbers[words[place]] if place in places else value for place, value in enumerate(own)]
            yield True, reverse(name, args=args)


def requests_of(
    name: str, case: Case, neighbour: Any, methods: tuple[str, ...]
) -> Iterator[tuple[bool, str, str, dict[str, Any]]]:
    """Return whether each request names the second firm's object in its address, its method, path and body."""
    hostile, sent = fields_of(neighbour.submission), TABLE[name].sent(case)
    for foreign, path in paths_of(name, case, numbers_of(neighbour.submission)):
        for method in methods if foreign else methods[-1:] if methods == QUICK else ("get", "post"):
            yield foreign, method, path, {**(sent if method in WRITES else {}), **hostile}
        yield foreign, "post", path, {**hostile, **sent}  # no page reads the body of another method


def pointing_at(*targets: type[models.Model]) -> str:
    """Return a query for rows of a test's own that point at the neighbour's."""
    columns = [
        (model._meta.db_table, model._meta.pk.column, field.column)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model in targets and isinstance(model._meta.pk, models.AutoField)
    ]
    return " UNION ALL ".join(
        f"SELECT '{table}.{column}' FROM {table} WHERE {column} >= {FIRST} AND {pk} < {FIRST}"  # noqa: S608
        for table, pk, column in columns
    )


POINTING = pointing_at(Submission, FactSheet, Contact, Result, Review)


def changes_of(neighbour: Any, before: dict[str, str | None]) -> list[str]:
    """Return what happened to the second firm: tables that changed, rows that point at it, e-mails about it."""
    after = neighbour_as_text()
    with connection.cursor() as cursor:
        cursor.execute(POINTING)
        pointing = [column for (column,) in cursor.fetchall()]
    emails = [row.kind for row in ours(Notification) if NUMBER in f"{row.dedupe_key} {row.topic} {row.about}"]
    return [
        *(table for table in after if after[table] != before[table]),
        *pointing,
        *emails,
    ]


# Who asks: whoever holds the link of the first file, and those who sign in.
ROLES = {"firm": lambda: None, "officer": make_officer, "lead": make_lead}


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("role", "neighbour", "methods"),
    # Whoever leads reads the files of one SIREN beside each other: that is no leak.
    [
        *((role, "siren", QUICK) for role in ("firm", "officer")),
        *((role, variant, READS + WRITES) for variant in VARIANTS for role in ("firm", "officer")),
        ("lead", "group", READS + WRITES),
    ],
    indirect=["neighbour"],
)
def test_what_one_firm_holds_opens_and_changes_nothing_of_another(neighbour, role, methods):
    user, entitled = ROLES[role](), role == "lead" or (role == "officer" and neighbour.variant == "epci")
    case = Case(make_submission(confirmed=True), make_officer(), make_officer("", role="editor"))
    neighbour.markers = tuple(marker for marker in neighbour.markers if marker != NUMBER.encode())  # forms keep those
    signed_in = sign_in(user)
    before, wrong, n_requests = neighbour_as_text(), [], 0
    assert changes_of(neighbour, before) == []
    for name in ADDRESSES:
        is_of_officers = name.startswith("officer_")
        if is_of_officers == (role == "firm"):
            continue
        with transaction.atomic():
            asked = []
            for foreign, method, path, body in requests_of(name, case, neighbour, methods):
                lists = name in LISTS or not ADDRESSES[name].pattern.converters
                if entitled and (lists or f"/{neighbour.submission.pk}/" in path):
                    continue  # both files are this person's work
                client = Client(raise_request_exception=False)
                client.cookies = copy(signed_in.cookies)
                encoded = {"content_type": "application/json"} if method in ("put", "patch", "delete") else {}
                try:
                    answer = getattr(client, method)(path, body, **encoded)
                except pytest.fail.Exception as shown:
                    wrong.append(str(shown))
                    continue
                asked.append(f"{method} {path}")
                signs_in = answer.headers.get("Location", "").startswith(SIGN_IN)
                if answer.status_code >= 500 or (foreign and not signs_in and answer.status_code not in REFUSED):
                    wrong.append(f"{name}: {method} {path} answers {answer.status_code}")
            n_requests += len(asked)
            if happened := changes_of(neighbour, before):
                wrong.append(f"{name}: {', '.join(happened)} after {asked}")
            transaction.set_rollback(True)
    assert wrong == [], "\n".join(wrong)
    assert n_requests > 20
