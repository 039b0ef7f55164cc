"""Outgoing webhooks: which addresses of partners are told of what, and one row for each request owed to one of them.

A delivery is written with the change that it tells of and is sent later, as e-mails are (``notifications``). Nothing
personal is in it: what was published, and where to read it.
"""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Organisation, User

PER_SWEEP = 10  # to one endpoint; one that fails gets a request at a time, so that it holds no worker back


class EventType(models.TextChoices):
    """What can be told; the names are read by programs of others, and never change."""

    SCHEME_PUBLISHED = "scheme.published", _("une fiche est publiée")
    SCHEME_CHANGED = "scheme.changed", _("une fiche publiée change")
    SCHEME_ARCHIVED = "scheme.archived", _("une fiche publiée est retirée")
    TEST_PING = "test.ping", _("essai")


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def wanting(self, event: EventType) -> Self:
        """Endpoints that are to be told of events of a type."""
        return self.filter(state=Endpoint.State.ON, events__contains=[event])


class Endpoint(models.Model):
    """An address of a partner's program, the events it wants and the secret that signs what is sent to it."""

    EVENTS = (EventType.SCHEME_PUBLISHED, EventType.SCHEME_CHANGED, EventType.SCHEME_ARCHIVED)  # to choose from

    class State(models.TextChoices):
        ON = "on", _("en service")
        OFF = "off", _("arrêté")
        GONE = "gone", _("arrêté : l’adresse a répondu qu’elle n’existe plus (410)")
        FAILED = "failed", _("arrêté : un envoi a échoué trois jours de suite")

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="webhooks", verbose_name=_("partenaire")
    )
    url = models.CharField(_("adresse"), max_length=300)
    events = ArrayField(models.CharField(max_length=30, choices=EventType), verbose_name=_("événements"))
    # Encrypted: signing needs them as they are. The former one signs beside the new one until its moment has come.
    secret = models.TextField(editable=False)
    former_secret = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, editable=False)
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.ON)
    failing_since = models.DateTimeField(_("en échec depuis"), null=True, editable=False)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("ajouté par"))
    made_at = models.DateTimeField(_("ajouté le"))
    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["organisation__name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "url"], name="webhook_endpoint_once"),
            models.CheckConstraint(condition=Q(events__len__gt=0), name="webhook_endpoint_wants_something"),
            models.CheckConstraint(
                condition=Q(former_secret="", former_until=None)
                | (~Q(former_secret="") & Q(former_until__isnull=False)),
                name="webhook_former_secret_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} {self.url}"

    @property
    def is_on(self) -> bool:
        return self.state == self.State.ON

    @property
    def wanted(self) -> list[str]:
        """What it wants, in words."""
        return [str(EventType(event).label) for event in self.events]


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def deliverable(self, now: datetime, lease: timedelta) -> Self:
        """Due now, or claimed by a worker that must have died: its claim is older than the lease."""
        waiting = Q(state=Delivery.State.DUE, due_at__lte=now)
        abandoned = Q(state=Delivery.State.CLAIMED, claimed_at__lte=now - lease)
        return self.filter(waiting | abandoned, endpoint__state=Endpoint.State.ON)

    def in_turn(self) -> Self:
        """The oldest few of each endpoint; a single one of an endpoint that fails."""
        turn = Window(RowNumber(), partition_by="endpoint", order_by=("due_at", "pk"))
        at_once = Case(When(endpoint__failing_since=None, then=Value(PER_SWEEP)), default=Value(1))
        return self.annotate(turn=turn, at_once=at_once).filter(turn__lte=F("at_once"))


class Delivery(models.Model):
    """One event for one endpoint. ``webhook_id`` names the event: the same for all endpoints and all attempts."""

    class State(models.TextChoices):
        DUE = "due", _("à envoyer")
        CLAIMED = "claimed", _("en cours d’envoi")
        SENT = "sent", _("reçu")
        FAILED = "failed", _("abandonné")
        STOPPED = "stopped", _("arrêté avec l’adresse")

    class Failure(models.TextChoices):
        """Why no answer came: the reasons of ``common.fetching``, and two of ours."""

        BAD_URL = "bad_url", _("adresse qui ne peut pas servir")
        PRIVATE = "private", _("l’adresse mène à un réseau privé")
        DNS = "dns", _("nom de serveur introuvable")
        CONNECTION = "connection", _("connexion refusée ou coupée")
        TLS = "tls", _("certificat refusé")
        TIMEOUT = "timeout", _("pas de réponse à temps")
        PROTOCOL = "protocol", _("réponse illisible")
        SECRET = "secret", _("secret illisible : faites-en un nouveau")
        KILLED = "killed", _("envoi interrompu")

    ENDED = (State.SENT, State.FAILED, State.STOPPED)

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    webhook_id = models.CharField(max_length=40)
    event = models.CharField(_("événement"), max_length=30, choices=EventType)
    body = models.TextField(help_text="What is signed and sent, to the byte.")
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.DUE)
    attempt = models.PositiveSmallIntegerField(_("tentatives"), default=0)
    status = models.PositiveSmallIntegerField(_("réponse"), null=True, help_text="Of the last attempt, if any came.")
    error = models.CharField(_("échec"), max_length=20, choices=Failure, blank=True)
    occurred_at = models.DateTimeField(_("survenu le"))
    due_at = models.DateTimeField(_("à envoyer dès"))
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True)
    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-occurred_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "webhook_id"], name="webhook_delivery_once")]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["due", "claimed"]), name="webhook_delivery_deliverable"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.endpoint_id}"

    @property
    def is_over(self) -> bool:
        return self.state in self.ENDED
