"""Firms: the legal unit (SIREN), its sites (SIRET), the people to call, and facts that say where they come from."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User


class Company(models.Model):
    siren = models.CharField(_("SIREN"), max_length=9, unique=True)

    class Meta:
        verbose_name = _("entreprise")
        verbose_name_plural = _("entreprises")

    def __str__(self) -> str:
        return self.siren


class Establishment(models.Model):
    """A site. Aid, zoning and the officer in charge depend on the site, not on the head office."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="establishments")
    siret = models.CharField(_("SIRET"), max_length=14, unique=True)

    class Meta:
        verbose_name = _("établissement")
        verbose_name_plural = _("établissements")

    def __str__(self) -> str:
        return self.siret


class Contact(models.Model):
    """The person to call, as that person wrote it."""

    name = models.CharField(_("nom"), max_length=120)
    email = models.EmailField(_("adresse électronique"))
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")

    def __str__(self) -> str:
        return self.name


class FactSheet(models.Model):
    """What is known of a firm and its project, fact by fact; a newer row of a fact replaces the older one."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, blank=True, related_name="sheets")
    establishment = models.ForeignKey(
        Establishment, on_delete=models.PROTECT, null=True, blank=True, related_name="sheets"
    )
    name = models.CharField(_("nom de l’entreprise"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("fiche de faits")
        verbose_name_plural = _("fiches de faits")

    def __str__(self) -> str:
        return self.name or str(self.establishment or self.company or self.pk)

    def current(self) -> dict[str, "Fact"]:
        """Return the newest row of each fact, by name; one that was taken back is left out."""
        newest = {fact.name: fact for fact in self.facts.order_by("recorded_at", "pk")}
        return {name: fact for name, fact in newest.items() if fact.value is not None}

    def values(self) -> dict[str, Any]:
        return {name: fact.value for name, fact in self.current().items()}


class FactQuerySet(models.QuerySet["Fact"]):
    def answers(self) -> Self:
        """Answers to the conditions that only a person can check."""
        return self.filter(name__startswith=Fact.ANSWER)


class Fact(models.Model):
    """One value, who said it and when. Never rewritten: a correction is another row; ``null`` takes a fact back."""

    ANSWER = "answer:"  # then the name of a condition that only a person can check
    SCHEME = "scheme:"  # then the key of a scheme, with its source: whether the firm has it

    class Origin(models.TextChoices):
        DECLARED = "declared", _("déclaré par l’entreprise")
        REGISTER = "register", _("registre des entreprises")
        OFFICER = "officer", _("saisi par le développeur")
        DEDUCED = "deduced", _("déduit d’une autre réponse")

    sheet = models.ForeignKey(FactSheet, on_delete=models.CASCADE, related_name="facts")
    name = models.CharField(max_length=80)
    value = models.JSONField(null=True)
    origin = models.CharField(max_length=10, choices=Origin)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()
    recorded_on = models.DateField(help_text="Day of the service, in Paris.")
    objects = FactQuerySet.as_manager()

    class Meta:
        verbose_name = _("fait")
        verbose_name_plural = _("faits")
        indexes = [models.Index(fields=["sheet", "name"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(origin="officer") | Q(author__isnull=False), name="fact_of_an_officer_names_them"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"
