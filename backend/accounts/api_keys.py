"""Keys by which the tools of partners use the API: making, finding and revoking them."""

import secrets
from collections.abc import Collection
from datetime import date, timedelta
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from backend.accounts.models import ApiKey, ApiScope, Organisation, User
from backend.common.days import current_day
from backend.common.redaction import KEY_START
from backend.common.work import Work, change_each
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.links.services import digest_of
from backend.notifications.models import Notification
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email

SECRET_BYTES = 32  # 256 random bits in 43 characters; what logs hide knows that length
MOST_LIFE = timedelta(days=365)
ENDS_SOON = timedelta(days=30)  # long enough to put the next key into a partner's tool
REMINDER = "api_key_expiring"  # the kind of its e-mails
REMINDERS = (timedelta(days=7), ENDS_SOON)  # before the last day of a key, the nearest first
N_SHOWN = 4  # characters of the secret by which a list tells keys apart


class ApiKeyError(ValueError):
    """A key that cannot be made, with a sentence for who asks for it."""


@transaction.atomic
def make_api_key(
    *, organisation: Organisation, name: str, scopes: Collection[ApiScope], expires_on: date, by: User
) -> tuple[ApiKey, str]:
    """Make a key of a partner and return it with its secret, which nobody can read again.

    Raises ``PermissionDenied``; ``ApiKeyError`` for another organisation, no scope, or an end that cannot be.
    """
    if not by.may_manage_keys:
        raise PermissionDenied
    if organisation.kind not in Organisation.PARTNERS:
        raise ApiKeyError(f"{organisation} n’est ni une chambre ni la Région : choisissez un partenaire de la liste.")
    if not scopes:
        raise ApiKeyError("Dites ce que la clé permet : une case au moins.")
    today = current_day()
    if not today <= expires_on <= today + MOST_LIFE:
        raise ApiKeyError(
            f"Le dernier jour serait le {expires_on:%d/%m/%Y} : "
            f"choisissez un jour d’ici au {today + MOST_LIFE:%d/%m/%Y}."
        )
    secret = KEY_START + secrets.token_urlsafe(SECRET_BYTES)
    try:
        with transaction.atomic():
            key = ApiKey.objects.create(
                organisation=organisation,
                name=name,
                scopes=sorted(scopes),
                digest=digest_of(secret),
                start=secret[: len(KEY_START) + N_SHOWN],
                created_at=timezone.now(),
                created_by=by,
                expires_on=expires_on,
            )
    except IntegrityError:
        raise ApiKeyError(
            f"{organisation} a déjà une clé pour « {name} » : révoquez-la, ou donnez un autre nom à celle-ci."
        ) from None
    record_event(kind=Kind.API_KEY_MADE, actor=by, detail=_detail(key))
    return key, secret


@transaction.atomic
def revoke_api_key(*, key: ApiKey, by: User) -> bool:
    """Revoke a key: from now on it opens nothing. Return whether it still lived, which one of two clicks is told."""
    if not by.may_manage_keys:
        raise PermissionDenied
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now(), revoked_by=by)
    if revoked:
        record_event(kind=Kind.API_KEY_REVOKED, actor=by, detail=_detail(key))
    return bool(revoked)


def find_api_key(secret: str) -> ApiKey | None:
    """Return the valid key of a secret, found by its digest, and note the day of its use."""
    today = current_day()
    key = ApiKey.objects.valid(today).filter(digest=digest_of(secret)).select_related("organisation").first()
    if key and key.last_used_on != today:
        unnoted = ApiKey.objects.filter(Q(last_used_on=None) | Q(last_used_on__lt=today), pk=key.pk)
        unnoted.update(last_used_on=today)
    return key


def remind_of_expiring_keys(*, on: date) -> Work:
    """Tell the territory leads of each key that expires within a month, and again within a week; once each.

    A key valid for less than a month from the start has one reminder, for less than a week none.
    """
    expiring = ApiKey.objects.valid(on).filter(expires_on__lte=on + ENDS_SOON).select_related("organisation")
    return Work(n_looked_at=len(expiring), n_changed=change_each(partial(_remind_of, on=on), expiring))


@transaction.atomic
def _remind_of(key: ApiKey, *, on: date) -> bool:
    before = next(before for before in REMINDERS if key.expires_on <= on + before)
    if timezone.localdate(key.created_at) > key.expires_on - before:
        return False
    leads = {f"{REMINDER}:{key.pk}:{before.days}:{lead.pk}": lead for lead in User.objects.territory_leads()}
    told = set(Notification.objects.filter(dedupe_key__in=leads).values_list("dedupe_key", flat=True))
    due = leads.keys() - told
    for name in due:
        context = {"key": key, "reader": leads[name], "url": absolute_url("territory_keys")}
        enqueue_email(kind=REMINDER, key=name, recipient=leads[name].email, message=render(REMINDER, context))
    return bool(due)


def _detail(key: ApiKey) -> str:
    return f"{key.organisation_id}.{key.pk}"
