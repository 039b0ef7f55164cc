"""Dead addresses: a task for the officer who can telephone, and what the officer does about it.

What came back is in the outbox; a job reads it there, so that a killed worker loses no task, and a unique
constraint refuses a second one.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import Membership, User
from backend.common.work import Work
from backend.matchmaking.address_change import replace_address
from backend.matchmaking.assisted import is_of_staff
from backend.matchmaking.correspondence import TO_FIRMS
from backend.matchmaking.emails import enqueue_officer_unreachable
from backend.matchmaking.follow_up import FollowUpError
from backend.matchmaking.in_charge import check_may_decide
from backend.matchmaking.models import FollowUp, Submission
from backend.notifications.models import Notification
from backend.notifications.suppression import dead_among, digests, lift_suppressions

ABOUT = "submission:"


class NoDeadAddress(FollowUpError):
    """The address of a file is not to be corrected: no e-mail came back from it since it last worked."""


def follow_dead_addresses(*, on: date) -> Work:
    """Open the tasks that are missing, and close those of addresses that are written to again."""
    dead = Notification.objects.filter(
        delivery=Notification.Delivery.DEAD, suppression__isnull=False, suppression__lifted_at__isnull=True
    )
    of_firms = dead.filter(kind__in=TO_FIRMS).values_list("suppression", "suppression__digest", "about").distinct()
    n_opened = sum(
        _open_task(suppression, digest, subject.removeprefix(ABOUT))
        for suppression, digest, about in of_firms
        for subject in about
        if subject.startswith(ABOUT)
    )
    of_officers = dead.exclude(kind__in=TO_FIRMS).values_list("suppression", "recipient").distinct()
    n_told = sum(_tell_leads(suppression, recipient) for suppression, recipient in of_officers)
    lifted = FollowUp.objects.to_do().dead_addresses().filter(suppression__lifted_at__isnull=False)
    n_closed = lifted.update(done_at=timezone.now())
    return Work(n_looked_at=len(of_firms) + len(of_officers), n_changed=n_opened + n_told + n_closed)


@transaction.atomic
def _open_task(suppression: int, digest: str, number: str) -> bool:
    """Open the task of an address and a file, once, unless the file has another address by now."""
    submission = Submission.objects.select_related("contact").filter(pk=int(number) if number.isdigit() else 0).first()
    if submission is None or digest not in digests(submission.contact.email):
        return False
    _, is_new = FollowUp.objects.get_or_create(
        submission=submission,
        suppression_id=suppression,
        defaults={"step": FollowUp.Step.DEAD_ADDRESS, "recorded_at": timezone.now()},
    )
    return is_new


@transaction.atomic
def _tell_leads(suppression: int, recipient: str) -> int:
    """Tell those who lead an officer that e-mails do not reach them, once each."""
    officer = User.objects.filter(email__iexact=recipient, is_active=True).first()
    if officer is None or not officer.is_officer:
        return 0
    leads = leads_of(officer)
    return sum(enqueue_officer_unreachable(officer, lead, key=f"{suppression}:{lead.pk}") for lead in leads)


def leads_of(officer: User) -> list[User]:
    """Return who leads an officer: in the same organisation, else the territory leads."""
    others = User.objects.filter(is_active=True).exclude(pk=officer.pk)
    organisations = officer.memberships.reviewing().values("organisation")
    near = Membership.objects.leading().filter(role=Membership.Role.EPCI_LEAD, organisation__in=organisations)
    found = list(others.filter(memberships__in=near).distinct())
    return found or list(User.objects.territory_leads().exclude(pk=officer.pk))


def unreachable_officers(lead: User) -> list[User]:
    """Return the officers whom someone leads and whom no e-mail reaches."""
    if not lead.posts.leads:
        return []
    led = Membership.objects.reviewing()
    if not lead.posts.leads_territory:
        led = led.filter(organisation__in=lead.memberships.leading().values("organisation"))
    officers = list(User.objects.filter(memberships__in=led).exclude(pk=lead.pk).distinct())
    dead = dead_among(officer.email for officer in officers)
    return [officer for officer in officers if officer.email in dead]


# -- what an officer does about it


@transaction.atomic
def correct_address(*, submission: Submission, officer: User, email: str, on: date) -> None:
    """Give a file the address that its contact said on the telephone, which gets a confirmation and nothing else yet.

    What ends with the former address is in ``replace_address``.

    Raises ``NoDeadAddress``; ``FollowUpError`` where it is no address, or the one that the file has already, or a
    colleague's where somebody filed for the firm.
    """
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(officer, submission)
    if not submission.follow_ups.to_do().dead_addresses().exists():
        raise NoDeadAddress("Aucun courriel n’est revenu de cette adresse : elle se corrige quand il en revient un.")
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise FollowUpError(
            f"« {email} » n’est pas une adresse complète. Elle ressemble à prenom.nom@entreprise.fr."
        ) from None
    if submission.filed_by and is_of_staff(email):
        raise FollowUpError(
            f"{email} est l’adresse d’un agent ou d’un service : donnez celle de l’entreprise, qui la confirme."
        )
    if email.lower() == submission.contact.email.lower():
        raise FollowUpError("C’est l’adresse du dossier : si elle fonctionne de nouveau, dites-le.")
    submission.officer = submission.officer or officer  # who follows a file goes on seeing it
    submission.save(update_fields=["officer"])
    lift_suppressions(address=email, by=officer)
    close_tasks(submission=submission, officer=officer)
    replace_address(submission, email, on=on, by=officer)  # the former one opens nothing of this file any more


@transaction.atomic
def declare_reachable(*, submission: Submission, officer: User) -> None:
    """Write again to the address of a file, because its contact says that it works. What was held back is not sent."""
    submission = Submission.objects.locked(submission.pk)
    check_may_decide(officer, submission)
    lift_suppressions(address=submission.contact.email, by=officer)
    close_tasks(submission=submission, officer=officer)


def close_tasks(*, submission: Submission, officer: User) -> None:
    tasks = FollowUp.objects.to_do().dead_addresses().filter(submission=submission)
    tasks.update(done_at=timezone.now(), done_by=officer)
