"""Who was told that a file, a call asked for, a call promised or a file offered waits, and at which rung."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.matchmaking.models.calls import CallRequest
from backend.matchmaking.models.follow_up import FollowUp
from backend.matchmaking.models.hand_overs import HandOver
from backend.matchmaking.models.submissions import Submission


class Escalation(models.Model):
    """One person told, once for each rung of one wait; ``starts_on`` is the day from which that wait is counted."""

    class Rung(models.TextChoices):
        ARRIVAL = "arrival", _("développeur économique, à l’arrivée")
        OFFICER = "officer", _("développeur économique")
        STAND_IN = "stand_in", _("suppléant")
        EPCI_LEAD = "epci_lead", _("responsable de l’intercommunalité")
        TERRITORY_LEAD = "territory_lead", _("chef de projet du territoire")

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, null=True, blank=True, related_name="escalations"
    )
    call = models.ForeignKey(CallRequest, on_delete=models.CASCADE, null=True, blank=True, related_name="escalations")
    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, null=True, blank=True, related_name="+", help_text="A call promised."
    )
    hand_over = models.ForeignKey(
        HandOver, on_delete=models.CASCADE, null=True, blank=True, related_name="+", help_text="A referral."
    )
    starts_on = models.DateField(_("attend depuis le"))
    rung = models.CharField(_("échelon"), max_length=14, choices=Rung)
    to = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("prévenu"))
    told_on = models.DateField(_("prévenu le"))

    class Meta:
        verbose_name = _("relance interne")
        verbose_name_plural = _("relances internes")
        ordering = ["told_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(submission__isnull=False, call=None, follow_up=None, hand_over=None)
                | Q(submission=None, call__isnull=False, follow_up=None, hand_over=None)
                | Q(submission=None, call=None, follow_up__isnull=False, hand_over=None)
                | Q(submission=None, call=None, follow_up=None, hand_over__isnull=False),
                name="escalation_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["submission", "starts_on", "rung", "to"],
                condition=Q(submission__isnull=False),
                name="escalation_once_a_rung_of_a_file",
            ),
            models.UniqueConstraint(
                fields=["call", "starts_on", "rung", "to"],
                condition=Q(call__isnull=False),
                name="escalation_once_a_rung_of_a_call",
            ),
            models.UniqueConstraint(
                fields=["follow_up", "rung", "to"],
                condition=Q(follow_up__isnull=False),
                name="escalation_once_a_rung_of_a_promise",
            ),
            models.UniqueConstraint(
                fields=["hand_over", "rung", "to"],
                condition=Q(hand_over__isnull=False),
                name="escalation_once_a_rung_of_an_offer",
            ),
        ]

    def __str__(self) -> str:
        thing = self.submission_id or self.call_id or self.follow_up_id or self.hand_over_id
        return f"{self.rung} {thing} {self.told_on}"
