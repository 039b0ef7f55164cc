"""With which partners a file is shared: asked of its firm, agreed to, ended."""

from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Organisation, User
from backend.matchmaking.models.submissions import Submission


class PartnerShareQuerySet(models.QuerySet["PartnerShare"]):
    def standing(self) -> Self:
        """Asked or agreed to, and not ended."""
        return self.filter(ended_at__isnull=True)

    def live(self) -> Self:
        """Those by which a partner reads a file now: agreed to, while it is open and its address confirmed."""
        is_open = Q(submission__closed_at=None, submission__erased_at=None, submission__confirmed_at__isnull=False)
        return self.standing().filter(is_open, agreed_at__isnull=False)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """What somebody reads as one of a partner's people."""
        if not isinstance(user, User) or not user.posts.partners:
            return self.none()
        return self.live().filter(organisation__in=user.posts.partners)


class PartnerShare(models.Model):
    """A file that an officer shares with a partner: nobody there reads it before the firm agreed, or after the end."""

    class Ending(models.TextChoices):
        REFUSED = "refused", _("refusé par l’entreprise")
        WITHDRAWN = "withdrawn", _("arrêté par l’entreprise")
        OFFICER = "officer", _("arrêté par le développeur économique")
        CLOSED = "closed", _("terminé avec le dossier")
        ADDRESS = "address", _("terminé : l’adresse de l’entreprise a changé")
        COMPANY = "company", _("terminé : le SIREN a changé")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="partner_shares")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("partenaire")
    )
    message = models.TextField(_("mot au partenaire, que l’entreprise lit aussi"))
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposé par"))
    asked_at = models.DateTimeField(_("proposé le"))
    agreed_at = models.DateTimeField(_("accord donné le"), null=True, blank=True)
    begins_at = models.DateTimeField(_("lisible depuis le"), null=True, blank=True)
    first_read_at = models.DateTimeField(_("ouvert d’abord le"), null=True, blank=True)
    last_read_at = models.DateTimeField(_("ouvert en dernier le"), null=True, blank=True)
    agreed_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("accord recueilli de vive voix par"),
        help_text=_("Vide : l’entreprise l’a donné elle-même, sur sa page."),
    )
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    ending = models.CharField(_("comment"), max_length=9, choices=Ending, blank=True)
    objects = PartnerShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("partage avec un partenaire")
        verbose_name_plural = _("partages avec des partenaires")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "organisation"],
                condition=Q(ended_at=None),
                name="partner_share_once_until_ended",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by=None) | Q(agreed_at__isnull=False), name="partner_share_noted_says_when"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | (Q(ended_at__isnull=False) & ~Q(ending="")),
                name="partner_share_ended_says_how",
            ),
            models.CheckConstraint(
                condition=Q(agreed_at=None, begins_at=None) | Q(begins_at__gte=F("agreed_at")),
                name="partner_share_begins_once_agreed",
            ),
            models.CheckConstraint(
                condition=Q(first_read_at=None, last_read_at=None) | Q(last_read_at__gte=F("first_read_at")),
                name="partner_share_first_and_last_reading",
            ),
            models.CheckConstraint(condition=~Q(message=""), name="partner_share_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} – {self.organisation_id}"

    @property
    def key(self) -> str:
        """What an e-mail about this share names beside its file."""
        return f"partner:{self.pk}"

    @property
    def is_asked(self) -> bool:
        """Whether it waits for the firm's word."""
        return self.agreed_at is None and self.ended_at is None

    @property
    def is_live(self) -> bool:
        """Whether the partner reads the file now: see ``PartnerShareQuerySet.live``."""
        file = self.submission
        is_agreed = self.agreed_at is not None and self.ended_at is None
        return is_agreed and file.confirmed_at is not None and file.closed_at is None and file.erased_at is None
