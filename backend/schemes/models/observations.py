"""What was seen of the window of a scheme: on which page, on which day, and what it said. Added, never rewritten."""

from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.schemes.models.parts import Tier
from backend.schemes.models.revisions import Revision
from backend.schemes.models.schemes import Scheme


class WindowObservationQuerySet(models.QuerySet["WindowObservation"]):
    def in_order(self) -> Self:
        """The newest page first; undated ones last, since they tell nothing of a day."""
        return self.order_by(F("day").desc(nulls_last=True), "-pk")

    def standing(self) -> Self:
        """Those that nobody took back: of an answer, who gave it may."""
        return self.filter(answer__taken_back_by=None)


class WindowObservation(models.Model):
    """One page that spoke of a window. An undated one is kept and proves nothing."""

    class Says(models.TextChoices):
        OPEN = "open", _("ouvert")
        DATED = "dated", _("ouvert entre deux dates")
        CLOSED = "closed", _("fermé")
        SUSPENDED = "suspended", _("suspendu")
        EXHAUSTED = "exhausted", _("enveloppe épuisée")

    scheme = models.ForeignKey(
        Scheme, on_delete=models.CASCADE, related_name="observations", verbose_name=_("dispositif")
    )
    url = models.URLField(_("adresse de la page"), max_length=500)
    site = models.CharField(_("site"), max_length=120, help_text=_("Comme les entreprises le liront : « Bpifrance »."))
    tier = models.CharField(_("qui parle"), max_length=8, choices=Tier)
    day = models.DateField(
        _("jour dont elle parle"),
        null=True,
        blank=True,
        help_text=_("Celui que la page porte, jamais celui où on l’a lue ; vide si elle n’en porte pas."),
    )
    says = models.CharField(_("ce qu’elle dit"), max_length=9, choices=Says)
    opens_on = models.DateField(_("ouvre le"), null=True, blank=True)
    closes_on = models.DateField(_("ferme le"), null=True, blank=True)
    note = models.CharField(_("dans nos mots"), max_length=300, blank=True)
    read_on = models.DateField(_("lue le"))
    added_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ajoutée par")
    )
    record = models.ForeignKey(
        Revision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("fiche importée"),
        help_text="The version of the linked record that says it, where an import added it.",
    )
    answer = models.ForeignKey(
        "schemes.SheetAnswer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("réponse de qui suit la fiche"),
    )
    added_at = models.DateTimeField(_("ajoutée le"))
    objects = WindowObservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("constat d’ouverture")
        verbose_name_plural = _("constats d’ouverture")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="window_observation_once",
                fields=["scheme", "url", "day", "says", "opens_on", "closes_on", "answer"],
                nulls_distinct=False,
                violation_error_message=_("Ce constat est déjà dans la fiche."),
            ),
            models.CheckConstraint(
                name="window_observation_dated_has_an_end",
                condition=Q(says="dated", closes_on__isnull=False)
                | ~Q(says="dated") & Q(opens_on=None, closes_on=None),
                violation_error_message=_("« Entre deux dates » demande la date de fermeture, et ne va qu’avec elle."),
            ),
            models.CheckConstraint(
                name="window_observation_opens_then_closes",
                condition=Q(opens_on__lte=F("closes_on")),
                violation_error_message=_("La fermeture est avant l’ouverture."),
            ),
            models.CheckConstraint(
                name="window_observation_day_before_reading",
                condition=Q(day__lte=F("read_on")),
                violation_error_message=_("Une page ne parle pas d’un jour après celui où on l’a lue."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} : {self.get_says_display()}"

    def clean(self) -> None:
        """Refuse another sheet than ours: what other sites say of theirs is in their records."""
        if self.scheme_id and self.scheme.source != Scheme.OWN:
            raise ValidationError("Un constat porte sur une fiche de notre catalogue, pas sur une fiche importée.")

    @property
    def is_of_file(self) -> bool:
        """Whether it comes from a file that people review in a diff."""
        return self.record_id is None and self.added_by_id is None and self.answer_id is None

    @property
    def adder(self) -> str:
        """Who or what added it."""
        if self.record_id is not None:
            return "import"
        return str(self.added_by or ("qui suit la fiche" if self.answer_id else "fichier du catalogue"))
