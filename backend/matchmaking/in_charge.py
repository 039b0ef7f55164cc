"""Which intercommunality is in charge of a file, by its commune; who decides on it; what happens when it moves."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied

from backend.accounts.models import User
from backend.common.days import current_day
from backend.matchmaking.emails import enqueue_closed
from backend.matchmaking.file_events import record_closing
from backend.matchmaking.models import CallRequest, Submission
from backend.matchmaking.ownership import known_values
from backend.matchmaking.referrals import open_referral, withdraw_referral
from backend.territories.models import Perimeter, ServedEpci
from backend.territories.services import served_epci_of


class OutsideTerritory(ValueError):
    """The project is in a commune that no served intercommunality holds: no file is opened."""


def route(facts: Mapping[str, Any], *, on: date) -> ServedEpci | None:
    """Return the intercommunality in charge: of the project's commune, else of the establishment's; or the pool.

    Raises ``OutsideTerritory`` where the commune is known and no served intercommunality holds it.
    """
    commune = commune_of(facts)
    if not commune:
        return None
    epci = served_epci_of(commune, on=on)
    if epci is None:
        raise OutsideTerritory(commune)
    return epci


def named_epci(facts: Mapping[str, Any], *, on: date) -> ServedEpci | None:
    """Return the intercommunality of the place that facts name; none where it is not known, or outside."""
    try:
        return route(facts, on=on)
    except OutsideTerritory:
        return None


def commune_of(facts: Mapping[str, Any]) -> str:
    return facts.get("project.commune") or facts.get("commune") or ""


def place_file(
    submission: Submission,
    epci: ServedEpci | None,
    *,
    commune: str,
    author: User | None,
    named: ServedEpci | None = None,
) -> None:
    """Offer a file to the intercommunality of its new commune; at once it moves only from where nobody has it.

    That is: to the pool where the commune became unknown, from the pool, or before officers have seen it. The offer to
    an intercommunality that a commune ``named`` and no longer names is taken back; one that an officer made by hand is
    theirs to take back. What was filed for a firm is placed once the firm has confirmed.
    """
    if named:
        withdraw_referral(submission, to=named)
    if epci == submission.epci or submission.awaits_firm:
        return
    officer = submission.officer
    is_unseen = officer is None and submission.confirmed_at is None
    from_pool = submission.epci is None and (officer is None or (epci and covers(officer=officer, epci_id=epci.pk)))
    if epci is None or is_unseen or from_pool:
        withdraw_referral(submission)
        assign_epci(submission, epci)
        return
    if submission.hand_overs.waiting().referrals().exists():
        return
    place = Perimeter.objects.filter(code=f"COM-{commune}").first()
    note = f"Commune corrigée : {place.name if place else commune}."
    open_referral(submission=submission, epci=epci, by=author, note=note)


def assign_epci(submission: Submission, epci: ServedEpci | None) -> None:
    """Assign a file to an intercommunality, and the calls asked about it, made or not; the caller saves the file."""
    submission.epci = epci
    CallRequest.objects.of_file(submission).update(epci=epci)


def place_assisted(submission: Submission) -> None:
    """Offer what was filed for a firm to where its project is, now that its firm has confirmed; else it stays.

    Where that left the territory meanwhile, it is closed.
    """
    if submission.is_barred:
        return
    known, on = known_values(submission), current_day()
    try:
        epci = route(known, on=on)
    except OutsideTerritory:
        close_outside(submission, commune=commune_of(known), author=None, on=on)
        return
    if epci:
        place_file(submission, epci, commune=commune_of(known), author=submission.consent_by)


def close_outside(submission: Submission, *, commune: str, author: User | None, on: date) -> None:
    """Close a file whose project leaves the territory: no alert follows, and the firm is told whom to call there."""
    record_closing(submission, reason=Submission.Closing.OUTSIDE, actor=author)
    if submission.confirmed_at:  # an address that is not gets the e-mail that asks, and nothing else
        enqueue_closed(submission, outside=outside_contacts(commune, on=on))


def may_decide(*, officer: User, submission: Submission) -> bool:
    """Tell whether someone reviews a submission: of their intercommunality or of the pool.

    A territory lead sees every file and decides on none.
    """
    return covers(officer=officer, epci_id=submission.epci_id)


def covers(*, officer: User, epci_id: int | None) -> bool:
    """Tell whether someone works for an intercommunality; what is placed nowhere is everybody's who works for one."""
    return officer.posts.covers(epci_id)


def check_may_decide(officer: User, submission: Submission) -> None:
    """Raise ``PermissionDenied`` where someone does not review a submission, or where it is barred."""
    if submission.is_barred or not may_decide(officer=officer, submission=submission):
        raise PermissionDenied


def outside_contacts(commune_code: str, *, on: date) -> dict[str, str]:
    """Return the names of a commune outside the territory and of what it is in: whom to call instead."""
    commune = Perimeter.objects.filter(code=f"COM-{commune_code}").first()
    if commune is None:
        return {}
    around = Perimeter.objects.around(commune, on=on)
    names = {perimeter.kind: perimeter.name for perimeter in around}
    return {"commune": commune.name, **{kind: names.get(kind, "") for kind in ("epci", "department", "region")}}


def place_outside(submission: Submission, *, on: date) -> Mapping[str, str]:
    """Return the names of the place outside the territory that closed a file; none of one that is not so closed."""
    if submission.closed_reason != Submission.Closing.OUTSIDE:
        return {}
    return outside_contacts(commune_of(known_values(submission)), on=on)
