"""The outbox: one row for each e-mail owed. A row is written with the change that owes it, and is sent later.

It knows a recipient, a subject, a body and a key; nothing of matches. The text is rendered when it is owed, so that
the archive says what was true then. Its secret links are made when it is sent, and kept nowhere.
"""

from datetime import date, datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def active(self) -> Self:
        return self.filter(lifted_at__isnull=True)

    def dead(self) -> Self:
        return self.filter(reason=Suppression.Reason.DEAD)


class Suppression(models.Model):
    """An address that is not written to any more, named by a keyed digest."""

    class Reason(models.TextChoices):
        """Two of the ``Notification.Delivery``."""

        DEAD = "dead", _("l’adresse n’existe pas")
        COMPLAINED = "complained", _("courriel signalé comme indésirable")

    digest = models.CharField(max_length=64)
    reason = models.CharField(_("raison"), max_length=10, choices=Reason)
    detail = models.CharField(_("réponse du serveur"), max_length=300, blank=True)
    suppressed_at = models.DateTimeField(_("depuis le"))
    lifted_at = models.DateTimeField(_("levée le"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("levée par"),
    )
    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("adresse à qui l’on n’écrit plus")
        verbose_name_plural = _("adresses à qui l’on n’écrit plus")
        ordering = ["-suppressed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "reason"], condition=Q(lifted_at__isnull=True), name="suppression_once_per_address"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.suppressed_at:%Y-%m-%d}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def deliverable(self, now: datetime, lease: timedelta) -> Self:
        """Due now, or claimed by a worker that must have died: its claim is older than the lease."""
        waiting = Q(state=Notification.State.DUE, due_at__lte=now)
        abandoned = Q(state=Notification.State.CLAIMED, claimed_at__lte=now - lease)
        return self.filter(waiting | abandoned)

    def about(self, subject: str) -> Self:
        """E-mails that tell of something, such as ``submission:12``."""
        return self.filter(about__contains=[subject])


class Notification(models.Model):
    class State(models.TextChoices):
        DUE = "due", _("à envoyer")
        CLAIMED = "claimed", _("en cours d’envoi")
        SENT = "sent", _("envoyé")
        STOPPED = "stopped", _("arrêté par le destinataire")
        FAILED = "failed", _("abandonné")

    class Delivery(models.TextChoices):
        """What came back after sending; a server that accepts an e-mail says nothing of its arrival."""

        UNKNOWN = "unknown", _("pas de nouvelle")
        REFUSED = "refused", _("refusé")
        DEAD = "dead", _("adresse qui n’existe plus")
        COMPLAINED = "complained", _("signalé comme indésirable")

    kind = models.CharField(_("nature"), max_length=40)
    about = ArrayField(models.CharField(max_length=40), verbose_name=_("à propos de"), default=list, blank=True)
    dedupe_key = models.CharField(_("clé"), max_length=200, unique=True)
    recipient = models.EmailField(_("destinataire"))
    reply_to = models.EmailField(_("réponse à"), blank=True)
    subject = models.CharField(_("objet"), max_length=200)
    text = models.TextField(_("texte"))
    html = models.TextField(_("HTML"))
    links = models.JSONField(
        _("liens"), default=list, editable=False
    )  # what each mark of the text, then HTML, stands for
    message_id = models.CharField(max_length=120, unique=True)
    topic = models.CharField(_("sujet d’abonnement"), max_length=40, blank=True)
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.DUE)
    delivery = models.CharField(_("remise"), max_length=10, choices=Delivery, default=Delivery.UNKNOWN)
    suppression = models.ForeignKey(
        Suppression,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="notifications",
        verbose_name=_("adresse à qui l’on n’écrit plus"),
        help_text="What this e-mail proved, or what held it back.",
    )
    attempt = models.PositiveSmallIntegerField(_("tentative"), default=0)
    owed_at = models.DateTimeField(_("dû le"))
    # The turn it takes among those of its address and firm, where it takes one (``frequency_cap``).
    cap_firm = models.CharField(_("entreprise"), max_length=40, blank=True)
    cap_day = models.DateField(_("tour du"), null=True, blank=True)
    cap_first = models.BooleanField(_("passe devant"), default=False)
    due_at = models.DateTimeField(_("à envoyer dès"))
    claimed_at = models.DateTimeField(_("pris le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    error = models.CharField(_("dernière erreur"), max_length=300, blank=True)
    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-owed_at"]
        constraints = [
            models.UniqueConstraint("cap_firm", "cap_day", Lower("recipient"), name="one_capped_email_a_day"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["due", "claimed"]), name="notification_deliverable"
            ),
            GinIndex(fields=["about"], name="notification_about"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient}"


class Stop(models.Model):
    """An address that asked not to be written to any more about some topics."""

    address = models.EmailField(_("adresse"))
    topics = ArrayField(models.CharField(max_length=40), default=list)
    explained = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="The topics whose stop was given a reason; the reason is counted elsewhere, without the address.",
    )
    asked_at = models.DateTimeField(_("demandé le"))

    class Meta:
        verbose_name = _("arrêt demandé")
        verbose_name_plural = _("arrêts demandés")
        constraints = [models.UniqueConstraint(fields=["address"], name="stop_once_per_address")]

    def __str__(self) -> str:
        return self.address


class StopReasonQuerySet(models.QuerySet["StopReason"]):
    def count_one(self, *, month: date, list_name: str, reason: str) -> None:
        """Count one more reader of a list who stopped it for a reason."""
        row = {"month": month, "list_name": list_name, "reason": reason}
        self.bulk_create([StopReason(**row)], ignore_conflicts=True)
        self.filter(**row).update(n_stops=F("n_stops") + 1)


class StopReason(models.Model):
    """How many readers gave a reason after they stopped a list, by month: numbers, of nobody."""

    class Reason(models.TextChoices):
        TOO_MANY = "too_many", _("Trop de courriels")
        NOT_FOR_US = "not_for_us", _("Ils ne concernent pas mon entreprise")
        FOUND = "found", _("J’ai trouvé ce qu’il me faut")
        PROJECT_OVER = "project_over", _("Mon projet est terminé ou abandonné")
        OTHER = "other", _("Une autre raison")

    month = models.DateField(_("mois"), help_text="Its first day.")
    list_name = models.CharField(_("liste"), max_length=20, help_text="The first part of the topic, such as alerts.")
    reason = models.CharField(_("raison"), max_length=12, choices=Reason)
    n_stops = models.PositiveIntegerField(_("arrêts"), default=0)
    objects = StopReasonQuerySet.as_manager()

    class Meta:
        verbose_name = _("raison d’un arrêt")
        verbose_name_plural = _("raisons des arrêts")
        ordering = ["-month", "list_name", "reason"]
        constraints = [
            models.UniqueConstraint(fields=["month", "list_name", "reason"], name="stop_reason_of_a_month_once")
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.list_name} {self.reason} {self.n_stops}"
