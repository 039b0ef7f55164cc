"""Writing the audit log, in the transaction of what it notes."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone
from django.utils.crypto import salted_hmac

from backend.journal.models import AuditEvent, Kind


def record_event(
    *,
    kind: Kind,
    actor: AbstractBaseUser | None = None,
    account: AbstractBaseUser | None = None,
    submission_id: int | None = None,
    epci_id: int | None = None,
    detail: str | None = None,
) -> None:
    """Record what somebody did; ``detail`` is a code or a digest, never a secret nor what was typed."""
    _event(kind, actor, submission_id, epci_id, account=account, detail=detail or "").save(force_insert=True)


def record_read(*, actor: AbstractBaseUser, submission_id: int, epci_id: int | None) -> None:
    """Record that somebody read a file: once an hour, which the database sees to in one statement."""
    AuditEvent.objects.bulk_create([_event(Kind.FILE_READ, actor, submission_id, epci_id)], ignore_conflicts=True)


def digest_of(address: str) -> str:
    """Return what stands for an address that somebody typed: only who has it can look for it."""
    return salted_hmac("journal.address", address.strip().lower(), algorithm="sha256").hexdigest()[:32]


def _event(
    kind: Kind,
    actor: AbstractBaseUser | None,
    submission_id: int | None,
    epci_id: int | None,
    account: AbstractBaseUser | None = None,
    detail: str = "",
) -> AuditEvent:
    return AuditEvent(
        kind=kind,
        at=timezone.now(),
        actor_id=actor.pk if actor else None,
        actor_label=str(actor)[:150] if actor else "",
        account_id=account.pk if account else None,
        submission_id=submission_id,
        epci_id=epci_id,
        detail=detail,
    )
