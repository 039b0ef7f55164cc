"""What a firm filed: its facts, its words, and who follows it."""

import uuid
from datetime import date, datetime
from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backend.accounts.models import Organisation, User
from backend.common.days import add_working_days, working_day_before
from backend.companies.models import Contact, Fact, FactSheet
from backend.matchmaking.models.hand_overs import HandOver
from backend.matchmaking.models.policies import ReviewPolicy
from backend.schemes.vocabulary import HORIZONS
from backend.territories.models import ServedEpci

# Filed by an officer or a partner, and not confirmed by the firm yet: nobody outside the service in charge opens it.
AWAITS_FIRM = (Q(consent_by__isnull=False) | Q(consent_partner__isnull=False)) & Q(confirmed_at__isnull=True)


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Files a person may open: of their intercommunality, of the pool, or offered to them or to it."""
        if not isinstance(user, User):
            return self.none()
        files = self.open_to_officers(timezone.now())
        if user.posts.leads_territory:
            return files.filter(~AWAITS_FIRM | Q(epci__in=user.posts.epcis))
        if not user.posts.epcis:
            return self.none()
        offered = HandOver.objects.offered_to(user).values("submission")
        return files.filter(Q(epci__in=user.posts.epcis) | Q(epci__isnull=True) | Q(pk__in=offered))

    def open_to_officers(self, now: datetime) -> Self:
        """Filed by someone who confirmed the address or, for a working day, did not, and left a telephone.

        A file that an officer follows stays open when its address is corrected. Change the consent of the filing form
        and the page on personal data together with this.
        """
        to_call = Q(filed_at__lte=working_day_before(now)) & ~Q(contact__phone="")
        open_now = Q(confirmed_at__isnull=False) | Q(officer__isnull=False) | to_call
        return self.filter(open_now, erased_at__isnull=True)

    def confirmed(self) -> Self:
        """Filed by someone who has shown that the address is theirs, and not erased since."""
        return self.counted().filter(erased_at__isnull=True)

    def counted(self) -> Self:
        """What statistics count: confirmed files, and what is left of those that were erased."""
        return self.filter(confirmed_at__isnull=False)

    def of_address(self, email: str) -> Self:
        """Filed with an address that was shown to be its owner's."""
        return self.confirmed().filed_with(email)

    def filed_with(self, email: str) -> Self:
        """Filed with an address, by its owner or by somebody who typed it."""
        return self.filter(contact__email__iexact=email, erased_at__isnull=True)

    def locked(self, pk: int) -> "Submission":
        """Lock a file until the transaction ends, before it is changed.

        Raises ``PermissionDenied`` where it was erased since its page was opened: nothing is written of it again.
        """
        submission = self.select_for_update(of=("self",)).get(pk=pk)
        if submission.erased_at:
            raise PermissionDenied
        return submission

    def waiting(self) -> Self:
        return self.filter(reviewed_at__isnull=True)

    def reviewed(self) -> Self:
        return self.filter(reviewed_at__isnull=False)

    def proven(self) -> Self:
        """Files of an address that was shown to be the author's, of whom nobody found that they are not entitled."""
        return self.confirmed().exclude(closed_reason=Submission.Closing.NOT_ENTITLED)

    def erased(self) -> Self:
        """Files of which only what names nobody is left."""
        return self.filter(erased_at__isnull=False)

    def erased_for(self, user: User) -> Self:
        """What is left of erased files, for those who lead there or reviewed there."""
        if user.posts.leads_territory:
            return self.erased()
        epcis = user.posts.epcis
        return self.erased().filter(Q(epci__in=epcis) | Q(epci__isnull=True)) if epcis else self.none()

    def still_open(self) -> Self:
        """Files that nobody closed."""
        return self.filter(closed_at__isnull=True)

    def not_barred(self) -> Self:
        """Files on which somebody may act: open ones, and those that any event opens again."""
        return self.exclude(closed_reason__in=Submission.BARRED)


