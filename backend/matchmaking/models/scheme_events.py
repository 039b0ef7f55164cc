"""What is said of a scheme by a firm and by those who follow it, from interest to what came of the request for it."""

from typing import Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.matchmaking.models.submissions import Submission
from backend.schemes.models import Revision, Scheme

MOST_EUROS = 1_000_000_000


class SchemeEventQuerySet(models.QuerySet["SchemeEvent"]):
    def standing(self) -> Self:
        """Those that no later row takes back."""
        return self.filter(undone_by=None).exclude(state=SchemeEvent.State.WITHDRAWN)


class SchemeEvent(models.Model):
    """One thing said of a scheme for a submission. Rows are added, never rewritten: a later one takes one back."""

    class State(models.TextChoices):
        FOLLOWED = "followed", _("ça m’intéresse")
        APPLIED = "applied", _("demande déposée")
        GRANTED = "granted", _("obtenu")
        REFUSED = "refused", _("refusé")
        GIVEN_UP = "given_up", _("abandonné")
        HAS_IT = "has_it", _("je l’ai déjà")
        SET_ASIDE = "set_aside", _("pas pour moi")
        WITHDRAWN = "withdrawn", _("annulé")

    class Origin(models.TextChoices):
        FIRM = "firm", _("l’entreprise")
        OFFICER = "officer", _("le développeur économique")
        OPERATOR = "operator", _("le porteur du dispositif")  # who told the officer that records it

    class Reason(models.TextChoices):
        """Why a firm sets a scheme aside; when each holds no more stands in ``ENDINGS``."""

        NOT_INTERESTED = "not_interested", _("je n’en veux pas")
        OTHER_PROJECT = "other_project", _("pas pour ce projet")
        NOT_WORTH_IT = "not_worth_it", _("le montant ne vaut pas la démarche")
        DEADLINE_TOO_CLOSE = "deadline_too_close", _("la date limite est trop proche")

    class Refusal(models.TextChoices):
        """Why an operator refused, as an officer learnt it; empty where nobody said."""

        BUDGET_SPENT = "budget_spent", _("enveloppe épuisée")
        CONDITION = "condition", _("une condition n’est pas remplie")
        INCOMPLETE = "incomplete", _("dossier incomplet")
        TOO_LATE = "too_late", _("demande trop tardive, ou projet déjà commencé")
        PROJECT = "project", _("projet jugé insuffisant")
        OTHER_AID = "other_aid", _("cumul avec une autre aide")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="scheme_events")
    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="events", verbose_name=_("dispositif"))
    revision = models.ForeignKey(
        Revision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What the scheme said then; not known of what was recorded before.",
    )
    state = models.CharField(_("état"), max_length=9, choices=State)
    origin = models.CharField(_("dit par"), max_length=8, choices=Origin)
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("noté par")
    )
    reason = models.CharField(_("raison"), max_length=18, choices=Reason, blank=True)
    refusal = models.CharField(_("raison du refus"), max_length=12, choices=Refusal, blank=True)
    note = models.CharField(_("précision"), max_length=300, blank=True)
    euros = models.PositiveIntegerField(
        _("euros"), null=True, blank=True, validators=[MaxValueValidator(MOST_EUROS)], help_text="Asked, or granted."
    )
    happened_on = models.DateField(_("le"))
    recorded_at = models.DateTimeField(_("noté le"))
    undoes = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="undone_by", verbose_name=_("annule")
    )
    objects = SchemeEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("suite d’un dispositif")
        verbose_name_plural = _("suites des dispositifs")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(origin="firm", actor=None) | (~Q(origin="firm") & Q(actor__isnull=False)),
                name="scheme_event_of_a_person_names_them",
            ),
            models.CheckConstraint(
                condition=Q(state="set_aside", origin="firm") & ~Q(reason="") | (~Q(state="set_aside") & Q(reason="")),
                name="scheme_event_set_aside_says_why",
            ),
            models.CheckConstraint(
                condition=Q(refusal="") | (Q(state="refused") & ~Q(origin="firm")),
                name="scheme_event_refusal_of_an_operator",
            ),
            models.CheckConstraint(
                condition=Q(euros=None) | Q(state__in=("applied", "granted"), euros__lte=MOST_EUROS),
                name="scheme_event_euros_of_a_request",
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", undoes__isnull=False) | (~Q(state="withdrawn") & Q(undoes=None)),
                name="scheme_event_withdrawn_says_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.scheme_id}"
