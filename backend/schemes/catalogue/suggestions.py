"""Schemes that people miss in the catalogue: proposed by anybody, answered by an editor with a sheet or a reason."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.catalogue.drafts import need_editor
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.searching import names_like
from backend.schemes.models import Revision, Scheme, Suggestion

SAME = timedelta(minutes=10)  # a second click, or the same form sent again
N_ALIKE = 5


def sheets_like(*, name: str, url: str) -> list[Revision]:
    """Return the published sheets that may be of a scheme: those of its page first, then of much the same name."""
    in_force = Revision.objects.filter(scheme__in=Scheme.objects.shown().published(), scheme__current=F("pk"))
    address = url.rstrip("/")
    of_page = (
        []
        if not address
        else [
            *in_force.filter(Q(url__in=[address, f"{address}/"]) | Q(sources__url__in=[address, f"{address}/"]))
            .order_by("name")
            .values_list("pk", flat=True)
            .distinct()
        ]
    )
    keys = [*dict.fromkeys([*of_page, *names_like(in_force, name)])][:N_ALIKE]
    found = in_force.select_related("scheme").in_bulk(keys)
    return [found[key] for key in keys]


@transaction.atomic
def suggest(*, name: str, url: str, text: str, by: User | None, now: datetime) -> Suggestion:
    """Keep what somebody misses; the same words sent again at once are one suggestion."""
    said = {"name": name, "url": url, "text": text, "suggested_by": by}
    same = Suggestion.objects.waiting().filter(**said, suggested_at__gte=now - SAME)
    return same.first() or Suggestion.objects.create(**said, suggested_at=now)


@transaction.atomic
def answer_suggestion(*, suggestion: Suggestion, editor: User, scheme: Scheme | None, answer: str) -> Suggestion:
    """Answer with the sheet that there is now, with a reason why there is none, or with both."""
    need_editor(editor)
    suggestion = Suggestion.objects.select_for_update(of=("self",)).get(pk=suggestion.pk)
    if suggestion.closed_at is not None:
        raise PublishingError("Cette proposition est déjà traitée.")
    if scheme is None and not answer.strip():
        raise PublishingError("Choisissez la fiche du dispositif, ou dites pourquoi il n’y en aura pas.")
    suggestion.closed_at, suggestion.closed_by = timezone.now(), editor
    suggestion.scheme, suggestion.answer = scheme, answer.strip()
    suggestion.save(update_fields=["closed_at", "closed_by", "scheme", "answer"])
    return suggestion
