"""What is done to the catalogue: changes that people propose, and errors that people and jobs report.

A proposal holds a whole record, in the shape of a reviewed file. It becomes a revision only when somebody else
publishes it.
"""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.schemes.models.parts import Criterion
from backend.schemes.models.revisions import Revision
from backend.schemes.models.schemes import Scheme


class CatalogueTaskQuerySet(models.QuerySet["CatalogueTask"]):
    def waiting(self) -> Self:
        return self.filter(closed_at__isnull=True)

    def from_job(self, job: str) -> Self:
        return self.filter(origin=CatalogueTask.Origin.JOB, job=job)


class CatalogueTask(models.Model):
    """Something to check or mend in a scheme's sheet: reported by a person of ours, by the public, or by a job.

    The public may leave an address, to be told of the answer. A job names what it found by a subject, once for each
    scheme, and may close its own report when what it found is no longer so.
    """

    class Origin(models.TextChoices):
        PERSON = "person", _("agent")
        PUBLIC = "public", _("public")
        JOB = "job", _("contrôle automatique")

    class Job(models.TextChoices):
        LINKS = "links.check", _("contrôle des adresses")
        EXPIRY = "catalogue.expiry", _("contrôle des dates de fin")
        REVIEW = "catalogue.review", _("contrôle des relectures")
        WINDOWS = "catalogue.windows", _("constats d’ouverture")

    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="tasks", verbose_name=_("dispositif"))
    revision = models.ForeignKey(
        Revision, on_delete=models.PROTECT, related_name="tasks", verbose_name=_("version lue")
    )
    criterion = models.ForeignKey(
        Criterion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("critère en cause"),
    )
    text = models.TextField(_("ce qui ne va pas"), blank=True)
    origin = models.CharField(_("origine"), max_length=6, choices=Origin, default=Origin.PERSON)
    reported_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="catalogue_tasks",
        verbose_name=_("signalé par"),
    )
    reporter_email = models.EmailField(_("adresse de la personne qui signale"), blank=True)
    job = models.CharField(_("contrôle"), max_length=20, choices=Job, blank=True)
    subject = models.CharField(max_length=700, blank=True, help_text="What a job found, once for each scheme.")
    reported_at = models.DateTimeField(_("signalé le"))
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("traité par")
    )
    closed_at = models.DateTimeField(_("traité le"), null=True, blank=True)
    answer = models.TextField(_("réponse"), blank=True)
    objects = CatalogueTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("fiche à vérifier")
        verbose_name_plural = _("fiches à vérifier")
        ordering = ["reported_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="catalogue_task_has_one_origin",
                condition=Q(origin="person", reported_by__isnull=False, reporter_email="", job="", subject="")
                | Q(origin="public", reported_by=None, job="", subject="")
                | Q(origin="job", reported_by=None, reporter_email="") & ~Q(job="") & ~Q(subject=""),
            ),
            models.CheckConstraint(  # without a person: a job its own, who has no account what they take back
                name="catalogue_task_closed_by_someone",
                condition=Q(closed_at=None, closed_by=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False)
                | Q(closed_at__isnull=False, origin__in=["job", "public"]) & ~Q(answer=""),
            ),
            models.UniqueConstraint(
                name="catalogue_task_of_a_job_once", fields=["scheme", "job", "subject"], condition=Q(origin="job")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} : {self.text or self.criterion}"

    @property
    def reporter(self) -> str:
        """Who or what reported it, for those who read the queue."""
        if self.origin == self.Origin.JOB:
            return str(self.get_job_display())
        return str(self.reported_by or self.get_origin_display())

    @property
    def is_answered(self) -> bool:
        """Whether somebody receives the answer."""
        return self.reported_by is not None or bool(self.reporter_email)

    @property
    def answered_by(self) -> str:
        """Who or what closed it."""
        return str(self.closed_by or self.reporter)


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def waiting(self) -> Self:
        """Proposals that an approver has to decide on."""
        return self.filter(state=Proposal.State.PROPOSED)

    def open(self) -> Self:
        """Proposals that nothing final was decided of yet, drafts with them."""
        return self.filter(state__in=Proposal.OPEN)

    def lost(self) -> Self:
        """Proposals that came to nothing."""
        return self.filter(state__in=Proposal.LOST)

    def unchecked(self) -> Self:
        """What one person put in force alone and nobody else has read yet: a window closed, a version gone back to."""
        return self.filter(is_urgent=True, checked_at=None, observed__answer__taken_back_by=None)

    def due(self, on: date) -> Self:
        """Approved proposals whose day has come."""
        return self.filter(state=Proposal.State.APPROVED, publish_on__lte=on)

    def from_files(self) -> Self:
        return self.filter(author__isnull=True, followed__isnull=True, rule="")

    def from_parents(self) -> Self:
        return self.filter(followed__isnull=False)

    def readable(self) -> Self:
        """Proposals with all that a page tells of them."""
        return self.select_related(
            "author", "decided_by", "scheme__current__scheme", "base__scheme", "revision", "task", "imported__scheme"
        )


