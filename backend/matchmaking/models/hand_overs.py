"""A file that somebody in charge of it offers to a colleague, or to another intercommunality."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.territories.models import ServedEpci


class HandOverQuerySet(models.QuerySet["HandOver"]):
    def waiting(self) -> Self:
        """Open files offered to an intercommunality or to someone still in post, and not answered yet."""
        to_somebody = Q(to__is_active=True) | Q(to_epci__isnull=False)
        return self.filter(to_somebody, state=HandOver.State.OFFERED, submission__closed_at=None)

    def referrals(self) -> Self:
        """Offers to a whole intercommunality."""
        return self.filter(to_epci__isnull=False)

    def to_people(self) -> Self:
        return self.filter(to_epci__isnull=True)

    def declined_last(self) -> "HandOver | None":
        """The last offer, where it was declined: that, and its sentence, are for those who have the file."""
        last = self.select_related("to_epci", "answered_by").first()
        return last if last and last.state == HandOver.State.DECLINED else None

    def offered_to(self, user: User) -> Self:
        """What waits for somebody's answer: offered to them, or to an intercommunality whose files they review."""
        return self.waiting().filter(Q(to=user) | Q(to_epci__in=user.posts.epcis))


class HandOver(models.Model):
    """A file that is offered to an officer, or to an intercommunality (a referral), who takes it or not."""

    class State(models.TextChoices):
        OFFERED = "offered", _("proposée")
        ACCEPTED = "accepted", _("acceptée")
        DECLINED = "declined", _("refusée")
        WITHDRAWN = "withdrawn", _("retirée")

    submission = models.ForeignKey("matchmaking.Submission", on_delete=models.CASCADE, related_name="hand_overs")
    by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("proposée par"),
        help_text=_("Vide : l’entreprise a corrigé la commune de son projet."),
    )
    to = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="offers", verbose_name=_("proposée à")
    )
    to_epci = models.ForeignKey(
        ServedEpci,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("proposée à l’intercommunalité"),
    )
    note = models.TextField(_("mot d’accompagnement"), blank=True)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.OFFERED)
    offered_at = models.DateTimeField(_("proposée le"))
    answered_at = models.DateTimeField(_("répondue le"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("répondue par")
    )
    answer = models.TextField(_("réponse"), blank=True)
    objects = HandOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("transmission")
        verbose_name_plural = _("transmissions")
        ordering = ["-offered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission"], condition=Q(state="offered"), name="hand_over_one_offer_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="offered", answered_at__isnull=True)
                | (~Q(state="offered") & Q(answered_at__isnull=False)),
                name="hand_over_answered_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(to__isnull=False, to_epci=None) | Q(to=None, to_epci__isnull=False),
                name="hand_over_to_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.by} → {self.whom}"

    @property
    def whom(self) -> str:
        """To whom it is offered, as officers read it."""
        return self.to_epci.usual_name if self.to_epci else str(self.to)

    @property
    def offered_on(self) -> date:
        return timezone.localdate(self.offered_at)
