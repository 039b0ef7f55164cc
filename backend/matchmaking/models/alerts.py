"""What a firm asked to be notified of, and of which result it was notified last."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.matchmaking.models.guests import Guest
from backend.matchmaking.models.results import Result
from backend.matchmaking.models.submissions import Submission
from backend.notifications.kinds import ALERTS
from backend.schemes.models import Scheme


class AlertQuerySet(models.QuerySet["Alert"]):
    def of_reader(self, submission: Submission) -> Self:
        """That of the reader of a file: of a guest, else of its contact; one or none."""
        return self.filter(submission=submission, guest=submission.page_reader)

    def of_contact(self, submission: Submission) -> Self:
        """That of the contact of a file."""
        return self.filter(submission=submission, guest=None)

    def heard(self) -> Self:
        """Subscriptions in force: asked for, at an address that was confirmed, on a file that is not barred."""
        files = Submission.objects.confirmed().not_barred()
        return self.filter(submission__in=files, ended_at__isnull=True)

    def released(self) -> Self:
        """Those that may get e-mails: somebody has read the file, or a policy let it leave unread."""
        was_read = Q(submission__first_answered_at__isnull=False)
        unread = Q(submission__unread_by__isnull=False)
        return self.filter(was_read | unread | Q(submission__closed_at__isnull=False))


class Alert(models.Model):
    """A subscription of one contact to the changes of a result: what differs from ``told``, notified last."""

    class Frequency(models.TextChoices):
        IMMEDIATE = "immediate", _("dès qu’il y a du nouveau")
        WEEKLY = "weekly", _("une fois par semaine")
        MONTHLY = "monthly", _("une fois par mois")
        CLOSING = "closing", _("seulement quand un dispositif ferme, sans attendre")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="alerts")
    guest = models.OneToOneField(
        Guest,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="alert",
        verbose_name=_("contact invité"),
        help_text=_("Vide : celle du contact de la demande."),
    )
    frequency = models.CharField(_("rythme"), max_length=10, choices=Frequency, default=Frequency.IMMEDIATE)
    paused_until = models.DateField(_("en pause jusqu’au"), null=True, blank=True)
    asked_at = models.DateTimeField(_("demandée le"))
    ended_at = models.DateTimeField(_("arrêtée le"), null=True, blank=True)
    told = models.ForeignKey(Result, on_delete=models.RESTRICT, related_name="+")
    told_on = models.DateField(_("dernières nouvelles le"), help_text="The day of the last news, or of the request.")
    sent_on = models.DateField(_("dernier courriel le"), null=True, blank=True)
    # When and for which day it was compared last; what moved since is kept beside it (``VerdictMove``).
    checked_at = models.DateTimeField(_("comparée le"), null=True, blank=True)
    checked_on = models.DateField(null=True, blank=True)
    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alerte")
        verbose_name_plural = _("alertes")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["submission"], condition=Q(guest=None), name="alert_of_contact_once")
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.get_frequency_display()}"

    @property
    def address(self) -> str:
        """To whom it is written."""
        return self.guest.email if self.guest else self.submission.contact.email

    @property
    def topic(self) -> str:
        """What an address stops when it stops the alerts, without stopping what else is written about the file."""
        return ALERTS.format(about=self.submission.topic)


class Reminder(models.Model):
    """A closing date the firm was reminded of: once when there is just time to apply, once a week before."""

    class Stage(models.TextChoices):
        PREPARE = "prepare", _("le temps de préparer")
        LAST_WEEK = "last_week", _("dernière semaine")

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="reminders")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="+")
    closes_on = models.DateField(_("ferme le"))
    stage = models.CharField(max_length=10, choices=Stage)
    sent_on = models.DateField(_("rappelé le"))

    class Meta:
        verbose_name = _("rappel")
        verbose_name_plural = _("rappels")
        constraints = [models.UniqueConstraint(fields=["alert", "scheme", "closes_on", "stage"], name="reminder_once")]

    def __str__(self) -> str:
        return f"{self.scheme_id} {self.closes_on}"
