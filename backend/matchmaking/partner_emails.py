"""The e-mails that sharing a file with a partner owes: to its firm, which is asked, and to the partner's people."""

from backend.accounts.models import Membership, Organisation, User
from backend.matchmaking.emails import context_of, organisation_in_charge
from backend.matchmaking.models import Note, PartnerShare
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email


def enqueue_partner_consent(share: PartnerShare) -> None:
    """Ask a firm whether a partner may read its file: it answers on its page."""
    submission = share.submission
    context = {
        **context_of(submission),
        "share": share,
        "organisation": organisation_in_charge(submission),
    }
    enqueue_email(
        kind="partner_consent",
        key=f"partner_consent:{share.pk}",
        recipient=submission.contact.email,
        message=render("partner_consent", context),
        about=(submission.topic, share.key),
        reply_to=share.asked_by.email,
    )


def enqueue_partner_noted(share: PartnerShare, *, by: User) -> None:
    """Tell a firm that an officer noted its agreement by word of mouth, and where it ends the share."""
    submission = share.submission
    context = {**context_of(submission), "share": share, "by": by, "organisation": organisation_in_charge(submission)}
    enqueue_email(
        kind="partner_noted",
        key=f"partner_noted:{share.pk}",
        recipient=submission.contact.email,
        message=render("partner_noted", context),
        about=(submission.topic,),
        reply_to=by.email,
    )


def contact_of(share: PartnerShare) -> User | Organisation:
    """Return whom a partner calls: the file's officer in post, else the organisation in charge, else who proposed.

    Only a file of no intercommunality has no organisation in charge.
    """
    file = share.submission
    officer = file.officer_in_post
    return officer or organisation_in_charge(file) or share.asked_by


def enqueue_file_shared(share: PartnerShare, *, by: User, note: Note | None = None) -> None:
    """Tell a partner's people that they may read a file, or that its officer wrote to them.

    The firm is not named: it may have taken its agreement back before the e-mail is read.
    """
    submission = share.submission
    contact = by if note else contact_of(share)
    context = {
        "submission": submission,
        "by": by,
        "contact": contact,
        "organisation": organisation_in_charge(submission),
        "partner": share.organisation,
        "answers": note is not None,
        "file_url": absolute_url("partner_file", share.pk),
    }
    people = Membership.objects.partners().filter(organisation=share.organisation).select_related("user")
    for person in (membership.user for membership in people):
        enqueue_email(
            kind="file_shared",
            key=f"file_shared:{share.pk}:{note.pk if note else 0}:{person.pk}",
            recipient=person.email,
            message=render("file_shared", context),
            about=(submission.topic, share.key),
            reply_to=contact.email,
        )
