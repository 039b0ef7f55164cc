"""What a firm filed, what the engine answered, and what people decided about it."""

import secrets
import uuid
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.companies.models import Contact, FactSheet
from backend.schemes.models import Revision, Scheme, SubNeed
from backend.territories.models import ServedEpci


def _token() -> str:
    return secrets.token_urlsafe(24)


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Files a person may open: those of their intercommunality, and those nobody could place (the pool)."""
        if not isinstance(user, User) or not user.is_active:
            return self.none()
        if user.memberships.whole_territory().exists():
            return self.confirmed()
        epcis = list(user.epcis())
        return self.confirmed().filter(Q(epci__in=epcis) | Q(epci__isnull=True)) if epcis else self.none()

    def confirmed(self) -> Self:
        """Filed by someone who has shown that the address is theirs."""
        return self.filter(confirmed_at__isnull=False)

    def waiting(self) -> Self:
        return self.filter(reviewed_at__isnull=True)


class Submission(models.Model):
    """What a firm filed: facts, needs and its own words. The facts can be corrected; each answer is kept."""

    class Horizon(models.TextChoices):
        UNDER_3_MONTHS = "under_3_months", _("dans les 3 mois")
        FROM_3_TO_12_MONTHS = "3_to_12_months", _("entre 3 et 12 mois")
        LATER = "later", _("plus tard")

    class CallSlot(models.TextChoices):
        MORNING = "morning", _("le matin (8 h – 12 h)")
        NOON = "noon", _("entre 12 h et 14 h")
        AFTERNOON = "afternoon", _("l’après-midi (14 h – 18 h)")
        ANY = "any", _("peu importe")

    token = models.CharField(max_length=40, unique=True, default=_token, editable=False)
    filing_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    sheet = models.OneToOneField(FactSheet, on_delete=models.PROTECT, related_name="submission")
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="submissions", verbose_name=_("contact")
    )
    epci = models.ForeignKey(
        ServedEpci,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="submissions",
        verbose_name=_("intercommunalité"),
        help_text=_("Vide : commune inconnue, demande commune aux quatre intercommunalités."),
    )
    text = models.TextField(_("besoin en ses mots"), blank=True)
    call_slot = models.CharField(_("quand rappeler"), max_length=10, choices=CallSlot, default=CallSlot.ANY)
    filed_at = models.DateTimeField(_("déposée le"))
    consented_at = models.DateTimeField(_("consentement donné le"))
    confirmed_at = models.DateTimeField(_("adresse confirmée le"), null=True, blank=True)
    reviewed_at = models.DateTimeField(_("relue le"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("relue par")
    )
    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("demande")
        verbose_name_plural = _("demandes")
        ordering = ["-filed_at"]

    def __str__(self) -> str:
        return f"{self.reference} – {self.sheet}"

    @property
    def reference(self) -> str:
        return f"D-{self.filed_at:%Y}-{self.pk:05d}"

    @property
    def topic(self) -> str:
        """What the firm stops when it stops the e-mails about this file."""
        return f"submission:{self.pk}"

    @property
    def horizon(self) -> str:
        return str(self.sheet.values().get("project.horizon") or "")


class Need(models.Model):
    """A sub-need of a submission: ticked by the firm, or understood from its words with the words that decided."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="needs")
    sub_need = models.ForeignKey(SubNeed, on_delete=models.PROTECT, related_name="+")
    ticked = models.BooleanField(default=False)
    weight = models.FloatField()
    evidence = ArrayField(models.CharField(max_length=60), default=list)

    class Meta:
        verbose_name = _("besoin exprimé")
        verbose_name_plural = _("besoins exprimés")
        ordering = ["-weight", "sub_need__position"]
        constraints = [models.UniqueConstraint(fields=["submission", "sub_need"], name="need_once")]

    def __str__(self) -> str:
        return str(self.sub_need)


