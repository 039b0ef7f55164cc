"""Two sheets of ours of one scheme: one stays, the other one's address leads to it."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.schemes.models.changes import Counterpart
from backend.schemes.models.editing import Proposal
from backend.schemes.models.revisions import Revision
from backend.schemes.models.schemes import Scheme


class FusionQuerySet(models.QuerySet["Fusion"]):
    def waiting(self) -> Self:
        """Fusions that an approver has to decide on."""
        return self.filter(state=Fusion.State.PROPOSED)

    def done(self) -> Self:
        """Fusions in force: the address of one sheet leads to the other."""
        return self.filter(state=Fusion.State.DONE)

    def standing(self) -> Self:
        return self.filter(state__in=(Fusion.State.PROPOSED, Fusion.State.DONE))

    def readable(self) -> Self:
        return self.select_related(
            "gone__current__scheme", "stays__current__scheme", "proposed_by", "decided_by", "undone_by",
            "gone_revision", "stays_revision",
        )  # fmt: skip


class Fusion(models.Model):
    """One person proposes that a sheet of ours give way to another one; somebody else does it; it can be undone.

    ``followed`` are the proposals by which other sheets named the one that stays, ``moved`` the records of other sites
    that describe it since.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("à relire")
        DONE = "done", _("faite")
        REFUSED = "refused", _("refusée")
        WITHDRAWN = "withdrawn", _("retirée")
        UNDONE = "undone", _("défaite")

    gone = models.ForeignKey(
        Scheme, on_delete=models.PROTECT, related_name="fusions", verbose_name=_("fiche qui disparaît")
    )
    stays = models.ForeignKey(
        Scheme, on_delete=models.PROTECT, related_name="fusions_here", verbose_name=_("fiche qui reste")
    )
    gone_revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    stays_revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    why = models.TextField(_("pourquoi"))
    state = models.CharField(_("état"), max_length=9, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposée par"))
    proposed_at = models.DateTimeField(_("proposée le"))
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("décidée par")
    )
    decided_at = models.DateTimeField(_("décidée le"), null=True, blank=True)
    decision_comment = models.TextField(_("motif de la décision"), blank=True)
    undone_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("défaite par")
    )
    undone_at = models.DateTimeField(_("défaite le"), null=True, blank=True)
    undone_why = models.TextField(_("pourquoi elle est défaite"), blank=True)
    followed = models.ManyToManyField(Proposal, related_name="+", blank=True)
    moved = models.ManyToManyField(Counterpart, related_name="+", blank=True)
    objects = FusionQuerySet.as_manager()

    class Meta:
        verbose_name = _("fusion")
        verbose_name_plural = _("fusions")
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(gone=F("stays")), name="fusion_is_of_two_schemes"),
            models.CheckConstraint(condition=~Q(why=""), name="fusion_says_why"),
            models.UniqueConstraint(
                fields=["gone"], condition=Q(state__in=("proposed", "done")), name="fusion_one_at_a_time"
            ),
            models.CheckConstraint(
                name="fusion_state_is_told",
                condition=Q(state="proposed", decided_by=None, decided_at=None, undone_at=None)
                | Q(
                    state__in=("done", "withdrawn"), decided_by__isnull=False, decided_at__isnull=False, undone_at=None
                )
                | Q(state="refused", decided_by__isnull=False, decided_at__isnull=False, undone_at=None)
                & ~Q(decision_comment="")
                | Q(state="undone", decided_at__isnull=False, undone_by__isnull=False, undone_at__isnull=False)
                & ~Q(undone_why=""),
            ),
            models.CheckConstraint(
                name="fusion_done_by_another",
                condition=~Q(state__in=("done", "undone")) | ~Q(proposed_by=F("decided_by")),
                violation_error_message=_("Une fusion est faite par une autre personne que celle qui la propose."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gone} → {self.stays}"
