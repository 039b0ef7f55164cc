"""The audit log: who signed in, read a file, decided, exported or erased, and when.

A row has numbers and codes only: no secret, no text that somebody typed. The database refuses to rewrite it.
"""

from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import TruncHour
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What is noted: the database takes nothing else."""

    SIGN_IN = "sign_in", _("connexion")
    SIGN_IN_FAILED = "sign_in_failed", _("connexion refusée")
    SECOND_FACTOR_USED = "second_factor_used", _("second facteur montré")
    SECOND_FACTOR_FAILED = "second_factor_failed", _("second facteur refusé")
    SECOND_FACTOR_ADDED = "second_factor_added", _("second facteur ajouté")
    SECOND_FACTOR_REMOVED = "second_factor_removed", _("second facteur retiré")
    SECOND_FACTOR_RESET = "second_factor_reset", _("second facteur retiré par l’administration")
    PASSWORD_RESET_REQUESTED = "password_reset_requested", _("nouveau mot de passe demandé")
    PASSWORD_RESET = "password_reset", _("nouveau mot de passe choisi par courriel")
    PASSWORD_CHANGED = "password_changed", _("mot de passe changé")
    SESSION_ENDED = "session_ended", _("session terminée à distance")
    FILE_READ = "file_read", _("dossier ouvert")
    REVIEW_RECORDED = "review_recorded", _("avis donné")
    REVIEW_WITHDRAWN = "review_withdrawn", _("avis retiré")
    REVIEW_ENDED = "review_ended", _("relecture terminée")
    REVIEW_REOPENED = "review_reopened", _("relecture reprise")
    FILE_TAKEN = "file_taken", _("dossier pris")
    FILE_ASSIGNED = "file_assigned", _("dossier confié par le responsable")
    FILE_REROUTED = "file_rerouted", _("dossier transmis à une autre intercommunalité")
    HAND_OVER_OFFERED = "hand_over_offered", _("dossier proposé à un collègue")
    HAND_OVER_ANSWERED = "hand_over_answered", _("réponse à une proposition de dossier")
    FILES_LINKED = "files_linked", _("dossiers liés")
    FILES_UNLINKED = "files_unlinked", _("dossiers déliés")
    FILE_SHARED = "file_shared", _("dossier partagé avec un partenaire")
    SHARE_ENDED = "share_ended", _("partage avec un partenaire terminé")
    GUEST_INVITED = "guest_invited", _("contact invité par l’entreprise")
    GUEST_ACCEPTED = "guest_accepted", _("invitation acceptée")
    GUEST_CHANGED = "guest_changed", _("droit d’un contact invité changé")
    GUEST_ENDED = "guest_ended", _("accès d’un contact invité terminé")
    FILE_CLOSED = "file_closed", _("dossier fermé ou rouvert")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("consentement retiré par l’entreprise")
    ADDRESS_CORRECTED = "address_corrected", _("adresse de l’entreprise corrigée")
    API_KEY_MADE = "api_key_made", _("clé d’API créée pour un partenaire")
    API_KEY_REVOKED = "api_key_revoked", _("clé d’API révoquée")
    WEBHOOK_ADDED = "webhook_added", _("webhook ajouté pour un partenaire")
    WEBHOOK_CHANGED = "webhook_changed", _("adresse ou événements d’un webhook changés")
    WEBHOOK_SECRET_CHANGED = "webhook_secret_changed", _("secret d’un webhook changé")
    WEBHOOK_REMOVED = "webhook_removed", _("webhook supprimé")
    EXPORT = "export", _("données téléchargées")
    ERASURE = "erasure", _("données effacées")
    BACKUP = "backup", _("sauvegarde")
    RESTORE = "restore", _("restauration")


REOPENED = "reopened"  # in the detail of ``FILE_CLOSED``: it was opened again
# What a detail says, where it is a word of ours.
DETAILS = {
    "kept": _("retenu"),
    "rejected": _("écarté"),
    "referred": _("à une autre intercommunalité"),
    "outside": _("hors du territoire"),
    "proposed": _("proposé"),
    "accepted": _("acceptée"),
    "declined": _("refusée"),
    "asked": _("accord demandé"),
    "agreed": _("accord donné"),
    "refused": _("refusé par l’entreprise"),
    "withdrawn": _("arrêté par l’entreprise"),
    "officer": _("arrêté par le développeur économique"),
    "closed": _("avec le dossier"),
    "address": _("l’adresse a changé"),
    "company": _("le SIREN a changé"),
    "read": _("lire"),
    "answer": _("lire et répondre"),
    "manage": _("tout faire"),
    "guest_refused": _("refusé par ce contact"),
    "guest_left": _("quitté par ce contact"),
    "guest_withdrawn": _("retiré par l’entreprise"),
    "not_entitled": _("contact sans droit"),
    "helped": _("entreprise aidée"),
    "not_helped": _("entreprise que nous n’avons pas pu aider"),
    "unreachable": _("entreprise injoignable"),
    "ended": _("chaque dispositif retenu ou suivi a une issue"),
    "silence": _("rien de nouveau depuis 90 jours"),
    "totp": _("application"),
    "webauthn": _("clé de sécurité"),
    "recovery_codes": _("codes de secours"),
}


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def of_epcis(self, epcis: Iterable[models.Model]) -> Self:
        """What was done with the files of some intercommunalities, or by their people with a file placed nowhere."""
        epcis = [epci.pk for epci in epcis]
        own = Q(actor__memberships__organisation__epci__in=epcis)
        on_pool = self.model._default_manager.filter(own, epci__isnull=True).values("pk")
        return self.about_files().filter(Q(epci__in=epcis) | Q(pk__in=on_pool))

    def about_files(self) -> Self:
        return self.filter(submission_id__isnull=False)

    def about_accounts(self) -> Self:
        """Sign-ins and what the whole service undergoes: nothing about a firm."""
        return self.filter(submission_id__isnull=True)

    def reads_of(self, submission_id: int) -> Self:
        return self.filter(kind=Kind.FILE_READ, submission_id=submission_id)


class AuditEvent(models.Model):
    """One thing that somebody did, of a closed list."""

    kind = models.CharField(_("nature"), max_length=32, choices=Kind)
    at = models.DateTimeField(_("quand"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("qui"),
        help_text=_("Vide : l’entreprise elle-même, une commande, ou quelqu’un qui n’est pas entré."),
    )
    actor_label = models.CharField(_("nom à ce moment"), max_length=150, blank=True)
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("compte concerné"),
        help_text=_("S’il n’est pas celui de la personne qui agit."),
    )
    submission_id = models.BigIntegerField(_("numéro de la demande"), null=True)
    epci = models.ForeignKey(
        "territories.ServedEpci",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("intercommunalité du dossier, à ce moment"),
    )
    detail = models.CharField(_("précision"), max_length=64, blank=True)
    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("événement du journal")
        verbose_name_plural = _("journal")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(F("submission_id"), F("at").desc(), name="audit_event_of_file"),
            models.Index(F("epci"), F("at").desc(), name="audit_event_of_epci"),
            models.Index(F("at").desc(), name="audit_event_at"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="audit_event_known_kind"),
            models.UniqueConstraint(
                F("actor"),
                F("submission_id"),
                TruncHour("at"),
                condition=Q(kind=Kind.FILE_READ),
                name="audit_event_one_read_an_hour",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.FILE_READ) | Q(actor__isnull=False, submission_id__isnull=False),
                name="audit_event_read_by_somebody",
            ),
            # A code or a digest: whatever somebody typed has a space, a capital or an @ sooner or later.
            models.CheckConstraint(condition=Q(detail__regex=r"^[a-z0-9_.-]*$"), name="audit_event_detail_is_a_code"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind} {self.actor_label}"

    @property
    def what(self) -> str:
        """The kind in words; a file that was closed or opened again is noted under one."""
        if self.kind == Kind.FILE_CLOSED:
            return str(_("dossier rouvert") if self.detail == REOPENED else _("dossier fermé"))
        return str(self.get_kind_display())

    @property
    def said(self) -> str:
        """The detail in words, where it adds something to the kind."""
        return str(DETAILS.get(self.detail, ""))
