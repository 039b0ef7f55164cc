"""What a change of the catalogue does to every firm, taken in part by part: whoever dies, each part is done once."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from backend.matchmaking.models.submissions import Submission
from backend.schemes.models import Revision, Scheme


class RematchQuerySet(models.QuerySet["Rematch"]):
    def finished(self) -> Self:
        """Rematches of which no part is left, and that nobody has closed yet."""
        left = Shard.objects.waiting().filter(rematch=OuterRef("pk"))
        return self.filter(~Exists(left), done_at__isnull=True)


class Rematch(models.Model):
    """Schemes that changed, to be tried on every firm: what they say of it now beside what they said before."""

    on = models.DateField(help_text="Day of the service, in Paris: both sides are answered on it.")
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    objects = RematchQuerySet.as_manager()

    class Meta:
        verbose_name = _("reprise des correspondances")
        verbose_name_plural = _("reprises des correspondances")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.on}"


class SchemeChange(models.Model):
    """One scheme of a rematch: the revision firms were answered by, and the one in force; null is none."""

    rematch = models.ForeignKey(Rematch, on_delete=models.CASCADE, related_name="changes")
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="+")
    before = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, related_name="+")
    after = models.ForeignKey(Revision, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta:
        verbose_name = _("dispositif changé")
        verbose_name_plural = _("dispositifs changés")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["rematch", "scheme"], name="scheme_once_a_rematch")]

    def __str__(self) -> str:
        return f"{self.scheme_id} {self.before_id} {self.after_id}"


class ShardQuerySet(models.QuerySet["Shard"]):
    def waiting(self) -> Self:
        return self.filter(done_at__isnull=True)


class Shard(models.Model):
    """The firms of a rematch that one worker takes at once: the files from one number to another, both included."""

    rematch = models.ForeignKey(Rematch, on_delete=models.CASCADE, related_name="shards")
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()
    n_firms = models.PositiveIntegerField(null=True)
    done_at = models.DateTimeField(null=True)
    objects = ShardQuerySet.as_manager()

    class Meta:
        verbose_name = _("part d’une reprise")
        verbose_name_plural = _("parts d’une reprise")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["rematch", "first"], name="firms_once_a_rematch"),
            models.CheckConstraint(condition=Q(last__gte=models.F("first")), name="shard_holds_a_firm"),
        ]
        indexes = [models.Index(fields=["rematch"], name="shard_waiting", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.rematch_id} {self.first}-{self.last}"


class VerdictMoveQuerySet(models.QuerySet["VerdictMove"]):
    def unheard(self) -> Self:
        """Those that nobody has compared with what the firm was told."""
        return self.filter(heard_at__isnull=True)


class VerdictMove(models.Model):
    """What a changed scheme says of one firm that may have it, or might: not what it said before.

    The same verdict twice is there too, where the amount of the scheme, its dates or the needs it serves are others.
    """

    class Verdict(models.TextChoices):
        ELIGIBLE = "eligible", _("peut l’avoir")
        UNDECIDED = "undecided", _("à préciser")
        LATER = "later", _("pas encore ouvert")
        INELIGIBLE = "ineligible", _("ne peut pas l’avoir")
        ABSENT = "absent", _("absent du catalogue")

    change = models.ForeignKey(SchemeChange, on_delete=models.CASCADE, related_name="moves")
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="moves")
    before = models.CharField(max_length=10, choices=Verdict)
    after = models.CharField(max_length=10, choices=Verdict)
    heard_at = models.DateTimeField(null=True)
    objects = VerdictMoveQuerySet.as_manager()

    class Meta:
        verbose_name = _("verdict qui change")
        verbose_name_plural = _("verdicts qui changent")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["change", "submission"], name="verdict_moves_once")]
        indexes = [models.Index(fields=["submission"], name="move_unheard", condition=Q(heard_at=None))]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.before} → {self.after}"
