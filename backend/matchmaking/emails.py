"""The e-mails that a change in a submission owes, each rendered when it is owed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

from django.utils.translation import ngettext

from backend.accounts.models import Membership, Organisation, User
from backend.common.days import current_day
from backend.links.models import Kind
from backend.matchmaking.delays import delay_of
from backend.matchmaking.followers import follower_of
from backend.matchmaking.models import (
    Cause,
    Escalation,
    FileEvent,
    FileLink,
    FollowUp,
    Guest,
    HandOver,
    Note,
    Reply,
    Result,
    Submission,
    Survey,
)
from backend.matchmaking.review_policies import schemes_unread
from backend.notifications.frequency_cap import Turn
from backend.notifications.models import Notification
from backend.notifications.placeholders import STOP, placeholder
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email
from backend.territories.models import ServedEpci


def context_of(submission: Submission, *, guest: Guest | None = None) -> dict[str, Any]:
    """Return what each e-mail about a file says, and the link of who reads it: its contact, or a guest."""
    return {
        "submission": submission,
        "firm": submission.sheet.name or "votre entreprise",
        "result_url": placeholder(Kind.RESULT, submission.pk, guest.key if guest else ""),
    }


def about_guest(guest: Guest) -> tuple[str, str]:
    """Return what an e-mail to a guest tells of: the file, and that it is not to its contact."""
    return guest.submission.topic, guest.key


def enqueue_confirmation(submission: Submission, *, suffix: str = "") -> Notification:
    confirm_url = placeholder(Kind.CONFIRM, submission.pk)
    return enqueue_email(
        kind="confirm_address",
        key=f"confirm:{submission.pk}{suffix}",
        recipient=submission.contact.email,
        message=render(
            "confirm_address", {**context_of(submission), "confirm_url": confirm_url, "by": submission.filed_by}
        ),
        about=(submission.topic,),
        asked_for=True,
    )


def enqueue_invitation(guest: Guest, *, inviter: str, key: str) -> None:
    """Invite an address to a file: it reads who invites and the name of the firm, and nothing else."""
    submission = guest.submission
    context = {
        "inviter": inviter,
        "firm": submission.sheet.name,
        "guest_url": placeholder(Kind.GUEST, submission.pk, guest.key),
    }
    enqueue_email(
        kind="guest_invitation",
        key=key,
        recipient=guest.email,
        message=render("guest_invitation", context),
        about=about_guest(guest),
    )


def enqueue_access_link(
    *, recipient: str, submission_pk: int, about: tuple[str, ...], key: str, scope: str = ""
) -> None:
    """Send the link that opens the space of an address; it is to one of its files, and goes with that one.

    ``scope`` names the guest where it is to a file that the address was invited to.
    """
    enqueue_email(
        kind="access_link",
        key=key,
        recipient=recipient,
        message=render("access_link", {"access_url": placeholder(Kind.ACCESS, submission_pk, scope)}),
        about=about,
    )


def enqueue_receipt(submission: Submission, result: Result, *, key: str) -> None:
    """Say that a file has arrived and who reads it. Its schemes are named once somebody has read it, or by policy."""
    asks = result.reply == Reply.TO_CONFIRM or result.cause in (Cause.NOT_UNDERSTOOD, Cause.OTHER_LANGUAGE)
    n_matches = result.matches.answering().count()
    organisation = organisation_in_charge(submission)
    context = {
        **context_of(submission),
        "delay": delay_of(organisation, on=current_day()),
        "n_matches": n_matches,
        "schemes": schemes_unread(submission, result),
        "caller": caller_of(submission, on=current_day()),
        "asks": asks,
        "guides": () if n_matches or result.reply == Reply.TO_CONFIRM else result.guides(),
        "organisation": organisation,
        "closed": submission.is_barred,
        "reviewed": submission.has_answer or submission.closed_at is not None,
    }
    enqueue_email(
        kind="receipt",
        key=key,
        recipient=submission.contact.email,
        message=render("receipt", context),
        about=(submission.topic,),
    )


def enqueue_digest(person: User, rows: Sequence[Escalation], *, key: str, is_here: Callable[[int], bool]) -> None:
    """Tell somebody what arrived and what waits, the longest first; each once, by the highest of its rungs.

    ``is_here`` tells whether an account is in post and present: whoever follows a file is asked about it only then.
    """
    once = {
        (row.submission_id, row.call_id, row.follow_up_id, row.hand_over_id): row
        for row in sorted(rows, key=attrgetter("starts_on"))
    }
    files = [(row, row.submission) for row in once.values() if row.submission]
    arrived = [(row, file) for row, file in files if row.rung == Escalation.Rung.ARRIVAL]
    waiting = [(row, file) for row, file in files if row.rung != Escalation.Rung.ARRIVAL]
    steps = [(row.follow_up, row.follow_up.submission) for row in once.values() if row.follow_up]
    answers = [(step, file) for step, file in steps if step.step in FollowUp.TO_READ]
    promised = [(step, file) for step, file in steps if step.step in FollowUp.CALLS]
    offered = [(row.hand_over, row.hand_over.submission) for row in once.values() if row.hand_over]
    calls = [row for row in once.values() if row.call]
    n_calls = len(calls) + len(promised)
    counts = [
        (len(arrived), ngettext("%(n)s nouvelle demande", "%(n)s nouvelles demandes", len(arrived))),
        (n_calls, ngettext("%(n)s appel", "%(n)s appels", n_calls)),
        (len(answers), ngettext("%(n)s message à lire", "%(n)s messages à lire", len(answers))),
        (len(offered), ngettext("%(n)s dossier à décider", "%(n)s dossiers à décider", len(offered))),
        (len(waiting), ngettext("%(n)s demande en attente", "%(n)s demandes en attente", len(waiting))),
    ]
    others = [file.officer_id for _row, file in waiting if file.officer_id and file.officer_id != person.pk]
    context = {
        "only_of_others": len(others) == len(once) and all(map(is_here, others)),
        "referrals": [{"row": row, "file_url": absolute_url("officer_file", file.pk)} for row, file in offered],
        "arrived": [{"row": row, "file_url": absolute_url("officer_file", file.pk)} for row, file in arrived],
        "files": [{"row": row, "file_url": absolute_url("officer_file", file.pk)} for row, file in waiting],
        "answers": [{"row": row, "file_url": absolute_url("officer_file", file.pk)} for row, file in answers],
        "promises": [{"row": row, "file_url": absolute_url("officer_file", file.pk)} for row, file in promised],
        "calls": calls,
        "counts": [words % {"n": n} for n, words in counts if n],
        "person": person,
        "queue_url": absolute_url("officer_queue"),
    }
    enqueue_email(
        kind="waiting_digest",
        key=key,
        recipient=person.email,
        message=render("waiting_digest", context),
        about=tuple(dict.fromkeys(file.topic for _row, file in (*files, *promised, *answers, *offered))),
    )


def enqueue_withdrawn(submission: Submission) -> None:
    """Tell the officers in charge that a firm took its consent back: nobody calls it any more."""
    for officer in officers_in_charge(submission):
        url = absolute_url("officer_file", submission.pk)
        enqueue_email(
            kind="consent_withdrawn",
            key=f"withdrawn:{submission.pk}:{officer.pk}",
            recipient=officer.email,
            message=render("consent_withdrawn", {"submission": submission, "file_url": url}),
            about=(submission.topic,),
        )


def enqueue_referral(referral: HandOver) -> None:
    """Tell the officers of an intercommunality that a file is offered to it."""
    for officer in officers_of(referral.to_epci_id):
        _enqueue_files(
            key=f"referral:{referral.pk}:{officer.pk}",
            to=officer,
            context={"by": referral.by, "note": referral.note, "files": [referral.submission], "referred": True},
        )


def enqueue_offer_answer(offers: Sequence[HandOver], *, to: User) -> None:
    """Tell who offered files, or follows them, what somebody answered of them at once."""
    first = offers[0]
    _enqueue_files(
        key=f"offer:{first.pk}:answer",
        to=to,
        context={
            "by": first.answered_by,
            "note": first.answer,
            "files": [offer.submission for offer in offers],
            "answered": first.state,
            "epci": first.to_epci,
        },
    )


def enqueue_offer(offers: Sequence[HandOver], *, to: User) -> None:
    """Tell an officer of the files that a colleague offers, in one e-mail."""
    first = offers[0]
    _enqueue_files(
        key=f"offer:{first.pk}",
        to=to,
        context={"by": first.by, "note": first.note, "files": [offer.submission for offer in offers]},
    )


def enqueue_assigned(files: Sequence[Submission], *, to: User, by: User, key: str) -> None:
    """Tell an officer of the files that a lead gives them, in one e-mail."""
    _enqueue_files(key=f"assigned:{key}", to=to, context={"by": by, "files": files, "assigned": True})


def enqueue_link_proposal(link: FileLink, submission: Submission, *, by: User, at: Submission) -> None:
    """Tell the officers of a file that a colleague wants it read with one of theirs, of which nothing is told."""
    for officer in officers_in_charge(submission):
        context = {
            "submission": submission,
            "by": by,
            "epci": at.epci,
            "file_url": absolute_url("officer_file", submission.pk) + "#autres-demandes",
        }
        enqueue_email(
            kind="link_proposed",
            key=f"link:{link.pk}:{officer.pk}",
            recipient=officer.email,
            message=render("link_proposed", context),
            about=(submission.topic,),
            reply_to=by.email,
        )


def enqueue_colleague(link: FileLink, *, to: Submission, other: Submission) -> None:
    """Tell a contact that a colleague filed for the same firm: the name only where that colleague agreed."""
    name = other.contact.name if other.name_shared_at else ""
    enqueue_email(
        kind="colleague",
        key=f"colleague:{link.pk}:{to.pk}",
        recipient=to.contact.email,
        message=render("colleague", {**context_of(to), "colleague": name}),
        about=(to.topic,),
    )


def enqueue_officer_wrote(note: Note, *, by: User) -> None:
    """Send a firm what somebody who follows its file wrote to it; what leaves is also on its page."""
    submission = note.submission
    context = {**context_of(submission), "note": note, "by": by, "organisation": organisation_in_charge(submission)}
    enqueue_email(
        kind="officer_wrote",
        key=f"officer_wrote:{note.pk}",
        recipient=submission.contact.email,
        message=render("officer_wrote", context),
        about=(submission.topic, note.topic),
        reply_to=by.email,
    )


def enqueue_closed(submission: Submission, *, outside: Mapping[str, str] | None = None) -> None:
    """Tell an author that the file is closed: nobody could see that they speak for the firm, and no more.

    Or, with the names of a commune ``outside`` the territory and of what holds it, whom to call there.
    """
    context = {
        **context_of(submission),
        "organisation": organisation_in_charge(submission),
        "outside": outside,
    }
    enqueue_email(
        kind="closed",
        key=f"closed:{submission.pk}:{submission.closed_at:%Y%m%d%H%M%S}",
        recipient=submission.contact.email,
        message=render("closed", context),
        about=(submission.topic,),
    )


def enqueue_survey(
    survey: Survey, *, closing: FileEvent | None, schemes: Sequence[str], hears_alerts: bool, turn: Turn
) -> None:
    """Ask a firm whether the service helped, or what came of some schemes: one link to one page."""
    submission = survey.submission
    context = {
        **context_of(submission),
        "survey_url": placeholder(Kind.SURVEY, submission.pk, survey.kind),
        "stop_url": placeholder(STOP),
        "closing": closing,
        "hears_alerts": hears_alerts,
        "schemes": schemes,
        "organisation": organisation_in_charge(submission),
    }
    enqueue_email(
        kind="survey",
        key=f"survey:{survey.pk}",
        recipient=submission.contact.email,
        message=render("survey", context),
        about=(submission.topic,),
        turn=turn,
    )


def _enqueue_files(*, key: str, to: User, context: dict[str, Any]) -> None:
    context = {
        **context,
        "queue_url": absolute_url("officer_queue"),
    }
    enqueue_email(
        kind="handed_over",
        key=key,
        recipient=to.email,
        message=render("handed_over", context),
        about=tuple(file.topic for file in context["files"]),
        reply_to=context["by"].email if context["by"] else "",
    )


def enqueue_officer_unreachable(officer: User, lead: User, *, key: str) -> bool:
    """Tell a lead that e-mails reach an officer no more; return whether that is news."""
    context = {
        "officer": officer,
        "queue_url": absolute_url("officer_queue"),
    }
    key = f"officer_unreachable:{key}"
    if Notification.objects.filter(dedupe_key=key).exists():
        return False
    message = render("officer_unreachable", context)
    enqueue_email(kind="officer_unreachable", key=key, recipient=lead.email, message=message)
    return True


def organisation_in_charge(submission: Submission) -> Organisation | None:
    """Return the organisation whose officers follow a submission; none for the pool."""
    return submission.epci.organisations.first() if submission.epci else None


def caller_of(submission: Submission, *, on: date) -> str:
    """Name who calls a firm: who follows its file and is there, else those in charge, else one of the territory."""
    follower = follower_of(submission, on=on)
    if follower and follower.here:
        return str(follower.here)
    organisation = organisation_in_charge(submission)
    if organisation is None:
        return "un développeur économique du territoire"
    officers = " ou ".join(map(str, officers_in_charge(submission)))
    return f"{officers} ({organisation})" if officers else f"un développeur économique ({organisation})"


def officers_in_charge(submission: Submission) -> list[User]:
    """Return the officers to tell: of the intercommunality, or of all four where the commune is unknown."""
    return officers_of(submission.epci_id)


def officers_of(epci_id: int | None) -> list[User]:
    """Return who reviews the files of an intercommunality, or of all four."""
    epcis = ServedEpci.objects.filter(pk=epci_id) if epci_id else ServedEpci.objects.all()
    reviewing = Membership.objects.reviewing().filter(organisation__epci__in=epcis)
    return list(User.objects.filter(memberships__in=reviewing).distinct())
