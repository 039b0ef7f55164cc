"""« Ma journée »: each role lands on the page that says what waits for it; that of an officer is made here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.accounts.models import Membership, User
from backend.common.days import add_working_days, current_day, day_in_words
from backend.matchmaking.models import CallRequest, FollowUp, HandOver, Submission
from backend.matchmaking.officer_day import ABOUT_TO_CLOSE, MOST_LINES, LastDay, OfficerDay, officer_day
from backend.matchmaking.queue import Tab
from backend.web.views.officer import signed_in

Role = Membership.Role
# Who has several roles lands on the page of the first one here: firms wait before the catalogue does.
PAGES = {
    Role.EPCI_LEAD: ("officer_team", ""),
    Role.OFFICER: ("officer_day", ""),
    Role.TERRITORY_LEAD: ("territory_overview", ""),
    Role.APPROVER: ("admin:schemes_proposal_changelist", "?faire=relire"),
    Role.EDITOR: ("admin:schemes_cataloguetask_changelist", ""),
    Role.PARTNER: ("partner_files", ""),
}


@login_required
@never_cache
@require_safe
def my_day(request: HttpRequest) -> HttpResponse:
    """Lead to the page of one's role."""
    return redirect(_page_of(signed_in(request)))


def _page_of(user: User) -> str:
    for role, (name, query) in PAGES.items():
        if role in user.posts.roles and (user.is_staff or not name.startswith("admin:")):
            return reverse(name) + query
    if user.is_staff:
        return reverse("admin:index")
    return reverse("officer_catalogue") if user.posts.roles else reverse("mfa_index")


# -- of an officer

LAST_DAYS = "echeances"  # beside the tabs of the queue


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing to do: where it is done, whom to telephone, and why today."""

    url: str
    name: str
    why: str
    phone: str = ""
    tag: str = ""  # what presses
    is_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The first lines of a list, how many it has, and where all of it is."""

    key: str
    title: str
    n: int
    lines: Sequence[Line]

    @property
    def url(self) -> str:
        """The address of the whole list: a tab of the queue; where it has none, the page itself, if lines are left."""
        if self.key != LAST_DAYS:
            return _list(self.key)
        return f"{reverse('officer_day')}?tout={LAST_DAYS}" if self.n > len(self.lines) else ""


@login_required
@never_cache
@require_safe
def of_officer(request: HttpRequest) -> HttpResponse:
    """Show an officer what is to be done today, in order; each line leads to where it is done."""
    user, on = signed_in(request), current_day()
    if not user.posts.epcis:
        raise PermissionDenied
    all_last_days = request.GET.get("tout") == LAST_DAYS
    blocks = _blocks(officer_day(user, on=on), user, on=on, all_last_days=all_last_days)
    return render(request, "web/officer/day.html", {"blocks": blocks})


def _blocks(day: OfficerDay, user: User, *, on: date, all_last_days: bool) -> list[Block]:
    """Return the blocks of a day that have something, the calls first: they were promised."""
    n = day.counts.by_tab
    blocks = [
        Block(key=Tab.TO_CALL, title=_("Appels à passer"), n=n[Tab.TO_CALL], lines=_calls(day, on=on)),
        Block(
            key=Tab.TO_READ,
            title=_("À lire"),
            n=n[Tab.TO_READ],
            lines=[_to_read(file, user, on=on) for file in day.to_read],
        ),
        Block(
            key=Tab.OFFERED,
            title=_("Offerts à accepter"),
            n=n[Tab.OFFERED],
            lines=[_offered(offer) for offer in day.offered],
        ),
        Block(key=Tab.TO_DO, title=_("À traiter"), n=n[Tab.TO_DO], lines=[_to_do(file) for file in day.to_do]),
        Block(
            key=LAST_DAYS,
            title=_("Ferme sous {n} jours").format(n=ABOUT_TO_CLOSE.days),
            n=len(day.last_days),
            lines=[_last_day(one) for one in day.last_days[: None if all_last_days else MOST_LINES]],
        ),
        Block(
            key=Tab.ALL,
            title=_("Arrivées depuis {day}").format(day=day_in_words(day.since, "l")),
            n=day.n_arrived,
            lines=[_arrived(file, user) for file in day.arrived],
        ),
    ]
    return [block for block in blocks if block.n]


