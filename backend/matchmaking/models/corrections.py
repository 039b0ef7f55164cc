"""What the firm and its officers said of what was understood."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.matchmaking.models.submissions import Submission
from backend.schemes.models import SubNeed


class NeedCorrectionQuerySet(models.QuerySet["NeedCorrection"]):
    def standing(self) -> Self:
        """Keep the last word on each sub-need of a file: an officer's unless it was taken back, or the firm's."""
        same = NeedCorrection.objects.filter(submission=OuterRef("submission"), sub_need=OuterRef("sub_need"))
        by_officer = same.filter(officer__isnull=False)
        later_officer, later_firm = (rows.filter(pk__gt=OuterRef("pk")) for rows in (by_officer, same))
        withdrawn = NeedCorrection.Change.WITHDRAWN
        last_by_officer = by_officer.order_by("-pk").values("change")[:1]
        told = self.exclude(change=withdrawn).annotate(by_officer=Subquery(last_by_officer))
        of_officers = Q(officer__isnull=False) & ~Exists(later_officer)
        of_firm = Q(officer__isnull=True) & ~Exists(later_firm.filter(officer__isnull=True))
        return told.filter(of_officers | of_firm & (Q(by_officer=None) | Q(by_officer=withdrawn)))


class NeedCorrection(models.Model):
    """Somebody said that a sub-need was misunderstood, or was missing. Append-only: another row takes it back."""

    class Change(models.TextChoices):
        ADDED = "added", _("ajouté")
        REMOVED = "removed", _("écarté")
        WITHDRAWN = "withdrawn", _("correction retirée")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="need_corrections")
    sub_need = models.ForeignKey(SubNeed, on_delete=models.PROTECT, related_name="+")
    change = models.CharField(_("correction"), max_length=10, choices=Change)
    was_ticked = models.BooleanField(
        default=False, help_text="The firm had ticked what is removed: taking it back ticks it again."
    )
    officer = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("par"),
        help_text="None: the firm.",
    )
    made_at = models.DateTimeField(_("le"))
    objects = NeedCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction d’un besoin")
        verbose_name_plural = _("corrections de besoins")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.sub_need_id} {self.get_change_display()}"


class PreferenceCorrectionQuerySet(models.QuerySet["PreferenceCorrection"]):
    def removed(self) -> set[str]:
        """Return the preferences that are taken away: the last word on each holds."""
        last = dict(self.order_by("pk").values_list("preference", "holds"))
        return {preference for preference, holds in last.items() if not holds}


class PreferenceCorrection(models.Model):
    """The firm took away a preference that its text was read to say, or puts it back. Append-only."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="preference_corrections")
    preference = models.CharField(max_length=20)
    holds = models.BooleanField()
    made_at = models.DateTimeField(_("le"))
    objects = PreferenceCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction d’une préférence")
        verbose_name_plural = _("corrections de préférences")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.preference} {self.holds}"