class Submission(models.Model):
    """What a firm filed: facts, needs and its own words. The facts can be corrected; each answer is kept."""

    class Horizon(models.TextChoices):
        UNDER_3_MONTHS = "under_3_months", HORIZONS["under_3_months"]
        FROM_3_TO_12_MONTHS = "3_to_12_months", HORIZONS["3_to_12_months"]
        LATER = "later", HORIZONS["later"]

    class CallSlot(models.TextChoices):
        MORNING = "morning", _("le matin (8 h – 12 h)")
        NOON = "noon", _("entre 12 h et 14 h")
        AFTERNOON = "afternoon", _("l’après-midi (14 h – 18 h)")
        ANY = "any", _("à tout moment")

    class Closing(models.TextChoices):
        NOT_ENTITLED = "not_entitled", _("son auteur n’est pas habilité")
        WITHDRAWN = "withdrawn", _("l’entreprise a retiré son consentement")
        OUTSIDE = "outside", _("son projet est hors du territoire")
        HELPED = "helped", _("l’entreprise a été aidée")
        NOT_HELPED = "not_helped", _("nous n’avons pas pu aider l’entreprise")
        UNREACHABLE = "unreachable", _("l’entreprise est injoignable")
        ENDED = "ended", _("chaque dispositif retenu ou suivi a une issue")
        SILENCE = "silence", _("rien de nouveau depuis 90 jours")

    # Closed so that nobody acts on it any more; after any other reason, whatever happens opens the file again.
    BARRED = frozenset({Closing.NOT_ENTITLED, Closing.WITHDRAWN, Closing.OUTSIDE})
    CHOSEN = (Closing.HELPED, Closing.NOT_HELPED, Closing.UNREACHABLE)  # by an officer

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
    came_from = models.ForeignKey(
        Organisation,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("arrivée par le site de"),
        help_text="Empty: by no site that we know of; nobody is guessed.",
    )
    call_slot = models.CharField(_("quand rappeler"), max_length=10, choices=CallSlot, default=CallSlot.ANY)
    filed_at = models.DateTimeField(_("déposée le"))
    consented_at = models.DateTimeField(_("consentement donné le"))
    consent_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("consentement recueilli au téléphone par"),
        help_text=_("Vide : l’entreprise l’a donné elle-même, sur le site, ou à un partenaire."),
    )
    consent_partner = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("consentement recueilli par le partenaire"),
    )
    confirmed_at = models.DateTimeField(_("adresse confirmée le"), null=True, blank=True)
    reviewed_at = models.DateTimeField(_("relue le"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("relue par")
    )
    first_answered_at = models.DateTimeField(
        _("première réponse le"),
        null=True,
        blank=True,
        help_text="When its first review ended; empty where that was undone before its firm was told.",
    )
    reopened_at = models.DateTimeField(
        _("rouverte le"), null=True, blank=True, help_text="The last time that its review was awaited again."
    )
    officer = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="files",
        verbose_name=_("suivie par"),
        help_text=_("Vide : personne ne l’a encore prise en charge."),
    )
    closed_at = models.DateTimeField(_("fermée le"), null=True, blank=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("fermée par")
    )
    closed_reason = models.CharField(_("pourquoi elle est fermée"), max_length=12, choices=Closing, blank=True)
    name_shared_at = models.DateTimeField(
        _("nom donné aux collègues le"), null=True, blank=True, help_text="Empty: a colleague is not told it."
    )
    unread_by = models.ForeignKey(
        ReviewPolicy,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("partie sans lecture, selon"),
        help_text="What let its schemes be e-mailed before somebody read it; empty: it is read first.",
    )
    many_of_company = models.BooleanField(
        _("beaucoup de demandes pour ce SIREN ce jour-là"), default=False, help_text="Read by officers only."
    )
    many_of_address = models.BooleanField(
        _("beaucoup de demandes avec cette adresse ce jour-là"), default=False, help_text="Read by officers only."
    )
    erased_at = models.DateTimeField(
        _("effacée le"), null=True, blank=True, help_text="What is left names nobody: see backend/privacy."
    )
    # What a page has looked up of it, while it is laid out (``ownership.read_once``).
    page_readings: Any = None
    page_facts: dict[str, Fact] | None = None
    page_declined: set[str] | None = None
    page_official: dict[str, Fact] | None = None
    page_sources: dict[int | None, dict[int, str]] | None = None  # by who reads
    page_reader: Any = None  # the guest who opened it; none: its contact, or somebody else than a firm
    page_alert: Any = None  # the subscription of who reads it
    page_contents: frozenset[str] | None = None  # kinds of rows that hang on it (``contents.read_contents``)
    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("demande")
        verbose_name_plural = _("demandes")
        ordering = ["-filed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_reason="")
                | (Q(closed_at__isnull=False) & ~Q(closed_reason="")),
                name="submission_closed_says_why",
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} – {self.sheet}"

    @property
    def reference(self) -> str:
        return f"D-{self.filed_at:%Y}-{self.pk:05d}"

    @property
    def filed_on(self) -> date:
        """The day it was filed, in Paris."""
        return timezone.localdate(self.filed_at)

    @property
    def waits_since(self) -> date:
        """The day from which its review is awaited: reopened, else confirmed, else the day officers see it."""
        if moment := self.reopened_at or self.confirmed_at:
            return timezone.localdate(moment)
        return self.filed_on if self.consent_by_id else add_working_days(self.filed_on, 1)

    @property
    def officer_in_post(self) -> User | None:
        """Its officer, unless the account is closed: then who follows the file next is not known yet."""
        return self.officer if self.officer and self.officer.is_active else None

    @property
    def has_answer(self) -> bool:
        """Whether its firm reads what its last review said: it ended, or is taken up again by an officer."""
        return self.reviewed_at is not None or self.reviewed_by_id is not None

    @property
    def is_entitled(self) -> bool:
        """Whether nobody found that its author does not speak for the firm."""
        return self.closed_reason != Submission.Closing.NOT_ENTITLED

    @property
    def filed_by(self) -> User | Organisation | None:
        """Who filed it for its firm and noted that it agreed: an officer or a partner; none: the firm itself."""
        return self.consent_by or self.consent_partner

    @property
    def awaits_firm(self) -> bool:
        """Whether it was filed for its firm, which has not confirmed its address: see ``AWAITS_FIRM``."""
        return bool(self.consent_by_id or self.consent_partner_id) and self.confirmed_at is None

    @property
    def is_barred(self) -> bool:
        """Whether it is closed so that nobody acts on it: see ``BARRED``."""
        return self.closed_reason in self.BARRED

    @property
    def topic(self) -> str:
        """What e-mails about this file are about, and what the firm refuses when it refuses them."""
        return f"submission:{self.pk}"

    @property
    def firm(self) -> str:
        """The firm that e-mails about this file speak of, as the frequency cap counts it; all unknown ones are one."""
        return f"company:{self.sheet.company_id or 'unknown'}"

    @property
    def crowd_note(self) -> str:
        """What officers read of a file that came among many: somebody may be filing in the firm's place."""
        if not (self.many_of_company or self.many_of_address):
            return ""
        both = self.many_of_company and self.many_of_address
        same = (
            _("ce SIREN et cette adresse") if both else _("ce SIREN") if self.many_of_company else _("cette adresse")
        )
        return _("Beaucoup de demandes pour %(same)s ce jour-là") % {"same": same}