def _day(value: date) -> str:
    return day_in_words(value, "j N")


def _calls(day: OfficerDay, *, on: date) -> list[Line]:
    """Return the calls that wait, promised or asked for, the oldest first."""
    calls = [
        *((step.due_on or on, _promised(step, on=on)) for step in day.promised),
        *((localdate(call.asked_at), _asked(call)) for call in day.asked),
    ]
    return [line for _since, line in sorted(calls, key=itemgetter(0))][:MOST_LINES]


def _promised(step: FollowUp, *, on: date) -> Line:
    due_on = step.due_on or on
    is_late = due_on < on
    return Line(
        url=reverse("officer_file", args=[step.submission_id]) + "#suivi",
        name=str(step.submission.sheet),
        phone=step.submission.contact.phone,
        why=_("sans réponse, à rappeler") if step.step == FollowUp.Step.NO_ANSWER else _("rappel promis"),
        tag=_("depuis le {day}").format(day=_day(due_on)) if is_late else "",
        is_late=is_late,
    )


def _asked(call: CallRequest) -> Line:
    slot = "" if call.call_slot == Submission.CallSlot.ANY else f", {call.get_call_slot_display()}"
    return Line(
        url=f"{_list(Tab.TO_CALL)}#rappel-{call.pk}",
        name=str(call),
        phone=call.phone,
        why=_("attend depuis le {day}").format(day=_day(localdate(call.asked_at))) + slot,
    )


def _to_read(file: Any, user: User, *, on: date) -> Line:
    by = None if file.promised_days is None else add_working_days(file.waits_since, file.promised_days)
    tag = _("réponse promise pour le {day}").format(day=_day(by)) if by else ""
    return Line(
        url=_file(file, Tab.TO_READ),
        name=str(file.sheet),
        why=_("depuis le {day}").format(day=_day(file.waits_since)) + _whose(file, user),
        tag=tag,
        is_late=bool(by and by < on),
    )


def _offered(offer: HandOver) -> Line:
    words = _("par {who}, le {day}").format(who=offer.by, day=_day(offer.offered_on)) if offer.by else ""
    return Line(
        url=_file(offer.submission, Tab.OFFERED),
        name=str(offer.submission.sheet),
        why=words or _("commune corrigée le {day}").format(day=_day(offer.offered_on)),
    )


def _to_do(file: Any) -> Line:
    words = [str(FollowUp.Step(step).label) for step in dict.fromkeys(file.steps)]
    if file.confirmed_at is None and FollowUp.Step.DEAD_ADDRESS not in file.steps:
        words.insert(0, _("adresse non confirmée : appeler l’entreprise"))
    return Line(
        url=f"{_file(file, Tab.TO_DO)}#suivi",
        name=str(file.sheet),
        phone=file.contact.phone,
        why=" ; ".join(words),
    )


def _last_day(one: LastDay) -> Line:
    return Line(
        url=reverse("officer_file", args=[one.submission.pk]) + f"#d-{one.scheme.pk}",
        name=str(one.submission.sheet),
        why=str(one.scheme),
        tag=_("ferme le {day}").format(day=_day(one.closes_on)),
    )


def _arrived(file: Submission, user: User) -> Line:
    return Line(
        url=_file(file, Tab.ALL),
        name=str(file.sheet),
        why=_("le {day}").format(day=_day(localdate(file.confirmed_at or file.filed_at))) + _whose(file, user),
    )


def _whose(file: Submission, user: User) -> str:
    """Say who follows a file, where it is somebody else."""
    return _(", suivie par {who}").format(who=file.officer) if file.officer and file.officer != user else ""


def _list(tab: str) -> str:
    return f"{reverse('officer_queue')}?etat={tab}"


def _file(file: Submission, tab: str) -> str:
    return f"{reverse('officer_file', args=[file.pk])}?etat={tab}"
