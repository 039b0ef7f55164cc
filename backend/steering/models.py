"""Figures of steering: what was filed where, how far each file got, what its needs get; and what is decided of that.

No table here holds a firm, its contact or its words; that of who receives the note holds their address.
"""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.companies.size_bands import SIZE_BANDS
from backend.matchmaking.models import Submission
from backend.matchmaking.standing import Standing
from backend.schemes.models import Criterion, Revision, Scheme, SubNeed
from backend.territories.models import ServedEpci


class Step(models.TextChoices):
    """What happens to a file, in the order of its way; the last two end it otherwise."""

    FILED = "filed", _("déposée")
    CONFIRMED = "confirmed", _("adresse confirmée")
    READ = "read", _("lue")
    ANSWERED = "answered", _("répondue")
    APPLIED = "applied", _("aide demandée")
    GRANTED = "granted", _("aide obtenue")
    REFUSED = "refused", _("aide refusée")
    CLOSED = "closed", _("fermée")


class FileFact(models.Model):
    """A file as figures count it: its day, place, needs and size of firm. It outlives what the file says of a firm."""

    ERASED: ClassVar[str] = "effacée"  # in place of the commune

    submission = models.OneToOneField(
        Submission, on_delete=models.CASCADE, primary_key=True, related_name="+", verbose_name=_("demande")
    )
    filed_on = models.DateField(_("déposée le"))
    epci = models.ForeignKey(
        ServedEpci,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("intercommunalité"),
        help_text=_("Vide : commune inconnue."),
    )
    commune = models.CharField(
        _("commune"), max_length=7, blank=True, help_text="INSEE code, of the project first; empty: not known."
    )
    size = models.CharField(
        _("taille"),
        max_length=12,
        blank=True,
        choices=list(SIZE_BANDS.items()),
        help_text="Band of headcount; empty: not known.",
    )
    needs = ArrayField(models.CharField(max_length=60), default=list, help_text="Needs of the taxonomy, each once.")

    class Meta:
        verbose_name = _("demande comptée")
        verbose_name_plural = _("demandes comptées")
        indexes = [models.Index(fields=["filed_on"], name="steering_filed_on")]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.filed_on}"


