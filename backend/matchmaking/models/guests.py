"""The other contacts of a file: whom its contact invited, and what each may do there (ADR 54)."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from backend.matchmaking.models.submissions import Submission


class GuestQuerySet(models.QuerySet["Guest"]):
    def in_force(self) -> Self:
        """Those who accepted and did not leave, on a file of which nobody found that its author is not entitled."""
        files = Submission.objects.proven()
        return self.filter(accepted_at__isnull=False, left_at=None, submission__in=files)

    def of_address(self, email: str) -> Self:
        """What an address was invited to and accepted."""
        return self.in_force().filter(email__iexact=email)

    def awaited(self) -> Self:
        """Invited, and without an answer."""
        return self.filter(accepted_at=None, left_at=None)


class Guest(models.Model):
    """An address that may open a file beside the one that filed it. It is no author: it joins no file with another."""

    PREFIX = "guest:"  # of what names a guest in a secret link and in an e-mail

    class Right(models.TextChoices):
        """Each may do what those before it may."""

        READ = "read", _("lire")
        ANSWER = "answer", _("lire et répondre")
        MANAGE = "manage", _("tout faire : répondre, inviter, fermer, effacer")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="guests")
    email = models.EmailField(_("adresse électronique"))
    right = models.CharField(_("droit"), max_length=6, choices=Right)
    invited_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("invité par"),
        help_text=_("Vide : le contact de la demande, ou un contact retiré depuis."),
    )
    invited_at = models.DateTimeField(_("invité le"))
    accepted_at = models.DateTimeField(_("accepté le"), null=True, blank=True)
    left_at = models.DateTimeField(_("refusé ou quitté le"), null=True, blank=True)
    objects = GuestQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact invité")
        verbose_name_plural = _("contacts invités")
        ordering = ["invited_at", "pk"]
        constraints = [
            models.UniqueConstraint("submission", Lower("email"), name="guest_once_per_file"),
            # Addresses are compared without their case, and outside ASCII the case of one letter is that of another.
            models.CheckConstraint(condition=Q(email__regex=r"^[!-~]+$"), name="guest_email_is_ascii"),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(accepted_at__gte=F("invited_at")), name="guest_invited_then_accepted"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def key(self) -> str:
        """What names this guest in a secret link and in an e-mail."""
        return f"{self.PREFIX}{self.pk}"

    def may(self, right: "Guest.Right | None") -> bool:
        """Tell whether a guest has a right; ``None`` is what the contact of the file alone has."""
        rights = list(Guest.Right)
        return right is not None and rights.index(right) <= rights.index(Guest.Right(self.right))
