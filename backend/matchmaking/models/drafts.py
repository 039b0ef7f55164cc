"""What a contact that filed before types for its next request."""

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.matchmaking.models.submissions import Submission


class SavedDraftQuerySet(models.QuerySet["SavedDraft"]):
    def of_address(self, email: str) -> Self:
        """Begun by an address from a request that is still its own."""
        return self.standing().filter(address__iexact=email)

    def standing(self) -> Self:
        """Begun from a request that is still its address's own."""
        own = Q(address__iexact=F("submission__contact__email"))
        return self.filter(own, submission__in=Submission.objects.proven())


class SavedDraft(models.Model):
    """A request that a contact has begun and not filed, kept with no session: it ends by itself."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False, help_text="Of the filing that ends it.")
    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="+", verbose_name=_("commencée depuis la demande")
    )
    address = models.EmailField(_("adresse électronique"), help_text="That opened the space where it was begun.")
    content = models.JSONField(_("contenu"), help_text="Fields of the drafts of web: steps as they were typed.")
    begun_at = models.DateTimeField(_("commencée le"))
    touched_at = models.DateTimeField(_("dernière saisie le"))
    objects = SavedDraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("demande commencée")
        verbose_name_plural = _("demandes commencées")
        ordering = ["-touched_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="saved_draft_begun_then_touched", condition=Q(touched_at__gte=F("begun_at")))
        ]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.begun_at:%Y-%m-%d}"

    @property
    def text(self) -> str:
        """The need in its own words, as far as it was typed."""
        return " ".join(self.content.get("steps", {}).get("besoin", {}).get("text", []))
