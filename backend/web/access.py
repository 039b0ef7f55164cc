"""What secret links open: a file to whoever has its result link, more to who just showed the address is theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.db.models import FilteredRelation, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from backend.links.models import RULES, Kind, Link
from backend.links.services import find_link, make_link, use_up
from backend.matchmaking.contents import read_contents
from backend.matchmaking.models import Guest, Submission

FRESH = "fresh_access"  # in the session: which address, until when, and the result links made there
LINKS = "links"


class DeadLink(Http404):
    """A link that opens nothing: it was altered, is over, was revoked, or has served."""


class NotGranted(PermissionDenied):
    """Something of a file that a guest was not given."""


def opened(kind: Kind, token: str) -> Link:
    """Return the live link of a token; raise ``DeadLink``."""
    link = find_link(kind=kind, token=token)
    if link is None:
        raise DeadLink
    return link


def submission_of(link: Link, *, with_contents: bool = False) -> Submission:
    """Return the file that a link opens; ``with_contents`` to show it as it is, where nothing is written first.

    It knows who reads it (``page_reader``): a guest, whose link ends with what the guest may do, else its contact.
    """
    guest = _guest_of(link)
    alert = FilteredRelation("alerts", condition=Q(alerts__guest=guest.pk) if guest else Q(alerts__guest__isnull=True))
    related = ("sheet", "contact", "epci", "reviewed_by", "reader_alert")
    rows = Submission.objects.annotate(reader_alert=alert).select_related(*related)
    number = link.object_id
    submission = read_contents(rows, number) if with_contents else rows.filter(pk=number).first()
    if submission is None:
        raise DeadLink
    submission.page_reader, submission.page_alert = guest, getattr(submission, "reader_alert", None)
    return submission


def _guest_of(link: Link) -> Guest | None:
    if not link.scope.startswith(Guest.PREFIX):
        return None
    key = int(link.scope.removeprefix(Guest.PREFIX))
    guest = Guest.objects.in_force().filter(pk=key, submission=link.object_id).first()
    if guest is None:
        raise DeadLink
    return guest


def opened_submission(token: str, *, may: Guest.Right | None, with_contents: bool = False) -> Submission:
    """Return the file of a result link; raise ``DeadLink``, or ``NotGranted`` where a guest has no such right.

    ``may``: what a guest needs to open it; ``None`` is for the contact of the file alone.
    """
    submission = submission_of(opened(Kind.RESULT, token), with_contents=with_contents)
    if submission.page_reader and not submission.page_reader.may(may):
        raise NotGranted
    return submission


def reads_only(submission: Submission) -> bool:
    """Tell whether the reader of a file by its link may say nothing there."""
    return bool(submission.page_reader) and not submission.page_reader.may(Guest.Right.ANSWER)


def manages(submission: Submission) -> bool:
    """Tell whether the reader of a file by its link may manage it: its contact, or a guest with that right."""
    return submission.page_reader is None or bool(submission.page_reader.may(Guest.Right.MANAGE))


def address_of(submission: Submission) -> str:
    """Return the address of the reader of a file by its link: of a guest, else of its contact."""
    return str(submission.page_reader.email if submission.page_reader else submission.contact.email)


def token_of(request: HttpRequest) -> str:
    """Return the token in the address of a page, for the links to its other pages."""
    assert request.resolver_match  # noqa: S101 -- set before any view runs
    return str(request.resolver_match.kwargs["token"])


def private(response: HttpResponse) -> HttpResponse:
    """Keep a secret link out of search engines and of the addresses that other sites are told.

    Not ``no-referrer``: browsers then send ``Origin: null`` with a form, which the check of its cookie refuses.
    """
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


# -- what a forwarded result link is not enough for


@dataclass(frozen=True, slots=True)
class FreshAccess:
    """An address that received a link just now, opened in this browser."""

    address: str
    until: datetime


def grant_access(request: HttpRequest, address: str) -> None:
    """Note in the session that an address received a link just now; what it may do more ends by itself."""
    until = timezone.now() + RULES[Kind.ACCESS].lifetime
    if request.session.get(FRESH, {}).get("address", address).casefold() != address.casefold():
        drop_access(request)
    links = request.session.get(FRESH, {}).get(LINKS, {})
    request.session.cycle_key()
    request.session[FRESH] = {"address": address, "until": until.timestamp(), LINKS: links}


def drop_access(request: HttpRequest) -> None:
    """Close the space in this browser, and end the result links that were made there."""
    for token in request.session.pop(FRESH, {}).get(LINKS, {}).values():
        if link := find_link(kind=Kind.RESULT, token=token):
            use_up(link=link)


def result_link(request: HttpRequest, submission: Submission, *, is_used: bool = False) -> str:
    """Return the token of a result link, of who reads the file: in an open space one for each, which ends with it.

    ``is_used`` where nothing else hangs on the file yet that a first use prolongs, so that its page need not note it.
    """
    scope = submission.page_reader.key if submission.page_reader else ""
    if not has_fresh_access(request, submission):
        return make_link(kind=Kind.RESULT, object_id=submission.pk, scope=scope, is_used=is_used)
    space = request.session[FRESH]
    links, key = space.get(LINKS, {}), f"{submission.pk}{scope}"
    if key in links and find_link(kind=Kind.RESULT, token=links[key]):
        return str(links[key])
    token = make_link(kind=Kind.RESULT, object_id=submission.pk, scope=scope, is_used=is_used)
    request.session[FRESH] = {**space, LINKS: {**links, key: token}}
    return token


def fresh_access(request: HttpRequest) -> FreshAccess | None:
    """Return the address that this browser showed to be its reader's in the last 30 minutes."""
    return access_of(request.session)


def access_of(session: SessionBase) -> FreshAccess | None:
    """Return the same of a session."""
    kept = session.get(FRESH, {})
    address, until = kept.get("address", ""), kept.get("until", 0)
    if not address or until <= timezone.now().timestamp():
        return None
    return FreshAccess(address, datetime.fromtimestamp(until, tz=UTC))


def has_fresh_access(request: HttpRequest, submission: Submission) -> bool:
    """Tell whether this browser showed in the last 30 minutes that the address of who reads a file is theirs."""
    access = fresh_access(request)
    return access is not None and access.address.casefold() == address_of(submission).casefold()


def needs_fresh_access(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask for a 30-minute link before a view of ``/resultat/<token>/...``."""

    @wraps(view)
    def asking(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
        submission = opened_submission(token, may=Guest.Right.READ)
        if not has_fresh_access(request, submission):
            return ask_for_access(request, submission, status=403)
        return view(request, token, *args, **kwargs)

    return asking


def ask_for_access(request: HttpRequest, submission: Submission, *, status: int = 200) -> HttpResponse:
    """Show how to get a 30-minute link."""
    context = {"submission": submission, "token": token_of(request)}
    return private(render(request, "web/access_needed.html", context, status=status))
