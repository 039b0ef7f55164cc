"""What is known of each job: one row that holds how it stands, and one for each of its runs where they are few."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class JobState(models.Model):
    """How a job stands: its last success, what that did, and what went wrong since.

    A job that runs every few seconds changes this row and no other.
    """

    name = models.CharField(_("tâche"), primary_key=True, max_length=40)
    known_since = models.DateTimeField(_("connue depuis"), help_text="What a job that never ran is late from.")
    succeeded_at = models.DateTimeField(_("dernier succès"), null=True, blank=True)
    seconds = models.FloatField(_("durée (s)"), null=True, blank=True)
    n_looked_at = models.PositiveIntegerField(_("lignes regardées"), null=True, blank=True)
    n_changed = models.PositiveIntegerField(_("lignes changées"), null=True, blank=True)
    n_failures = models.PositiveIntegerField(_("échecs de suite"), default=0)
    failed_at = models.DateTimeField(_("dernier échec"), null=True, blank=True)
    error = models.CharField(_("dernière erreur"), max_length=500, blank=True)
    alarm_since = models.DateTimeField(_("en alarme depuis"), null=True, blank=True)
    told_on = models.DateField(_("alarme envoyée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("état d’une tâche")
        verbose_name_plural = _("états des tâches")
        constraints = [
            models.CheckConstraint(
                name="job_success_is_counted",
                condition=Q(succeeded_at=None, seconds=None, n_looked_at=None, n_changed=None)
                | Q(
                    succeeded_at__isnull=False,
                    seconds__isnull=False,
                    n_looked_at__isnull=False,
                    n_changed__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="job_failure_is_told",
                condition=Q(n_failures=0) | Q(n_failures__gt=0, failed_at__isnull=False) & ~Q(error=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def running(self) -> Self:
        """Begun and not ended, be it because its process was killed."""
        return self.filter(ended_at=None)

    def failed(self) -> Self:
        return self.exclude(error="")


class JobRun(models.Model):
    """One run of a job; of those that run every few seconds, only the first failure of a row of them."""

    name = models.CharField(_("tâche"), max_length=40)
    started_at = models.DateTimeField(_("commencée"))
    ended_at = models.DateTimeField(_("terminée"), null=True, blank=True)
    is_partial = models.BooleanField(
        _("partielle"), default=False, help_text="Asked for by hand on a part of the rows: no success of the job."
    )
    n_looked_at = models.PositiveIntegerField(_("lignes regardées"), default=0)
    n_changed = models.PositiveIntegerField(_("lignes changées"), default=0)
    error = models.CharField(_("erreur"), max_length=500, blank=True)
    objects = JobRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("passage d’une tâche")
        verbose_name_plural = _("passages des tâches")
        ordering = ["-started_at", "-pk"]
        indexes = [models.Index(fields=["name", "-started_at"], name="job_run_latest")]
        constraints = [
            models.CheckConstraint(name="job_run_starts_then_ends", condition=Q(started_at__lte=F("ended_at"))),
            models.CheckConstraint(name="job_run_error_ends_it", condition=Q(error="") | Q(ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.started_at:%Y-%m-%d %H:%M}"