class StepFact(models.Model):
    """The first day on which a file got to a step."""

    file = models.ForeignKey(FileFact, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(_("étape"), max_length=9, choices=Step)
    on = models.DateField(_("le"))
    working_days = models.PositiveIntegerField(_("jours ouvrés depuis le dépôt"))

    class Meta:
        verbose_name = _("étape comptée")
        verbose_name_plural = _("étapes comptées")
        constraints = [models.UniqueConstraint(fields=["file", "step"], name="step_fact_once")]

    def __str__(self) -> str:
        return f"{self.file_id} {self.step}"


class StepCount(models.Model):
    """How many files of a month got to each step in so many working days, by place and size: packed rows.

    A file counts once where ``need`` is empty, which is all files whatever they need, and once for each of its needs.
    """

    month = models.DateField(_("mois de dépôt"), help_text="Its first day.")
    need = models.CharField(_("besoin"), max_length=60, blank=True)
    packed = models.BinaryField(_("comptes"))

    class Meta:
        verbose_name = _("compte d’un mois")
        verbose_name_plural = _("comptes par mois")
        constraints = [models.UniqueConstraint(fields=["month", "need"], name="step_count_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.need}"


class SchemeFact(models.Model):
    """What came of one scheme in one file: what was decided of it, else what came of the request for it."""

    class State(models.TextChoices):
        KEPT = "kept", _("retenu")
        SET_ASIDE = "set_aside", _("écarté")
        APPLIED = "applied", _("demandé, sans réponse")
        GRANTED = "granted", _("obtenu")
        REFUSED = "refused", _("refusé")
        GIVEN_UP = "given_up", _("abandonné")

    file = models.ForeignKey(FileFact, on_delete=models.CASCADE, related_name="schemes")
    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="+", verbose_name=_("dispositif"))
    state = models.CharField(_("ce qu’il en est"), max_length=9, choices=State)
    was_asked = models.BooleanField(_("demandé"), default=False)
    reason = models.CharField(
        _("raison"),
        max_length=18,
        blank=True,
        help_text="Why it was set aside, or refused.",
    )
    is_firms = models.BooleanField(_("écarté par l’entreprise"), default=False)
    euros_asked = models.PositiveIntegerField(_("euros demandés"), null=True)
    euros_granted = models.PositiveIntegerField(_("euros obtenus"), null=True)
    said_at = models.DateTimeField(_("dit le"))
    working_days = models.PositiveIntegerField(
        _("jours ouvrés jusqu’à la réponse"), null=True, help_text="Of the operator, since the firm asked for it."
    )
    same_firm = models.PositiveBigIntegerField(
        _("même entreprise"),
        null=True,
        help_text="Where several files of a firm asked for the scheme: the number of the first of them.",
    )

    class Meta:
        verbose_name = _("dispositif compté")
        verbose_name_plural = _("dispositifs comptés")
        constraints = [models.UniqueConstraint(fields=["file", "scheme"], name="scheme_fact_once")]
        indexes = [
            models.Index(fields=["scheme"], condition=models.Q(same_firm__isnull=False), name="steering_same_firm")
        ]

    def __str__(self) -> str:
        return f"{self.file_id} {self.scheme_id} {self.state}"


class NeedFact(models.Model):
    """A need of a live file as the engine answers it today: the best standing of a scheme that helps with it.

    A guide helps with no need but that of being oriented: ``is_advised`` says that one would talk to the firm.
    """

    MET: ClassVar[tuple[Standing, ...]] = (Standing.ELIGIBLE, Standing.LIKELY, Standing.DATES)  # what answers a need
    POSSIBLE: ClassVar[tuple[Standing, ...]] = (*MET, Standing.TO_SPECIFY)  # or may, once a question is answered
    BEST_FIRST: ClassVar[tuple[Standing, ...]] = (*POSSIBLE, Standing.LATER, Standing.INELIGIBLE)

    file = models.ForeignKey(FileFact, on_delete=models.CASCADE, related_name="+")
    sub_need = models.ForeignKey(SubNeed, on_delete=models.CASCADE, related_name="+", verbose_name=_("sous-besoin"))
    standing = models.CharField(
        _("au mieux"), max_length=10, choices=Standing, blank=True, help_text="Empty: no scheme serves the need."
    )
    is_advised = models.BooleanField(_("avec un conseil"), default=False)

    class Meta:
        verbose_name = _("besoin compté")
        verbose_name_plural = _("besoins comptés")
        constraints = [models.UniqueConstraint(fields=["file", "sub_need"], name="need_fact_once")]

    def __str__(self) -> str:
        return f"{self.file_id} {self.sub_need_id} {self.standing}"


class SoleBlocker(models.Model):
    """A condition that alone keeps a firm from a scheme that would serve a need which nothing answers."""

    need = models.ForeignKey(NeedFact, on_delete=models.CASCADE, related_name="+")
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="+")
    criterion = models.ForeignKey(
        Criterion, on_delete=models.CASCADE, null=True, related_name="+", help_text="Empty: the dates of the scheme."
    )

    class Meta:
        verbose_name = _("critère qui bloque seul")
        verbose_name_plural = _("critères qui bloquent seuls")
        constraints = [models.UniqueConstraint(fields=["need", "revision"], name="sole_blocker_once")]

    def __str__(self) -> str:
        return f"{self.need_id} {self.revision_id} {self.criterion_id}"


class NeedTable(models.Model):
    """All counted needs and what blocks them, packed in one row for those who read and sum all of them."""

    words = ArrayField(models.TextField(), verbose_name=_("mots"), help_text="Each once: columns hold their places.")
    needs = models.BinaryField(_("besoins"))
    blockers = models.BinaryField(_("critères qui bloquent seuls"))

    class Meta:
        verbose_name = _("besoins en colonnes")
        verbose_name_plural = _("besoins en colonnes")

    def __str__(self) -> str:
        return f"{len(self.words)} {len(self.needs)} {len(self.blockers)}"


class ActionQuerySet(models.QuerySet["Action"]):
    def to_do(self) -> Self:
        return self.filter(done_on__isnull=True)


class Action(models.Model):
    """What the committee decided about a gap: what, who, until when, what came of it, and what the gap was then.

    An empty ``epci``, ``commune`` or ``size`` means all of them.
    """

    epci = models.ForeignKey(
        ServedEpci,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("intercommunalité"),
    )
    commune = models.CharField(_("commune"), max_length=5, blank=True)
    sub_need = models.ForeignKey(SubNeed, on_delete=models.PROTECT, related_name="+", verbose_name=_("sous-besoin"))
    size = models.CharField(_("taille"), max_length=12, blank=True, choices=list(SIZE_BANDS.items()))
    what = models.CharField(_("action"), max_length=300)
    owner = models.CharField(_("porteur"), max_length=120)
    due_on = models.DateField(_("pour le"))
    demand_then = models.PositiveIntegerField(_("besoins, à la décision"))
    unmet_then = models.PositiveIntegerField(_("sans dispositif, à la décision"))
    to_specify_then = models.PositiveIntegerField(
        _("à préciser, à la décision"), null=True, help_text="Empty: counted with the unmet ones, as they were then."
    )
    decided_on = models.DateField(_("décidée le"))
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("notée par"))
    result = models.CharField(_("résultat"), max_length=500, blank=True)
    done_on = models.DateField(_("terminée le"), null=True, blank=True)
    objects = ActionQuerySet.as_manager()

    class Meta:
        verbose_name = _("action du comité")
        verbose_name_plural = _("actions du comité")
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_on__isnull=True, result="")
                | models.Q(done_on__isnull=False) & ~models.Q(result=""),
                name="action_done_says_its_result",
            )
        ]

    def __str__(self) -> str:
        return self.what


