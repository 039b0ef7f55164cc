"""What people decided about a result."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.companies.models import Fact
from backend.matchmaking.models.endings import ENDINGS, has_ended
from backend.matchmaking.models.results import Match, Result
from backend.matchmaking.models.submissions import Submission
from backend.schemes.models import CatalogueTask, Scheme
from backend.territories.models import ServedEpci


class ReviewQuerySet(models.QuerySet["Review"]):
    def latest_by_scheme(self) -> dict[int, "Review"]:
        """The last decision on each scheme; the older ones stay as history."""
        return {review.scheme_id: review for review in self.with_what_it_names().order_by("decided_at", "pk")}

    def with_what_it_names(self) -> Self:
        return self.select_related("officer", "match__revision", "scheme__current", "alternative__current")

    def unexplained(self) -> Self:
        """Rejections for a reason that the list lacks: a lead reads them, and the list gets better."""
        return self.filter(verdict=Review.Verdict.REJECTED, reason=Review.Reason.OTHER)

    def standing(self) -> Self:
        """The last decision on each scheme of each file: nobody took it back or decided otherwise since."""
        rows = Review.objects.order_by("submission_id", "scheme_id", "-decided_at", "-pk")
        return self.filter(pk__in=rows.distinct("submission_id", "scheme_id").values("pk"))

    def labels(self) -> Self:
        """Decisions that say how useful a scheme was, for the ranking to learn from: ``useful`` is true or false.

        Rejections for a wrong fact, a date or a criterion say nothing of that.
        """
        useless = Q(verdict=Review.Verdict.REJECTED, reason__in=Review.USELESS)
        return self.filter(Q(verdict=Review.Verdict.KEPT) | useless).annotate(
            useful=models.Case(models.When(useless, then=False), default=True, output_field=models.BooleanField())
        )


class Review(models.Model):
    """A person's decision on a scheme for a submission. Rows are added, never rewritten; the last one counts."""

    class Verdict(models.TextChoices):
        KEPT = "kept", _("retenu")
        REJECTED = "rejected", _("écarté")
        # Until ADR 40, setting a scheme aside could send its file elsewhere; no review says so any more.
        REFERRED = "referred", _("transmis à une autre intercommunalité")
        WITHDRAWN = "withdrawn", _("avis retiré")

    class Reason(models.TextChoices):
        WRONG_CRITERION = "wrong_criterion", _("un critère du dispositif est faux")
        WRONG_FACT = "wrong_fact", _("un fait de l’entreprise est faux")
        ALREADY_HAS_IT = "already_has_it", _("l’entreprise l’a déjà")
        ASKED_AND_REFUSED = "asked_and_refused", _("déjà demandé, refusé")
        PROJECT_STARTED = "project_started", _("le projet est déjà commencé")
        DEADLINE_TOO_CLOSE = "deadline_too_close", _("la date limite est trop proche")
        NOT_WORTH_IT = "not_worth_it", _("le montant ne vaut pas la démarche")
        NOT_INTERESTED = "not_interested", _("l’entreprise n’en veut pas")
        BETTER_ALTERNATIVE = "better_alternative", _("un autre dispositif convient mieux")
        PARTNER_FIRST = "partner_first", _("il faut d’abord un partenaire")
        OTHER = "other", _("autre raison (à préciser)")

    # What old rows say and nobody may say any more: rows are never rewritten.
    RETIRED_REASONS = (("outside_perimeter", _("hors de mon périmètre")),)
    USELESS = (Reason.NOT_WORTH_IT, Reason.BETTER_ALTERNATIVE)

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="reviews")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="reviews")
    match = models.ForeignKey(
        Match, on_delete=models.RESTRICT, related_name="reviews", help_text="What the engine suggested to the officer."
    )
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews")
    verdict = models.CharField(_("avis"), max_length=10, choices=Verdict)
    reason = models.CharField(_("raison"), max_length=20, choices=[*Reason.choices, *RETIRED_REASONS], blank=True)
    comment = models.TextField(_("précision pour les collègues"), blank=True)
    message = models.TextField(_("mots pour l’entreprise"), blank=True)
    by_hand = models.BooleanField(
        _("ajouté à la main"), default=False, help_text="The scheme answered no stated need: the officer knew better."
    )
    decided_at = models.DateTimeField(_("décidé le"))
    # What the reason did, so that it can be seen, and undone with the verdict.
    task = models.ForeignKey(CatalogueTask, on_delete=models.RESTRICT, null=True, blank=True, related_name="reviews")
    fact = models.ForeignKey(Fact, on_delete=models.RESTRICT, null=True, blank=True, related_name="reviews")
    alternative = models.ForeignKey(
        Scheme, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("dispositif préféré")
    )
    partner = models.CharField(_("partenaire à trouver"), max_length=120, blank=True)
    rerouted_to = models.ForeignKey(
        ServedEpci,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("transmis à"),
    )
    because_of = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="consequences"
    )
    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("avis")
        verbose_name_plural = _("avis")
        ordering = ["-decided_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(verdict="rejected") | ~Q(reason=""),
                name="review_rejected_says_why",
                violation_error_message=_("Écarter un dispositif demande une raison."),
            ),
            models.CheckConstraint(
                condition=~Q(reason="other") | ~Q(comment=""),
                name="review_other_is_explained",
                violation_error_message=_("« Autre raison » demande une précision."),
            ),
            models.CheckConstraint(
                condition=~Q(reason="better_alternative") | Q(alternative__isnull=False),
                name="review_better_alternative_says_which",
                violation_error_message=_("« Un autre convient mieux » demande lequel."),
            ),
            models.CheckConstraint(
                condition=~Q(reason="partner_first") | ~Q(partner=""),
                name="review_partner_first_names_it",
                violation_error_message=_("« Il faut d’abord un partenaire » demande lequel."),
            ),
            models.CheckConstraint(condition=~Q(alternative=F("scheme")), name="review_alternative_is_another_scheme"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} {self.scheme_id}"

    @property
    def reason_for_firm(self) -> str:
        """Why, as the firm reads it; empty for what only words of one's own can say."""
        return str(REASONS_FOR_FIRM.get(self.reason, ""))

    @property
    def until(self) -> str:
        """How long its reason holds, in words; empty for a verdict without one."""
        return str(ENDINGS[self.reason].label) if self.reason else ""

    @property
    def is_withdrawn(self) -> bool:
        return self.verdict == self.Verdict.WITHDRAWN

    @property
    def is_decided(self) -> bool:
        """Whether it keeps or rejects, and still holds: a deadline that was too close does not once it reopens."""
        if self.verdict == self.Verdict.REJECTED:
            return not has_ended(self.reason, self.match.revision, self.scheme.current)
        return self.verdict == self.Verdict.KEPT


