"""Making, finding and revoking secret links. Their pages are in ``web``; what they open belongs to other apps."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from backend.common.redaction import TOKEN_START
from backend.links.models import RULES, Kind, Link, LinkQuerySet

TOKEN_BYTES = 18  # 144 random bits in 24 characters; what logs hide knows that length
NOTED_EVERY = timedelta(days=1)  # uses are noted this often, so that reading a page seldom writes


def make_link(*, kind: Kind, object_id: int, scope: str = "", is_used: bool = False) -> str:
    """Make a link and return its token, which nobody can read again; ``is_used`` where its page is opened at once."""
    token = TOKEN_START + secrets.token_urlsafe(TOKEN_BYTES)
    now = timezone.now()
    Link.objects.create(
        kind=kind,
        object_id=object_id,
        scope=scope,
        digest=digest_of(token),
        created_at=now,
        expires_at=_end(kind, now),
        last_used_at=now if is_used else None,
    )
    return token


def find_link(*, kind: Kind, token: str) -> Link | None:
    """Return the live link of a token and note its use, which prolongs the kinds that live from it.

    Each page behind a link asks, so it opens no transaction: its one write is whole by itself.
    """
    now = timezone.now()
    link = Link.objects.live(now).filter(kind=kind, digest=digest_of(token)).first()
    if link and (link.last_used_at is None or now - link.last_used_at >= NOTED_EVERY):
        link.last_used_at = now
        prolonged = {"expires_at": _end(kind, now)} if RULES[kind].from_last_use else {}
        rows = Link.objects.live(now).filter(pk=link.pk)  # one that is revoked meanwhile stays revoked
        rows.update(last_used_at=now, **prolonged)
        for other, rule in RULES.items():
            if rule.from_use_of == kind:
                prolong_links(kind=other, object_ids=[link.object_id])
    return link


def prolong_links(*, kind: Kind, object_ids: Iterable[int]) -> None:
    """Let the live links to some objects live their whole life again."""
    now = timezone.now()
    Link.objects.live(now).filter(kind=kind, object_id__in=object_ids).update(expires_at=_end(kind, now))


def count_visit(*, link: Link) -> None:
    """Count one reading of what a link opens, and when it was."""
    Link.objects.filter(pk=link.pk).update(n_visits=F("n_visits") + 1, last_used_at=timezone.now())


def live_links(*, kind: Kind, object_id: int) -> LinkQuerySet:
    """Return the links that open an object now, the newest first."""
    return Link.objects.live(timezone.now()).filter(kind=kind, object_id=object_id)


@transaction.atomic
def revoke_links(
    *, kind: Kind, object_id: int, only: int | None = None, but: int | None = None, scope: str | None = None
) -> int:
    """Revoke the links to an object, only one of them, all but one, or those of a scope; return how many were live."""
    rows = live_links(kind=kind, object_id=object_id)
    if scope is not None:
        rows = rows.filter(scope=scope)
    if only is not None:
        rows = rows.filter(pk=only)
    if but is not None:
        rows = rows.exclude(pk=but)
    return rows.update(revoked_at=timezone.now())


@transaction.atomic
def use_up(*, link: Link) -> bool:
    """Revoke a link that serves once; return whether it still lived, which only one of two clicks is told."""
    return revoke_links(kind=Kind(link.kind), object_id=link.object_id, only=link.pk) == 1


def digest_of(token: str) -> str:
    """Return what is kept of a token; its bits are random, so that the digest needs no key and outlives them all."""
    return sha256(token.encode()).hexdigest()


def _end(kind: Kind, now: datetime) -> datetime:
    rule = RULES[kind]
    # A use that is not noted because another was on the same day must not be worth less than the whole life.
    return now + rule.lifetime + (NOTED_EVERY if rule.from_last_use or rule.from_use_of else timedelta(0))
