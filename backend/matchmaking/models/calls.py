"""Who asked to be called before filing anything."""

import uuid
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.matchmaking.models.submissions import Submission
from backend.territories.models import ServedEpci


class CallRequestQuerySet(models.QuerySet["CallRequest"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of a person's intercommunality, and of the pool: a commune that is not known."""
        if not isinstance(user, User):
            return self.none()
        if user.posts.leads_territory:
            return self.all()
        epcis = user.posts.epcis
        return self.filter(Q(epci__in=epcis) | Q(epci__isnull=True)) if epcis else self.none()

    def waiting(self) -> Self:
        """Those to make; of a file that was closed since, none."""
        return self.filter(done_at__isnull=True, submission__closed_at=None)

    def of_file(self, submission: Submission) -> Self:
        """Those asked from the page of a file, or from the answer that it was filed from."""
        return self.filter(Q(submission=submission) | Q(key=submission.filing_key))


class CallRequest(models.Model):
    """Somebody who left a number and no more: nobody has verified it, and it ends by itself."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False, help_text="Of the draft it came from.")
    epci = models.ForeignKey(
        ServedEpci,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("intercommunalité"),
        help_text=_("Vide : commune inconnue, demande commune aux quatre intercommunalités."),
    )
    commune = models.CharField(_("commune"), max_length=5, blank=True, help_text="Its INSEE code.")
    phone = models.CharField(_("téléphone"), max_length=20)
    name = models.CharField(_("qui demander"), max_length=120)
    company_name = models.CharField(_("entreprise"), max_length=160, blank=True)
    call_slot = models.CharField(
        _("quand rappeler"), max_length=10, choices=Submission.CallSlot, default=Submission.CallSlot.ANY
    )
    needs = ArrayField(models.CharField(max_length=60), default=list, help_text="Keys of sub-needs.")
    n_asked = models.PositiveSmallIntegerField(_("nombre de demandes"), default=1)
    asked_at = models.DateTimeField(_("demandé le"), help_text="The last time.")
    done_at = models.DateTimeField(_("traité le"), null=True, blank=True)
    done_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("traité par")
    )
    submission = models.ForeignKey(
        Submission,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="call_requests",
        verbose_name=_("demande ouverte au téléphone"),
    )
    objects = CallRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("demande de rappel")
        verbose_name_plural = _("demandes de rappel")
        ordering = ["asked_at", "pk"]

    def __str__(self) -> str:
        return self.company_name or self.name