# What the firm reads of a reason: what concerns it, and nothing that colleagues tell each other.
REASONS_FOR_FIRM: dict[str, Any] = {
    Review.Reason.WRONG_CRITERION: _("un point de sa fiche est à vérifier"),
    Review.Reason.WRONG_FACT: _("une de vos réponses est à vérifier"),
    Review.Reason.ALREADY_HAS_IT: _("vous l’avez déjà"),
    Review.Reason.ASKED_AND_REFUSED: _("vous l’avez déjà demandé"),
    Review.Reason.PROJECT_STARTED: _("votre projet est déjà commencé"),
    Review.Reason.DEADLINE_TOO_CLOSE: _("la date limite est trop proche"),
    Review.Reason.NOT_WORTH_IT: _("le montant ne vaut pas la démarche"),
    Review.Reason.NOT_INTERESTED: _("vous ne le souhaitez pas"),
    Review.Reason.BETTER_ALTERNATIVE: _("un autre dispositif vous convient mieux"),
    Review.Reason.PARTNER_FIRST: _("il faut d’abord un partenaire"),
}


class ReviewEnd(models.Model):
    """An officer ended the review of a submission: what the firm was told, once."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="review_ends")
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    result = models.ForeignKey(Result, on_delete=models.RESTRICT, related_name="+")
    message = models.TextField(_("message à l’entreprise"), blank=True)
    ended_at = models.DateTimeField(_("terminée le"))
    # What it changed beside, given back where it is undone before its firm was told.
    took_file = models.BooleanField(_("a pris le dossier en charge"), default=False)
    told_before = models.ForeignKey(
        Result,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What a subscriber had been told of until then.",
    )

    class Meta:
        verbose_name = _("fin d’avis")
        verbose_name_plural = _("fins d’avis")
        ordering = ["-ended_at"]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.ended_at:%Y-%m-%d}"

    @property
    def follower(self) -> User:
        """Whom its firm calls: who follows the file now, else who read it."""
        return self.submission.officer_in_post or self.officer

    @property
    def email_key(self) -> str:
        """The key of the one e-mail that tells its firm."""
        return f"reviewed:{self.pk}"
