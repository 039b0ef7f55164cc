"""Deciding which sub-needs an imported scheme serves. Those of ours change with their sheet, by two people."""

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.models import Revision, Scheme, SubNeed, TagDecision


class TaggingError(ValueError):
    """What was decided cannot be kept; the sentence says why."""


@transaction.atomic
def decide_tags(
    *, scheme: Scheme, revision: Revision, tags: Mapping[str, float], by: User, note: str = ""
) -> TagDecision:
    """Keep what a person decided, having read a revision; it holds over what the next imports say."""
    if not by.may_edit_catalogue:
        raise PermissionDenied
    scheme = Scheme.objects.select_for_update(of=("self",)).get(pk=scheme.pk)
    if scheme.source == Scheme.OWN:
        raise TaggingError("Les besoins d’un dispositif du catalogue changent avec sa fiche : proposez-la.")
    if scheme.current_id != revision.pk:
        raise TaggingError("La fiche a changé pendant que vous la lisiez : relisez-la, puis décidez.")
    known = set(SubNeed.objects.filter(key__in=list(tags)).values_list("key", flat=True))
    for sub_need, weight in tags.items():
        if sub_need not in known:
            raise TaggingError(f"« {sub_need} » n’est pas un besoin de la liste.")
        if not 0 < weight <= 1:
            raise TaggingError(f"« {sub_need} » vaut {weight} ; attendu : un nombre plus grand que 0, au plus 1.")
    return TagDecision.objects.create(
        scheme=scheme, revision=revision, tags=dict(tags), by=by, note=note.strip(), at=timezone.now()
    )
