"""Pages of other sites that our published sheets name: how they answered last, and each day."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    """What asking for a page gave."""

    OK = "ok", _("répond")
    MOVED = "moved", _("a déménagé pour toujours")
    NOT_FOUND = "not_found", _("introuvable")
    SOFT_NOT_FOUND = "soft_not_found", _("dit être introuvable")
    HOME = "home", _("renvoie à l’accueil")
    EMPTY = "empty", _("presque vide")
    REFUSED = "refused", _("nous refuse")
    ERROR = "error", _("en erreur")
    TIMEOUT = "timeout", _("trop lente")
    REDIRECTS = "redirects", _("tourne en rond")
    TLS = "tls", _("certificat non valable")
    DNS = "dns", _("nom inconnu")
    CONNECTION = "connection", _("connexion refusée")
    PROTOCOL = "protocol", _("réponse illisible")
    PRIVATE = "private", _("adresse non publique")
    BAD_URL = "bad_url", _("adresse mal formée")


ANSWERS = (Outcome.OK, Outcome.MOVED)


class PageQuerySet(models.QuerySet["Page"]):
    def failing(self) -> Self:
        return self.filter(failing_since__isnull=False)

    def oldest_first(self) -> Self:
        """Those that were never looked at, then those that wait the longest."""
        return self.order_by(models.F("checked_on").asc(nulls_first=True), "pk")


class Page(models.Model):
    """One address that published sheets name, with what it said when an editor could last rely on it.

    ``reading`` is what its text came down to when it was accepted, ``next_reading`` something else that was seen
    once: a change counts when two days agree.
    """

    url = models.CharField(_("adresse"), max_length=500, unique=True)
    checked_on = models.DateField(_("contrôlée le"), null=True, blank=True)
    outcome = models.CharField(_("résultat"), max_length=16, choices=Outcome, blank=True)
    sentence = models.CharField(_("en clair"), max_length=300, blank=True)
    status = models.PositiveSmallIntegerField(_("code HTTP"), null=True, blank=True)
    failing_since = models.DateField(_("en échec depuis le"), null=True, blank=True)
    moved_to = models.TextField(_("nouvelle adresse"), blank=True)
    reading = models.JSONField(null=True, blank=True)
    seen_on = models.DateField(_("texte vu pour la dernière fois le"), null=True, blank=True)
    next_reading = models.JSONField(null=True, blank=True)
    next_seen_on = models.DateField(_("autre texte vu le"), null=True, blank=True)
    objects = PageQuerySet.as_manager()

    class Meta:
        verbose_name = _("adresse contrôlée")
        verbose_name_plural = _("adresses contrôlées")
        ordering = ["url"]
        constraints = [
            models.CheckConstraint(
                name="page_outcome_is_dated",
                condition=Q(checked_on=None, outcome="") | Q(checked_on__isnull=False) & ~Q(outcome=""),
            ),
            models.CheckConstraint(
                name="page_fails_or_answers",
                condition=Q(failing_since=None, outcome__in=["", *ANSWERS])
                | Q(failing_since__isnull=False) & ~Q(outcome__in=["", *ANSWERS]),
            ),
        ]

    def __str__(self) -> str:
        return self.url

    def n_days_failing(self, on: date) -> int:
        """On how many days it was asked for and failed, since it last answered; several times in a day are one."""
        if self.failing_since is None:
            return 0
        return self.checks.filter(on__gte=self.failing_since, on__lte=on).exclude(outcome__in=ANSWERS).count()


class Quote(models.Model):
    """A sentence that a published sheet quotes from a page, by its digest: whether the page says it.

    ``stood`` is whether it was ever there, on the first live reading or since; ``missing_on`` the first day on which
    it was not any more, ``changed_on`` the next one, which makes it a change.
    """

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="quotes", verbose_name=_("adresse"))
    digest = models.CharField(max_length=64)
    first_on = models.DateField(_("cherchée la première fois le"))
    stood = models.BooleanField(_("y était"))
    missing_on = models.DateField(_("n’y est plus depuis le"), null=True, blank=True)
    changed_on = models.DateField(_("changement constaté le"), null=True, blank=True)

    class Meta:
        verbose_name = _("phrase citée")
        verbose_name_plural = _("phrases citées")
        constraints = [
            models.UniqueConstraint(name="quote_once_a_page", fields=["page", "digest"]),
            models.CheckConstraint(
                name="quote_stood_then_missing_then_changed",
                condition=Q(missing_on=None, changed_on=None)
                | Q(stood=True, missing_on__isnull=False, changed_on=None)
                | Q(stood=True, changed_on__gt=F("missing_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.page} {self.digest[:8]}"


class PageCheck(models.Model):
    """How a page answered on a day; the last time, where it was asked for several times."""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="checks", verbose_name=_("adresse"))
    on = models.DateField(_("le"))
    outcome = models.CharField(_("résultat"), max_length=16, choices=Outcome)
    sentence = models.CharField(_("en clair"), max_length=300, blank=True)
    status = models.PositiveSmallIntegerField(_("code HTTP"), null=True, blank=True)
    moved_to = models.TextField(_("nouvelle adresse"), blank=True)

    class Meta:
        verbose_name = _("contrôle d’une adresse")
        verbose_name_plural = _("contrôles d’une adresse")
        ordering = ["-on"]
        constraints = [models.UniqueConstraint(fields=["page", "on"], name="page_check_once_a_day")]

    def __str__(self) -> str:
        return f"{self.on} : {self.get_outcome_display()}"