class WeightSet(models.Model):
    """A version of the points that make the score."""

    version = models.CharField(_("version"), max_length=20, primary_key=True)
    points = models.JSONField(_("points"))
    active = models.BooleanField(_("en vigueur"), default=False)

    class Meta:
        verbose_name = _("jeu de poids")
        verbose_name_plural = _("jeux de poids")
        constraints = [models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="weights_one_active")]

    def __str__(self) -> str:
        return self.version


class Result(models.Model):
    """One answer of the engine: on what facts, on what day, with what weights. Enough to replay it."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="results")
    computed_at = models.DateTimeField(_("calculé le"))
    on = models.DateField(_("jour du calcul"))
    facts = models.JSONField(_("faits"))
    weights = models.ForeignKey(WeightSet, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("résultat")
        verbose_name_plural = _("résultats")
        ordering = ["-computed_at", "-pk"]
        get_latest_by = ["computed_at", "pk"]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.on}"


class Match(models.Model):
    """A scheme in a result: verdicts, score and certainty are three things; the human review is a fourth."""

    class Verdict(models.TextChoices):
        ELIGIBLE = "eligible", _("éligible")
        UNDECIDED = "undecided", _("à préciser")
        INELIGIBLE = "ineligible", _("non éligible")

    result = models.ForeignKey(Result, on_delete=models.CASCADE, related_name="matches")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="matches")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="matches")
    rank = models.PositiveIntegerField(_("rang"))
    score = models.FloatField(_("score"), null=True)
    eligibility = models.CharField(max_length=10, choices=Verdict)
    typed = models.CharField(max_length=10, choices=Verdict)
    targeted = models.CharField(max_length=7)
    opens_later = models.BooleanField(default=False)
    addresses = models.BooleanField(default=False)
    need = models.ForeignKey(SubNeed, on_delete=models.PROTECT, null=True, related_name="+")
    unknown = ArrayField(models.CharField(max_length=40), default=list)
    to_confirm = ArrayField(models.CharField(max_length=40), default=list)
    parts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("mise en relation")
        verbose_name_plural = _("mises en relation")
        ordering = ["rank"]
        constraints = [models.UniqueConstraint(fields=["result", "scheme"], name="match_once")]

    def __str__(self) -> str:
        return f"{self.rank} {self.scheme_id}"


class ReviewQuerySet(models.QuerySet["Review"]):
    def latest_by_scheme(self) -> dict[int, "Review"]:
        """The last decision on each scheme; the older ones stay as history."""
        return {review.scheme_id: review for review in self.select_related("officer").order_by("decided_at", "pk")}


class Review(models.Model):
    """A person's decision on a scheme for a submission. Rows are added, never rewritten; the last one counts."""

    class Verdict(models.TextChoices):
        KEPT = "kept", _("retenu")
        REJECTED = "rejected", _("écarté")
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
        OUTSIDE_PERIMETER = "outside_perimeter", _("hors de mon périmètre")
        OTHER = "other", _("autre raison (à préciser)")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="reviews")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="reviews")
    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="+")
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews")
    verdict = models.CharField(_("avis"), max_length=10, choices=Verdict)
    reason = models.CharField(_("raison"), max_length=20, choices=Reason, blank=True)
    comment = models.TextField(_("précision"), blank=True)
    suggested_rank = models.PositiveIntegerField(_("rang proposé"), null=True)
    suggested_score = models.FloatField(_("score proposé"), null=True)
    decided_at = models.DateTimeField(_("décidé le"))
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
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} {self.scheme_id}"


class ReviewEnd(models.Model):
    """An officer ended the review of a submission: what the firm was told, once."""

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="review_ends")
    officer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="+")
    message = models.TextField(_("message à l’entreprise"), blank=True)
    ended_at = models.DateTimeField(_("terminée le"))

    class Meta:
        verbose_name = _("fin d’avis")
        verbose_name_plural = _("fins d’avis")
        ordering = ["-ended_at"]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.ended_at:%Y-%m-%d}"