class PublishedMonth(models.Model):
    """What anybody reads of a month, as it was said at its end: no exact number is in it."""

    until = models.DateField(_("jusqu’au"), primary_key=True)
    tables = models.JSONField(_("tableaux"), help_text="By name: labels of its columns, and rows of cells as said.")
    signals = ArrayField(
        models.TextField(), verbose_name=_("ce qui ressort"), default=list, help_text="Sentences of the note."
    )

    class Meta:
        verbose_name = _("mois publié")
        verbose_name_plural = _("mois publiés")
        ordering = ["until"]

    def __str__(self) -> str:
        return f"{self.until}"


class NoteRecipientQuerySet(models.QuerySet["NoteRecipient"]):
    def confirmed(self) -> Self:
        return self.filter(confirmed_at__isnull=False)


class NoteRecipient(models.Model):
    """An address to which the territory's lead has the note sent, once whoever reads it has said yes."""

    email = models.EmailField(_("adresse"))
    added_at = models.DateTimeField(_("ajoutée le"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("ajoutée par"))
    confirmed_at = models.DateTimeField(_("confirmée le"), null=True, blank=True)
    objects = NoteRecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("destinataire de la note")
        verbose_name_plural = _("destinataires de la note")
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="note_recipient_once")]

    def __str__(self) -> str:
        return self.email


class Target(models.Model):
    """How many files are to get to a step, and within how many working days, from a day on; the last one counts.

    Rows are added and never rewritten: what was aimed at in a month that is over stays what it was.
    """

    STEPS: ClassVar[tuple[Step, ...]] = (Step.READ, Step.ANSWERED, Step.APPLIED)

    step = models.CharField(_("étape"), max_length=9, choices=[(step.value, step.label) for step in STEPS])
    working_days = models.PositiveSmallIntegerField(
        _("jours ouvrés"), null=True, help_text="Empty: no target any more."
    )
    share = models.PositiveSmallIntegerField(_("part visée, en %"), null=True)
    since = models.DateField(_("depuis le"))
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("fixé par"))

    class Meta:
        verbose_name = _("objectif")
        verbose_name_plural = _("objectifs")
        ordering = ["-since", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(working_days__isnull=True, share__isnull=True)
                | models.Q(working_days__isnull=False, share__range=(1, 100)),
                name="target_has_days_and_a_share",
            ),
            models.CheckConstraint(
                condition=models.Q(step__in=["read", "answered", "applied"]), name="target_step_is_aimed_at"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.since}"


class FairnessMonth(models.Model):
    """What the firms of a group were answered, of the files of a month: means, each with its 95 % interval."""

    class Kind(models.TextChoices):
        ALL = "all", _("toutes")
        SIZE = "size", _("taille")
        EPCI = "epci", _("intercommunalité")

    LEAST: ClassVar[int] = 5  # files from which on an interval is said: one drawn again from fewer is no 95 % one

    month = models.DateField(_("mois"), help_text="Its first day.")
    kind = models.CharField(_("sorte de groupe"), max_length=4, choices=Kind)
    group = models.CharField(_("groupe"), max_length=20, blank=True, help_text="Empty: not known; of all files too.")
    n_files = models.PositiveIntegerField(_("demandes"))
    eligible = ArrayField(
        models.FloatField(), size=3, help_text="Schemes that are eligible: mean, lower and upper bound."
    )
    exposure = ArrayField(
        models.FloatField(), size=3, help_text="How much of them is seen in the list: mean, lower and upper bound."
    )

    class Meta:
        verbose_name = _("équité d’un mois")
        verbose_name_plural = _("équité par mois")
        ordering = ["-month", "kind", "group"]
        constraints = [models.UniqueConstraint(fields=["month", "kind", "group"], name="fairness_month_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.kind} {self.group}"

    @property
    def has_interval(self) -> bool:
        return self.n_files >= self.LEAST


class PageCount(models.Model):
    """How many pages of a kind were read on a day: a number, of nobody."""

    class Kind(models.TextChoices):
        HOME = "home", _("Accueil")
        CATALOGUE = "catalogue", _("Liste des dispositifs")
        SCHEME = "scheme", _("Fiche d’un dispositif")
        START = "start", _("Début d’une demande")
        ANSWER = "answer", _("Réponse avant tout nom")
        OPEN_DATA = "open_data", _("Données ouvertes, statistiques")
        ABOUT = "about", _("Pages d’information")

    day = models.DateField(_("jour"))
    kind = models.CharField(_("sorte de page"), max_length=9, choices=Kind)
    n_pages = models.PositiveIntegerField(_("pages"), default=0)

    class Meta:
        verbose_name = _("pages lues")
        verbose_name_plural = _("pages lues")
        ordering = ["-day", "kind"]
        constraints = [models.UniqueConstraint(fields=["day", "kind"], name="page_count_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.n_pages}"
