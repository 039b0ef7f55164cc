"""Files that officers say are of one firm."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.companies.models import Company
from backend.matchmaking.models.submissions import Submission


class FileLinkQuerySet(models.QuerySet["FileLink"]):
    def standing(self) -> Self:
        """Links that nobody undid, agreed or only proposed."""
        return self.filter(undone_at__isnull=True)

    def agreed(self) -> Self:
        """Links that hold, while both files still name the firm that they were made for."""
        return self.standing().filter(
            agreed_at__isnull=False, first__sheet__company=F("company"), second__sheet__company=F("company")
        )

    def touching(self, *submissions: int) -> Self:
        return self.filter(Q(first__in=submissions) | Q(second__in=submissions))


class FileLink(models.Model):
    """Two files of one SIREN that officers want read together. It is not erased but undone, and says by whom."""

    class Kind(models.TextChoices):
        SAME_FIRM = "same_firm", _("même entreprise, même interlocuteur")
        COLLEAGUE = "colleague", _("un autre contact habilité")

    first = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="+")
    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, related_name="+", help_text="The link holds while both files name it."
    )
    kind = models.CharField(_("qui a déposé l’autre"), max_length=10, choices=Kind)
    proposed_for = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="+", help_text="Whose officer proposed it."
    )
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposé par"))
    proposed_at = models.DateTimeField(_("proposé le"))
    agreed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("accepté par")
    )
    agreed_at = models.DateTimeField(_("accepté le"), null=True, blank=True)
    undone_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("défait par")
    )
    undone_at = models.DateTimeField(_("défait le"), null=True, blank=True)
    objects = FileLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("lien entre demandes")
        verbose_name_plural = _("liens entre demandes")
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="file_link_of_two_in_order"),
            models.UniqueConstraint(
                fields=["first", "second"], condition=Q(undone_at=None), name="file_link_once_until_undone"
            ),
            models.CheckConstraint(
                condition=Q(proposed_for=F("first")) | Q(proposed_for=F("second")), name="file_link_proposed_for_one"
            ),
            models.CheckConstraint(
                condition=Q(agreed_at__isnull=True, agreed_by__isnull=True)
                | Q(agreed_at__isnull=False, agreed_by__isnull=False),
                name="file_link_agreed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="file_link_undone_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} – {self.second_id}"

    def other_than(self, submission: int) -> int:
        """Return the number of the file at the other end."""
        return self.second_id if self.first_id == submission else self.first_id
