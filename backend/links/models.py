"""Secret links: who has one opens what it names, without an account. Digests are kept, tokens are not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    RESULT = "result", _("résultat")
    CONFIRM = "confirm", _("confirmation de l’adresse")
    STOP = "stop", _("arrêt de courriels")
    ACCESS = "access", _("accès de 30 minutes")
    PREVIEW = "preview", _("aperçu d’une fiche")
    FEED = "feed", _("agenda")
    STAFF_FEED = "staff_feed", _("agenda d’un agent")
    SHARE = "share", _("partage en lecture")
    SURVEY = "survey", _("question sur la suite d’une demande")
    NOTE = "note", _("note au comité")
    SHEETS = "sheets", _("fiches à confirmer")
    GUEST = "guest", _("invitation d’un contact")


# Those whose object is a file.
OF_SUBMISSIONS = (Kind.RESULT, Kind.CONFIRM, Kind.ACCESS, Kind.FEED, Kind.SHARE, Kind.SURVEY, Kind.GUEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a kind of link lives: for how long after it was made or prolonged."""

    view: str  # the name of the page it opens
    lifetime: timedelta
    from_last_use: bool = False
    from_use_of: Kind | None = None  # another link to the same object; its own uses are then worth nothing


RULES = {
    Kind.RESULT: Rule(view="result", lifetime=timedelta(days=365), from_last_use=True),
    Kind.CONFIRM: Rule(view="confirm", lifetime=timedelta(days=30)),
    # 13 months. Each e-mail carries a new one, so that it lives that long after the last e-mail.
    Kind.STOP: Rule(view="stop", lifetime=timedelta(days=396)),
    Kind.ACCESS: Rule(view="access", lifetime=timedelta(minutes=30)),
    Kind.PREVIEW: Rule(view="preview", lifetime=timedelta(days=182)),  # at most: its maker chose a last day
    # 13 months after the firm last opened its page: a calendar that asks each hour would keep it alive for ever.
    Kind.FEED: Rule(view="feed", lifetime=timedelta(days=396), from_use_of=Kind.RESULT),
    Kind.STAFF_FEED: Rule(view="staff_feed", lifetime=timedelta(days=396)),  # after the officer last signed in
    Kind.SHARE: Rule(view="share", lifetime=timedelta(days=30)),
    Kind.SURVEY: Rule(view="survey", lifetime=timedelta(days=396)),
    Kind.GUEST: Rule(view="guest", lifetime=timedelta(days=7)),
    Kind.NOTE: Rule(view="committee_note", lifetime=timedelta(days=396)),
    Kind.SHEETS: Rule(view="owner_sheets", lifetime=timedelta(days=120)),  # a quarter, and the month of the silence
}


class LinkQuerySet(models.QuerySet["Link"]):
    def live(self, now: datetime) -> Self:
        """Neither over nor revoked."""
        return self.filter(expires_at__gt=now, revoked_at=None)


class Link(models.Model):
    """One secret link to one object. Several to the same object may live."""

    kind = models.CharField(_("nature"), max_length=10, choices=Kind)
    object_id = models.BigIntegerField(_("objet"))
    scope = models.CharField(_("portée"), max_length=60, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("fait le"))
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    last_used_at = models.DateTimeField(_("dernier usage"), null=True, blank=True)
    n_visits = models.PositiveIntegerField(
        _("consultations"), default=0, help_text="Of a share: each time it was read."
    )
    revoked_at = models.DateTimeField(_("révoqué le"), null=True, blank=True)
    objects = LinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("lien secret")
        verbose_name_plural = _("liens secrets")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["kind", "object_id"], name="link_of_object"),
            models.Index(fields=["expires_at"], name="link_end"),
        ]
        constraints = [
            models.CheckConstraint(name="link_kind_is_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="link_digest_is_sha256", condition=Q(digest__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(name="link_made_then_over", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(name="link_made_then_used", condition=Q(last_used_at__gte=F("created_at"))),
            models.CheckConstraint(name="link_made_then_revoked", condition=Q(revoked_at__gte=F("created_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.object_id}"
