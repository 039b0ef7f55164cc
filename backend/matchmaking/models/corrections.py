"""What officers corrected of what was understood."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.matchmaking.models.submissions import Submission
from backend.schemes.models import SubNeed


class NeedCorrectionQuerySet(models.QuerySet["NeedCorrection"]):
    def standing(self) -> Self:
        """Keep the last correction of each sub-need of a submission, unless it was taken back."""
        later = NeedCorrection.objects.filter(
            submission=OuterRef("submission"), sub_need=OuterRef("sub_need"), pk__gt=OuterRef("pk")
        )
        return self.exclude(Exists(later) | Q(change=NeedCorrection.Change.WITHDRAWN))


class NeedCorrection(models.Model):
    """An officer said that a sub-need was misunderstood, or was missing. Append-only: another row takes it back."""

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
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("par"))
    made_at = models.DateTimeField(_("le"))
    objects = NeedCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction d’un besoin")
        verbose_name_plural = _("corrections de besoins")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.sub_need_id} {self.get_change_display()}"
