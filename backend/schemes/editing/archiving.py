"""Taking a scheme out of every ranking, and putting it back."""

from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.catalogue.announcing import announce_change
from backend.schemes.catalogue.lifecycle import PublishingError, check_scheme
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.relations import contradiction_with, hold_relations
from backend.schemes.catalogue.succession import why_gone
from backend.schemes.catalogue.variants import chain_with
from backend.schemes.models import Revision, Scheme


@transaction.atomic
def archive(*, scheme: Scheme, approver: User, reason: str) -> Scheme:
    """Take a scheme out of every ranking, saying why; what was matched with it stays readable."""
    scheme = Scheme.objects.select_for_update(of=("self",)).get(pk=scheme.pk)
    check_scheme("archive", scheme=scheme, user=approver, reason=reason)
    return _change_state(scheme, Scheme.State.ARCHIVED)


@transaction.atomic
def put_back(*, scheme: Scheme, approver: User) -> Scheme:
    """Put an archived scheme back as it was: published, or a draft where its sheet is not verified."""
    hold_relations()
    scheme = Scheme.objects.select_for_update(of=("self",)).get(pk=scheme.pk)
    check_scheme("put_back", scheme=scheme, user=approver)
    if gone := why_gone(scheme.source_key):
        raise PublishingError(gone)
    current = scheme.current
    contradiction = contradiction_with(read_record(current)) if current else None
    if contradiction:
        raise PublishingError(f"Ce dispositif ne peut pas revenir tel quel. {contradiction.text}")
    if current and (chain := chain_with(read_record(current))):
        raise PublishingError(f"Ce dispositif ne peut pas revenir tel quel. {chain}")
    is_verified = current is not None and current.confidence != Revision.Confidence.TO_VERIFY
    return _change_state(scheme, Scheme.State.PUBLISHED if is_verified else Scheme.State.DRAFT)


def _change_state(scheme: Scheme, state: str) -> Scheme:
    was_public = scheme.is_public
    scheme.state = state
    scheme.changed_at = timezone.now()
    scheme.save(update_fields=["state", "changed_at"])
    announce_change(scheme, was_public=was_public)
    return scheme
