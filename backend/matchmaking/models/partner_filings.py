"""What a partner's tool filed for a firm, beside the file that it became."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import ApiKey
from backend.matchmaking.models.submissions import Submission


class PartnerFilingQuerySet(models.QuerySet["PartnerFiling"]):
    def of_key(self, key: ApiKey) -> "PartnerFilingQuerySet":
        """What the organisation of a key filed, by this key or another of its own."""
        return self.filter(key__organisation=key.organisation_id)


class PartnerFiling(models.Model):
    """By which key a request was filed, and who at the partner noted that the firm agreed, and how."""

    class How(models.TextChoices):
        PHONE = "phone", _("par téléphone")
        MEETING = "meeting", _("de vive voix")
        WRITTEN = "written", _("par écrit")

    submission = models.OneToOneField(Submission, on_delete=models.CASCADE, related_name="partner_filing")
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="+")
    public_id = models.UUIDField(
        unique=True, default=uuid.uuid4, help_text="Names it in the API; random, and of no secret link."
    )
    request_key = models.UUIDField(
        unique=True, help_text="Of the organisation and the key of the request: sent again, it files nothing twice."
    )
    digest = models.CharField(max_length=64, blank=True, help_text="Of what was sent; empty once the file is erased.")
    how = models.CharField(_("accord donné"), max_length=7, choices=How)
    noted_by = models.CharField(_("accord noté par"), max_length=120)
    objects = PartnerFilingQuerySet.as_manager()

    class Meta:
        verbose_name = _("dépôt d’un partenaire")
        verbose_name_plural = _("dépôts de partenaires")
        constraints = [
            models.CheckConstraint(
                name="partner_filing_known_how", condition=Q(how__in=["phone", "meeting", "written"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} – {self.key_id}"
