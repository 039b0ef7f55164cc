"""Secret links by which the owner of a scheme reads a proposal before it is published, and what they remark."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.schemes.models.editing import Proposal


class PreviewLinkQuerySet(models.QuerySet["PreviewLink"]):
    def valid(self, on: date) -> Self:
        """Links that still open: not revoked, their last day not over."""
        return self.filter(revoked_at=None, expires_on__gte=on)


class PreviewLink(models.Model):
    """A link to one proposal, for one reader outside. Its secret is in ``links``, as a digest."""

    proposal = models.ForeignKey(
        Proposal, on_delete=models.CASCADE, related_name="previews", verbose_name=_("proposition")
    )
    for_whom = models.CharField(_("pour qui"), max_length=200)
    expires_on = models.DateField(_("dernier jour"))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("fait par"))
    made_at = models.DateTimeField(_("fait le"))
    revoked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("révoqué par")
    )
    revoked_at = models.DateTimeField(_("révoqué le"), null=True, blank=True)
    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("lien d’aperçu")
        verbose_name_plural = _("liens d’aperçu")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="preview_link_revoked_by_someone",
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.proposal} ({self.for_whom})"

    def is_valid(self, on: date) -> bool:
        return self.revoked_at is None and on <= self.expires_on


class RemarkQuerySet(models.QuerySet["Remark"]):
    def waiting(self) -> Self:
        return self.filter(done_at=None)


class Remark(models.Model):
    """What the owner of a scheme says of a proposal, without an account: a task for those who write it."""

    link = models.ForeignKey(PreviewLink, on_delete=models.CASCADE, related_name="remarks", verbose_name=_("lien"))
    version = models.PositiveIntegerField(_("enregistrement lu"))
    text = models.TextField(_("remarque"))
    left_at = models.DateTimeField(_("écrite le"))
    done_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("traitée par")
    )
    done_at = models.DateTimeField(_("traitée le"), null=True, blank=True)
    objects = RemarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("remarque")
        verbose_name_plural = _("remarques")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="remark_done_by_someone",
                condition=Q(done_at=None, done_by=None) | Q(done_at__isnull=False, done_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.text