class Proposal(models.Model):
    """A record that somebody would like to publish; without an author, it is that of a reviewed file or of a rule.

    ``base`` is the revision it was written on: a proposal is never published over another one's work unseen.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("brouillon")
        PROPOSED = "proposed", _("à relire")
        APPROVED = "approved", _("approuvée")
        PUBLISHED = "published", _("publiée")
        REFUSED = "refused", _("refusée")
        WITHDRAWN = "withdrawn", _("retirée")

    OPEN = (State.DRAFT, State.PROPOSED, State.APPROVED)
    LOST = (State.REFUSED, State.WITHDRAWN)

    key = models.SlugField(_("identifiant"), max_length=120)
    scheme = models.ForeignKey(
        Scheme,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="proposals",
        verbose_name=_("dispositif"),
    )
    base = models.ForeignKey(
        Revision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("version de départ"),
    )
    record = models.JSONField(_("fiche"))
    digest = models.CharField(max_length=64, help_text="Of the content, as for a revision.")
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals", verbose_name=_("auteur")
    )
    comment = models.TextField(_("pourquoi ce changement"), blank=True)
    task = models.ForeignKey(
        "CatalogueTask",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="proposals",
        verbose_name=_("signalement traité"),
    )
    followed = models.ForeignKey(
        Revision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="followed_by",
        verbose_name=_("version du parent suivie"),
        help_text="Of a variant, that a change of its parent reached: nobody wrote it.",
    )
    imported = models.ForeignKey(
        Revision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="taken_into",
        verbose_name=_("version importée reprise"),
    )
    observed = models.ForeignKey(
        "schemes.WindowObservation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="proposals",
        verbose_name=_("constat d’ouverture"),
        help_text="What was seen of the window, where that is what it changes.",
    )
    rule = models.CharField(
        _("règle"), max_length=120, blank=True, help_text="Published by it, without a person; empty otherwise."
    )
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(
        _("enregistrement"), default=1, help_text="How often it was saved: who saves over another one is told."
    )
    written_at = models.DateTimeField(_("écrite le"))
    proposed_at = models.DateTimeField(_("proposée le"), null=True, blank=True)
    decided_at = models.DateTimeField(_("décidée le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("décidée par")
    )
    decision_comment = models.TextField(_("motif de la décision"), blank=True)
    publish_on = models.DateField(
        _("à publier le"), null=True, blank=True, help_text="Chosen with the approval; that morning a job publishes."
    )
    is_urgent = models.BooleanField(
        _("sans attendre une relecture"),
        default=False,
        help_text="A window that one person closed alone; somebody else reads it afterwards.",
    )
    checked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("relue après coup par")
    )
    checked_at = models.DateTimeField(_("relue après coup le"), null=True, blank=True)
    revision = models.OneToOneField(
        Revision,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="proposal",
        verbose_name=_("version publiée"),
    )
    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposition")
        verbose_name_plural = _("propositions")
        ordering = ["-written_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="proposal_state_is_told",
                condition=Q(state="draft", proposed_at=None, decided_at=None, decided_by=None, revision=None)
                | Q(state="proposed", proposed_at__isnull=False, decided_at=None, decided_by=None, revision=None)
                | Q(
                    state="approved",
                    proposed_at__isnull=False,
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    publish_on__isnull=False,
                    revision=None,
                )
                | Q(
                    state="published",
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                    revision__isnull=False,
                    rule="",
                )
                | Q(state="published", decided_at__isnull=False, decided_by=None, author=None, revision__isnull=False)
                & ~Q(rule="")
                | Q(state="refused", decided_at__isnull=False, decided_by__isnull=False, revision=None)
                & ~Q(decision_comment="")
                | Q(state="withdrawn", decided_at__isnull=False, revision=None),
            ),
            models.CheckConstraint(
                name="proposal_published_by_another",
                condition=~Q(state__in=["approved", "published"])
                | Q(author=None)
                | ~Q(author=F("decided_by"))
                | Q(is_urgent=True),
                violation_error_message=_("Une proposition est publiée par une autre personne que son auteur."),
            ),
            models.CheckConstraint(
                name="proposal_urgent_is_published_and_checked_by_another",
                condition=Q(is_urgent=False, checked_by=None, checked_at=None)
                | Q(is_urgent=True, state="published", checked_by=None, checked_at=None)
                | Q(is_urgent=True, state="published", checked_by__isnull=False, checked_at__isnull=False)
                & ~Q(checked_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="proposal_base_has_a_scheme", condition=Q(base=None) | Q(scheme__isnull=False)
            ),
            models.CheckConstraint(
                name="proposal_of_a_rule_is_published", condition=Q(rule="") | Q(state="published", author=None)
            ),
            models.UniqueConstraint(
                name="proposal_of_a_file_waits_once",
                fields=["key"],
                condition=Q(author=None, followed=None, state="proposed"),
            ),
            models.UniqueConstraint(
                name="proposal_of_a_parent_waits_once",
                fields=["key"],
                condition=Q(followed__isnull=False, state="proposed"),
            ),
            models.CheckConstraint(
                name="proposal_of_a_parent_has_no_author", condition=Q(followed=None) | Q(author=None)
            ),
        ]

    def __str__(self) -> str:
        return str(self.record.get("name") or self.key)

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def writer(self) -> str:
        """Who or what wrote it."""
        if self.rule:
            return "règle"
        if self.followed_id is not None:
            return "changement du dispositif parent"
        return str(self.author or "fichier du catalogue")

    @property
    def decider(self) -> str:
        """Who or what decided on it; nothing while it is open."""
        if self.rule:
            return f"par règle ({self.rule})"
        return f"par {self.decided_by}" if self.decided_by else ""

    @property
    def changer(self) -> str:
        """Who or what put a window in force without waiting."""
        return str(self.decided_by or "Un constat d’ouverture")

    @property
    def in_force(self) -> Revision | None:
        """The revision in force today, be it of a scheme that somebody else made meanwhile under the same key."""
        scheme = self.scheme or Scheme.objects.of_source(Scheme.OWN).filter(source_key=self.key).first()
        return scheme.current if scheme else None

    @property
    def is_outdated(self) -> bool:
        """Whether another revision was published since this one was written."""
        in_force = self.in_force
        return self.is_open and (in_force.pk if in_force else None) != self.base_id

    def is_written_by(self, user: User) -> bool:
        """Whether a person wrote any of it: who did cannot be the one who decides."""
        return self.author_id == user.pk or self.edits.filter(by=user).exists()


class ProposalEdit(models.Model):
    """A proposal as it was saved once: what two people wrote at the same time is put together from these."""

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="edits")
    version = models.PositiveIntegerField(_("enregistrement"))
    base = models.ForeignKey(Revision, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    record = models.JSONField(_("fiche"))
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("par")
    )
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("enregistrement d’une proposition")
        verbose_name_plural = _("enregistrements des propositions")
        ordering = ["proposal", "version"]
        constraints = [models.UniqueConstraint(name="proposal_saved_once_each", fields=["proposal", "version"])]

    def __str__(self) -> str:
        return f"{self.proposal} ({self.version})"
