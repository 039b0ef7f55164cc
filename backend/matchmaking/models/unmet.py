"""What firms need and nothing answers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.matchmaking.models.submissions import Submission
from backend.schemes.models import SubNeed


class UnmetNeed(models.Model):
    """A need of a submission that no scheme answers for its firm, as the last result found; gone once one does.

    It holds neither the firm nor its words, and goes with the submission.
    """

    class Reason(models.TextChoices):
        NO_SCHEME = "no_scheme", _("aucun dispositif n’y répond")
        NONE_OPEN = "none_open", _("aucun n’est ouvert aujourd’hui")
        NONE_FOR_FIRM = "none_for_firm", _("aucun n’accepte l’entreprise")
        NOT_UNDERSTOOD = "not_understood", _("demande non comprise")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="unmet_needs")
    sub_need = models.ForeignKey(
        SubNeed,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sous-besoin"),
        help_text="None: the words were not understood.",
    )
    reason = models.CharField(_("pourquoi"), max_length=15, choices=Reason)
    blocking = models.CharField(
        max_length=30, blank=True, help_text="Kind of the criterion that excludes the firm from most of the schemes."
    )
    since = models.DateField(_("depuis le"))

    class Meta:
        verbose_name = _("besoin sans réponse")
        verbose_name_plural = _("besoins sans réponse")
        ordering = ["since", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "sub_need"], nulls_distinct=False, name="unmet_need_once"),
            models.CheckConstraint(
                condition=Q(sub_need=None, reason="not_understood")
                | (Q(sub_need__isnull=False) & ~Q(reason="not_understood")),
                name="unmet_need_is_understood_or_not",
            ),
            models.CheckConstraint(
                condition=Q(blocking="") | Q(reason="none_for_firm"), name="unmet_need_blocks_the_firm"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sub_need_id or 'non compris'} ({self.get_reason_display()})"
