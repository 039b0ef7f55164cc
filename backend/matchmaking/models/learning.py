"""What the ranking learnt from officers' decisions, one version at a time, and who took it into use."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User


class RankerQuerySet(models.QuerySet["Ranker"]):
    def candidates(self) -> Self:
        return self.filter(state=Ranker.State.CANDIDATE)

    def adopted(self) -> Self:
        return self.filter(state=Ranker.State.ADOPTED)


class Ranker(models.Model):
    """Points learnt beside those of one version of the rules, with the comparison that a person adopts it by."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", _("à examiner")
        ADOPTED = "adopted", _("en service")
        RETIRED = "retired", _("retirée")

    weights = models.ForeignKey("WeightSet", on_delete=models.PROTECT, related_name="+")
    points = models.JSONField(_("points appris"))
    means = models.JSONField(_("parts moyennes"))
    bound = models.FloatField(_("correction la plus forte"))
    counts = models.JSONField(_("avis utilisés"), help_text="decisions, files, officers, rarer_answer.")
    champion = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What was in use; empty: the rules alone.",
    )
    comparison = models.JSONField(_("comparaison"), help_text="On the files that were held out.")
    fairness = models.JSONField(_("équité"), help_text="What each group of firms sees, before and after.")
    trained_at = models.DateTimeField(_("apprise le"))
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.CANDIDATE)
    adopted_at = models.DateTimeField(_("mise en service le"), null=True, blank=True)
    adopted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    retired_at = models.DateTimeField(_("retirée le"), null=True, blank=True)
    retired_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: a newer one took its place.",
    )
    objects = RankerQuerySet.as_manager()

    class Meta:
        verbose_name = _("classement appris")
        verbose_name_plural = _("classements appris")
        ordering = ["-trained_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="adopted"), name="ranker_one_adopted"),
            models.CheckConstraint(
                condition=~Q(state="adopted") | Q(adopted_at__isnull=False, adopted_by__isnull=False),
                name="ranker_adopted_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(state="retired", retired_at__isnull=False)
                | (~Q(state="retired") & Q(retired_at__isnull=True)),
                name="ranker_retired_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trained_at:%Y-%m-%d} {self.get_state_display()}"

    @property
    def is_better(self) -> bool:
        """Whether it surely orders the files held out better than what is in use: with 95 % of confidence."""
        difference = self.comparison["difference"]
        return difference is not None and difference[1] > 0
