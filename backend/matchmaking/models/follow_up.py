"""What happens around a file: steps after the review, and what people write to each other."""

from datetime import date
from typing import Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Organisation, User
from backend.matchmaking.models.partners import PartnerShare
from backend.matchmaking.models.reviews import Review
from backend.matchmaking.models.submissions import Submission
from backend.notifications.models import Suppression
from backend.schemes.models import Scheme


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def to_do(self) -> Self:
        return self.filter(done_at__isnull=True, cancelled_at__isnull=True)

    def standing(self) -> Self:
        """Steps that nobody took back."""
        return self.filter(cancelled_at__isnull=True)

    def calls_due(self, on: date) -> Self:
        """Calls that were promised, or are to be made again, for a day that has come."""
        return self.to_do().filter(step__in=FollowUp.CALLS, due_on__lte=on)

    def to_read(self) -> Self:
        """What a partner or the firm wrote, for those in charge to read."""
        return self.filter(step__in=FollowUp.TO_READ)

    def outcomes(self) -> Self:
        """Questions that a firm left unanswered, for its officers to ask."""
        return self.filter(step=FollowUp.Step.OUTCOME)

    def dead_addresses(self) -> Self:
        return self.filter(step=FollowUp.Step.DEAD_ADDRESS)


class FollowUp(models.Model):
    """A step around a file: done, or to be done. One that was recorded by mistake is cancelled, not erased."""

    class Step(models.TextChoices):
        CONTACTED = "contacted", _("entreprise contactée")
        CALL_BACK = "call_back", _("rappeler l’entreprise")
        NO_ANSWER = "no_answer", _("appelé, pas de réponse : rappeler")
        PARTNER = "partner", _("partenaire à trouver")
        # Opened by the service alone.
        DEAD_ADDRESS = "dead_address", _("adresse morte : appeler l’entreprise")
        OUTCOME = "outcome", _("demander à l’entreprise ce que sont devenus ses dispositifs")
        PARTNER_SAID = "partner_said", _("lire la réponse d’un partenaire")
        FIRM_SAID = "firm_said", _("lire ce qu’écrit l’entreprise")

    TO_READ = (Step.PARTNER_SAID, Step.FIRM_SAID)
    BY_SERVICE = (Step.DEAD_ADDRESS, Step.OUTCOME, *TO_READ)
    CALLS = (Step.CALL_BACK, Step.NO_ANSWER)  # to be made on a day: the firm reads the first alone, a promise
    MADE = (Step.CONTACTED, Step.NO_ANSWER)  # of a call that was made, on a day
    TO_DO = (*CALLS, Step.PARTNER)  # what is recorded before it is done
    RETRIES = (1, 3, 5)  # working days to the next call, by how many were made in vain since the firm answered

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="follow_ups")
    scheme = models.ForeignKey(
        Scheme, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("dispositif")
    )
    step = models.CharField(_("étape"), max_length=12, choices=Step)
    note = models.CharField(_("précision"), max_length=300, blank=True)
    due_on = models.DateField(_("le"), null=True, blank=True, help_text="Of a call that is to be made.")
    review = models.ForeignKey(
        Review, on_delete=models.CASCADE, null=True, blank=True, related_name="follow_ups", help_text="What owes it."
    )
    suppression = models.ForeignKey(
        Suppression, on_delete=models.CASCADE, null=True, blank=True, related_name="+", help_text="The dead address."
    )
    agreed_at = models.DateTimeField(
        _("confirmé par l’entreprise le"), null=True, blank=True, help_text="Of a call: that its day suits the firm."
    )
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("noté par")
    )
    recorded_at = models.DateTimeField(_("noté le"))
    done_at = models.DateTimeField(_("fait le"), null=True, blank=True)
    done_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("fait par")
    )
    cancelled_at = models.DateTimeField(_("annulé le"), null=True, blank=True)
    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("étape de suivi")
        verbose_name_plural = _("étapes de suivi")
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(step="dead_address", suppression__isnull=False)
                | Q(step__in=("outcome", "firm_said"))
                | Q(recorded_by__isnull=False),
                name="follow_up_of_a_person_names_them",
            ),
            models.CheckConstraint(
                condition=Q(step__in=("call_back", "no_answer"), due_on__isnull=False)
                | (~Q(step__in=("call_back", "no_answer")) & Q(due_on__isnull=True)),
                name="follow_up_of_a_call_says_when",
            ),
            models.CheckConstraint(
                condition=Q(agreed_at=None) | Q(step="call_back"), name="follow_up_agreed_is_a_call"
            ),
            models.UniqueConstraint(fields=["submission", "suppression"], name="follow_up_once_per_dead_address"),
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()} {self.submission_id}"

    @property
    def is_to_do(self) -> bool:
        return self.done_at is None and self.cancelled_at is None

    @property
    def end_label(self) -> str:
        """Say that it ended: what follows a call without answer (another call, or a day to call) ends it undone."""
        return str(_("suite donnée") if self.step == self.Step.NO_ANSWER else _("fait"))


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Notes that someone who may open the file reads: all but those another organisation keeps to itself."""
        if not isinstance(user, User):
            return self.none()
        own = user.memberships.values("organisation")
        return self.standing().filter(~Q(audience=Note.Audience.INTERNAL) | Q(organisation__in=own) | Q(author=user))

    def for_the_firm(self) -> Self:
        return self.standing().filter(audience=Note.Audience.FIRM)

    def of_firm(self) -> Self:
        """What the firm itself wrote and did not take back."""
        return self.standing().filter(author=None)

    def standing(self) -> Self:
        return self.filter(withdrawn_at__isnull=True)


class Note(models.Model):
    """A few words on a file; who reads them is chosen each time, never assumed.

    Without an author, the firm wrote them: of a scheme, perhaps of a day to keep for it, or of when to call it.
    """

    class Audience(models.TextChoices):
        INTERNAL = "internal", _("mon organisation seulement")
        SHARED = "shared", _("toutes les personnes qui suivent ce dossier")
        FIRM = "firm", _("l’entreprise aussi")
        PARTNER = "partner", _("ce partenaire aussi")

    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("auteur")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("organisation")
    )
    audience = models.CharField(_("qui la lit"), max_length=8, choices=Audience)
    share = models.ForeignKey(
        PartnerShare,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="notes",
        help_text="Of a note that a partner reads or wrote: it ends with the share.",
    )
    step = models.ForeignKey(
        FollowUp, on_delete=models.SET_NULL, null=True, blank=True, related_name="notes", help_text="What it owes."
    )
    scheme = models.ForeignKey(
        Scheme, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("dispositif")
    )
    keep_on = models.DateField(_("date à retenir"), null=True, blank=True, help_text="For the calendars of both.")
    call = models.ForeignKey(
        FollowUp,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="proposals",
        help_text="For which the firm proposes another time.",
    )
    text = models.TextField(_("note"))
    written_at = models.DateTimeField(_("écrite le"))
    withdrawn_at = models.DateTimeField(_("retirée le"), null=True, blank=True)
    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-written_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience="partner", share__isnull=False) | (~Q(audience="partner") & Q(share=None)),
                name="note_to_a_partner_names_the_share",
            ),
            models.CheckConstraint(
                condition=Q(author__isnull=False, organisation__isnull=False, scheme=None, keep_on=None, call=None)
                | Q(author=None, organisation=None, audience="firm", scheme__isnull=False, call=None)
                | Q(author=None, organisation=None, audience="firm", scheme=None, keep_on=None, call__isnull=False),
                name="note_of_the_firm_is_of_a_scheme_or_a_call",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.who} {self.written_at:%Y-%m-%d}"

    @property
    def topic(self) -> str:
        """What an e-mail that carries it is about, beside its file."""
        return f"note:{self.pk}"

    @property
    def who(self) -> str:
        return str(self.author or _("l’entreprise"))
