"""What a firm is asked once its file is closed: whether the service helped, and later what came of its schemes."""

from datetime import date
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.matchmaking.models.submissions import Submission
from backend.notifications.kinds import SURVEYS


class SurveyQuerySet(models.QuerySet["Survey"]):
    def outcomes(self) -> Self:
        """Questions on what came of schemes."""
        return self.exclude(kind=Survey.Kind.SATISFACTION)

    def unanswered_since(self, day: date) -> Self:
        """Questions on what came of schemes, asked by then and not answered, of which no officer was told."""
        return self.outcomes().filter(asked_on__lte=day, answered_at__isnull=True, handed_on__isnull=True)


class Survey(models.Model):
    """One question to a firm, asked once by e-mail. What it says of schemes are events of these schemes."""

    class Kind(models.TextChoices):
        SATISFACTION = "satisfaction", _("le service a-t-il été utile ?")
        SIX_MONTHS = "6_months", _("que sont devenus les dispositifs ? (6 mois)")
        TWELVE_MONTHS = "12_months", _("que sont devenus les dispositifs ? (12 mois)")

    class Grade(models.TextChoices):
        YES = "yes", _("oui")
        PARTLY = "partly", _("en partie")
        NO = "no", _("non")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="surveys")
    kind = models.CharField(_("question"), max_length=12, choices=Kind)
    asked_on = models.DateField(_("posée le"))
    answered_at = models.DateTimeField(_("répondue le"), null=True, blank=True)
    grade = models.CharField(_("utile"), max_length=6, choices=Grade, blank=True)
    comment = models.CharField(_("un mot"), max_length=500, blank=True)
    still_waiting = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        verbose_name=_("encore en attente"),
        help_text="Schemes asked for before, of which the firm says that it waits: that is no event of theirs.",
    )
    handed_on = models.DateField(
        _("confiée le"), null=True, blank=True, help_text="The day on which its officers were left to ask."
    )
    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = _("question à l’entreprise")
        verbose_name_plural = _("questions aux entreprises")
        ordering = ["-asked_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "kind"], name="survey_once"),
            models.CheckConstraint(
                condition=Q(grade="", comment="") | Q(kind="satisfaction", answered_at__isnull=False) & ~Q(grade=""),
                name="survey_grade_is_an_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.kind}"

    @property
    def topic(self) -> str:
        """What the firm stops when it stops these questions."""
        return SURVEYS.format(about=self.submission.topic)
