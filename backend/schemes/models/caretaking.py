"""Who looks after the sheets of the territory, when they were asked whether these are right, and what they said."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.schemes.models.schemes import Scheme


class SheetOwner(models.Model):
    """Somebody without an account who looks after sheets: an address, kept for as long as one names it."""

    email = models.EmailField(_("adresse électronique"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("ajoutée par"))
    added_at = models.DateTimeField(_("ajoutée le"))

    class Meta:
        verbose_name = _("porteur sans compte")
        verbose_name_plural = _("porteurs sans compte")
        constraints = [models.UniqueConstraint(Lower("email"), name="sheet_owner_once")]

    def __str__(self) -> str:
        return self.email


class Caretaker(models.Model):
    """Who was named to look after a sheet: an account, or an address."""

    scheme = models.OneToOneField(
        Scheme, on_delete=models.CASCADE, related_name="caretaker", verbose_name=_("dispositif")
    )
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="sheets", verbose_name=_("compte")
    )
    owner = models.ForeignKey(
        SheetOwner, on_delete=models.CASCADE, null=True, blank=True, related_name="sheets", verbose_name=_("adresse")
    )
    named_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("nommé par"))
    named_at = models.DateTimeField(_("nommé le"))

    class Meta:
        verbose_name = _("suivi d’une fiche")
        verbose_name_plural = _("suivis des fiches")
        constraints = [
            models.CheckConstraint(
                name="caretaker_is_an_account_or_an_address",
                condition=Q(user__isnull=False, owner=None) | Q(user=None, owner__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.scheme} : {self.user or self.owner}"


class SheetEnquiryQuerySet(models.QuerySet["SheetEnquiry"]):
    def untold(self) -> Self:
        """Those of which no lead was told that they stayed unanswered."""
        return self.filter(told_on=None)


class SheetEnquiry(models.Model):
    """That somebody was asked about all their sheets on a day; ``told_on`` is when their silence was looked at."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(SheetOwner, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    asked_on = models.DateField(_("demandé le"))
    asked = ArrayField(models.BigIntegerField(), default=list, blank=True, help_text="The keys of the schemes.")
    told_on = models.DateField(_("silence signalé le"), null=True, blank=True)
    objects = SheetEnquiryQuerySet.as_manager()

    class Meta:
        verbose_name = _("question sur des fiches")
        verbose_name_plural = _("questions sur des fiches")
        ordering = ["-asked_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="sheet_enquiry_is_to_an_account_or_an_address",
                condition=Q(user__isnull=False, owner=None) | Q(user=None, owner__isnull=False),
            ),
            models.UniqueConstraint(
                name="sheet_enquiry_once_a_day", fields=["user", "owner", "asked_on"], nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.owner} {self.asked_on}"


class SheetAnswer(models.Model):
    """What was said of a sheet on a day. Never rewritten; the address of who has no account is not kept here."""

    class Says(models.TextChoices):
        TRUE = "true", _("toujours juste")
        CHANGED = "changed", _("a changé")
        GONE = "gone", _("n’existe plus")

    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="answers", verbose_name=_("dispositif"))
    says = models.CharField(_("réponse"), max_length=7, choices=Says)
    words = models.CharField(_("ce qui a changé"), max_length=1000, blank=True)
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("dite par")
    )
    takes_back = models.OneToOneField(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="taken_back_by",
        verbose_name=_("reprend"),
        help_text="The answer that the scheme is gone, where this one says that it is not.",
    )
    on = models.DateField(_("dite le"))
    given_at = models.DateTimeField(_("enregistrée le"))

    class Meta:
        verbose_name = _("réponse sur une fiche")
        verbose_name_plural = _("réponses sur les fiches")
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="sheet_answer_changed_says_what", condition=~Q(says="changed") | ~Q(words="")),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} : {self.get_says_display()}"
