"""What happened to a file as a whole: it was closed, why and by whom, and opened again."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.matchmaking.models.submissions import Submission


class FileEvent(models.Model):
    """One closing or reopening of a file. Rows are added, never rewritten; the file itself says where it stands."""

    class Kind(models.TextChoices):
        CLOSED = "closed", _("close")
        REOPENED = "reopened", _("rouverte")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="file_events")
    kind = models.CharField(_("ce qui s’est passé"), max_length=8, choices=Kind)
    reason = models.CharField(_("raison"), max_length=12, choices=Submission.Closing, blank=True)
    actor = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("par"),
        help_text=_("Vide : l’entreprise, ou le service pour ce qu’il clôt de lui-même."),
    )
    note = models.CharField(_("mot à l’entreprise"), max_length=500, blank=True)
    recorded_at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("clôture ou réouverture")
        verbose_name_plural = _("clôtures et réouvertures")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="closed") & ~Q(reason="") | Q(kind="reopened", reason="", note=""),
                name="file_event_closed_says_why",
            ),
            models.CheckConstraint(
                condition=Q(note="") | Q(actor__isnull=False), name="file_event_note_is_of_a_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.get_kind_display()}"

    @property
    def who(self) -> str:
        """Name who did it."""
        by_itself = (Submission.Closing.ENDED, Submission.Closing.SILENCE)
        return str(self.actor or (_("le service") if self.reason in by_itself else _("l’entreprise")))
