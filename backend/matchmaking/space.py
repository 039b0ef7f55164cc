"""What a contact reads of all the requests of its address: firm by firm, each in a line."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.core.paginator import Page, Paginator

from backend.accounts.models import Organisation
from backend.common.days import add_working_days
from backend.matchmaking.emails import organisation_in_charge
from backend.matchmaking.followers import follower_of
from backend.matchmaking.models import Guest, SchemeEvent, Submission
from backend.matchmaking.states import SchemeState, states_of_files

PER_PAGE = 50  # confirmed requests, the newest first
MOST_UNCONFIRMED = 5  # beside them
MOST_VISITED = 50  # of others
State = SchemeEvent.State


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """Where one request stands."""

    submission: Submission
    followed_by: str  # a person, else the service in charge; empty for the four together
    n_followed: int
    n_applied: int
    n_granted: int
    next_on: date | None  # the next day that counts, today or later
    next_scheme: str  # to be asked for by that day; empty where it is the promised answer


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmLines:
    """The requests of one firm: of one SIREN, else of one request whose number is not known."""

    name: str
    siren: str
    files: list[FileLine] = field(default_factory=list)

    @property
    def next_from(self) -> Submission | None:
        """The request that another one is begun from; none where nobody could see that they speak for the firm."""
        entitled = (line.submission for line in self.files if line.submission.is_entitled)
        return next(entitled, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestLine:
    """A request of somebody else, to which the address was invited."""

    guest: Guest
    file: FileLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """The requests of an address: a page of the confirmed ones by firm, those that it has not confirmed, and others'.

    Those to which it was invited stand apart: they are never under one firm with its own.
    """

    firms: list[FirmLines]
    page: Page[Submission]
    unconfirmed: list[Submission]
    has_more_unconfirmed: bool
    guests: list[GuestLine]


def space_of(address: str, *, on: date, page: str | None = None) -> Space:
    """Return the requests of an address that was just shown to be its reader's.

    Anybody may file with an address: what it has not confirmed never takes the place of its own requests.
    """
    related = ("sheet__company", "contact", "epci", "officer")
    filed = Submission.objects.filed_with(address).select_related(*related).order_by("-filed_at", "-pk")
    own = filed.filter(confirmed_at__isnull=False).prefetch_related("epci__organisations", "officer__absences")
    shown = Paginator(own, PER_PAGE).get_page(page)
    unconfirmed = list(filed.filter(confirmed_at__isnull=True)[: MOST_UNCONFIRMED + 1])
    return Space(
        firms=_by_firm(list(shown), on=on),
        page=shown,
        unconfirmed=unconfirmed[:MOST_UNCONFIRMED],
        has_more_unconfirmed=len(unconfirmed) > MOST_UNCONFIRMED,
        guests=_visited(address, on=on),
    )


def _visited(address: str, *, on: date) -> list[GuestLine]:
    """Return the requests to which an address was invited, the last accepted first."""
    related = [f"submission__{one}" for one in ("sheet", "contact", "epci", "officer")]
    guests = (
        Guest.objects.of_address(address)
        .select_related(*related)
        .prefetch_related("submission__epci__organisations", "submission__officer__absences")
    )
    shown = list(guests.order_by("-accepted_at", "-pk")[:MOST_VISITED])
    states = states_of_files([guest.submission_id for guest in shown], told=True) if shown else {}
    return [
        GuestLine(guest=one, file=_line_of(one.submission, states[one.submission_id].values(), on=on)) for one in shown
    ]


def _by_firm(files: Sequence[Submission], *, on: date) -> list[FirmLines]:
    states = states_of_files([file.pk for file in files], told=True)
    firms: dict[tuple[str, int], FirmLines] = {}
    for file in files:
        company = file.sheet.company
        key = ("siren", company.pk) if company else ("file", file.pk)
        firm = firms.setdefault(key, FirmLines(name=file.sheet.name, siren=company.siren if company else ""))
        firm.files.append(_line_of(file, states[file.pk].values(), on=on))
    return list(firms.values())


def _line_of(submission: Submission, states: Iterable[SchemeState], *, on: date) -> FileLine:
    """Return where a request stands, from what its firm was told."""
    states = [state for state in states if state.counts]
    organisation = organisation_in_charge(submission)
    n_of = Counter(state.counts.state for state in states if state.counts)
    follower = follower_of(submission, on=on)
    next_on, next_scheme = _next(submission, states, organisation, on=on)
    return FileLine(
        submission=submission,
        followed_by=str(follower or organisation or ""),
        n_followed=n_of[State.FOLLOWED],
        n_applied=n_of[State.APPLIED],
        n_granted=n_of[State.GRANTED],
        next_on=next_on,
        next_scheme=next_scheme,
    )


def _next(
    submission: Submission, states: Iterable[SchemeState], organisation: Organisation | None, *, on: date
) -> tuple[date | None, str]:
    """Return the next day that counts for a request, and which scheme is to be asked for by then."""
    if submission.is_barred:
        return None, ""
    days = [(state.ask_by, str(state.scheme)) for state in states if state.ask_by and state.ask_by >= on]
    waits = not (submission.has_answer or submission.closed_at)
    if waits and organisation and organisation.promised_days is not None:
        answered_on = add_working_days(submission.waits_since, organisation.promised_days)
        days += [(answered_on, "")] if answered_on >= on else []
    return min(days, default=(None, ""))
