"""Filing for a firm that agreed to it elsewhere: who noted that and when; whose address it may not be."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction

from backend.accounts.models import Organisation, User
from backend.matchmaking.models import Submission
from backend.matchmaking.services import Consent, Filing, file_submission

# Where anybody has a mailbox: that an organisation has one there says nothing of who else does.
PUBLIC_MAILBOXES = frozenset(
    (
        "aol.com", "bbox.fr", "free.fr", "gmail.com", "gmx.fr", "hotmail.com", "hotmail.fr", "icloud.com",
        "laposte.net",
        "live.fr", "neuf.fr", "orange.fr", "outlook.com", "outlook.fr", "proton.me", "protonmail.com", "sfr.fr",
        "wanadoo.fr", "yahoo.com", "yahoo.fr",
    )
)  # fmt: skip


class StaffAddress(ValueError):
    """The address given as the firm's is that of an agent or an organisation, with a sentence for the officer."""


@transaction.atomic
def file_for_firm(filing: Filing, *, consent: Consent, on: date) -> Submission:
    """File for a firm that agreed to it; the firm confirms its address.

    An officer who noted the agreement follows the file, and until then nobody outside that officer's service opens it;
    what a partner files waits for the service in charge as what a firm files (``Submission.awaits_firm``). Once for
    each key. Raises ``PermissionDenied`` for who reviews no files, ``OutsideTerritory``, ``StaffAddress``.
    """
    if consent.officer and not consent.officer.is_officer:
        raise PermissionDenied
    if is_of_staff(filing.email):
        raise StaffAddress(
            f"{filing.email} est l’adresse d’un agent ou d’un service : donnez celle de l’entreprise, qui la confirme."
        )
    return file_submission(filing, consent=consent, on=on)


def is_of_staff(email: str) -> bool:
    """Tell whether an address is that of an account in post, or of the domain of an organisation that gave one."""
    if User.objects.filter(email__iexact=email, is_active=True).exists():
        return True
    domain = email.rpartition("@")[2].lower()
    if not domain or domain in PUBLIC_MAILBOXES:
        return False
    return Organisation.objects.filter(email__iendswith=f"@{domain}").exists()
