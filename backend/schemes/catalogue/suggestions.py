"""Schemes that people miss in the catalogue: proposed by anybody, answered by an editor with a sheet or a reason."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backend.accounts.models import User
from backend.schemes.catalogue.drafts import need_editor
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.searching import in_force, names_like
from backend.schemes.models import Revision, Scheme, Suggestion

SAME = timedelta(minutes=10)  # a second click, or the same form sent again
N_ALIKE = 5


def sheets_like(*, name: str, url: str) -> list[Revision]:
    """Return the published sheets that may be of a scheme: those of its page first, then of much the same name."""
    revisions = in_force()
    addresses = [url.rstrip("/"), f"{url.rstrip('/')}/"] if url else []
    of_page = revisions.filter(Q(url__in=addresses) | Q(sources__url__in=addresses)).order_by("name")
    keys = [*of_page.values_list("pk", flat=True), *names_like(revisions, name)]
    first = [*dict.fromkeys(keys)][:N_ALIKE]
    found = revisions.in_bulk(first)
    return [found[key] for key in first]


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
