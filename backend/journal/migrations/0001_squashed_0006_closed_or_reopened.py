import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models
from backend.common.append_only import append_only


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("journal", "0001_audit_log"),
        ("journal", "0002_more_kinds"),
        ("journal", "0003_files_assigned"),
        ("journal", "0004_file_shares"),
        ("journal", "0005_guests"),
        ("journal", "0006_closed_or_reopened"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("territories", "0001_squashed_0003_zone_lists"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sign_in", "connexion"),
                            ("sign_in_failed", "connexion refusée"),
                            ("second_factor_used", "second facteur montré"),
                            ("second_factor_failed", "second facteur refusé"),
                            ("second_factor_added", "second facteur ajouté"),
                            ("second_factor_removed", "second facteur retiré"),
                            ("second_factor_reset", "second facteur retiré par l’administration"),
                            ("password_reset_requested", "nouveau mot de passe demandé"),
                            ("password_reset", "nouveau mot de passe choisi par courriel"),
                            ("password_changed", "mot de passe changé"),
                            ("session_ended", "session terminée à distance"),
                            ("file_read", "dossier ouvert"),
                            ("review_recorded", "avis donné"),
                            ("review_withdrawn", "avis retiré"),
                            ("review_ended", "relecture terminée"),
                            ("review_reopened", "relecture reprise"),
                            ("file_taken", "dossier pris"),
                            ("file_assigned", "dossier confié par le responsable"),
                            ("file_rerouted", "dossier transmis à une autre intercommunalité"),
                            ("hand_over_offered", "dossier proposé à un collègue"),
                            ("hand_over_answered", "réponse à une proposition de dossier"),
                            ("files_linked", "dossiers liés"),
                            ("files_unlinked", "dossiers déliés"),
                            ("file_shared", "dossier partagé avec un partenaire"),
                            ("share_ended", "partage avec un partenaire terminé"),
                            ("guest_invited", "contact invité par l’entreprise"),
                            ("guest_accepted", "invitation acceptée"),
                            ("guest_changed", "droit d’un contact invité changé"),
                            ("guest_ended", "accès d’un contact invité terminé"),
                            ("file_closed", "dossier fermé ou rouvert"),
                            ("consent_withdrawn", "consentement retiré par l’entreprise"),
                            ("address_corrected", "adresse de l’entreprise corrigée"),
                            ("export", "données téléchargées"),
                            ("erasure", "données effacées"),
                            ("backup", "sauvegarde"),
                            ("restore", "restauration"),
                        ],
                        max_length=32,
                        verbose_name="nature",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="quand")),
                (
                    "actor",
                    models.ForeignKey(
                        help_text="Vide : l’entreprise elle-même, une commande, ou quelqu’un qui n’est pas entré.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="qui",
                    ),
                ),
                ("actor_label", models.CharField(blank=True, max_length=150, verbose_name="nom à ce moment")),
                (
                    "account",
                    models.ForeignKey(
                        help_text="S’il n’est pas celui de la personne qui agit.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte concerné",
                    ),
                ),
                ("submission_id", models.BigIntegerField(null=True, verbose_name="numéro de la demande")),
                (
                    "epci",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.servedepci",
                        verbose_name="intercommunalité du dossier, à ce moment",
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=64, verbose_name="précision")),
            ],
            options={
                "verbose_name": "événement du journal",
                "verbose_name_plural": "journal",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(
                        models.F("submission_id"),
                        models.OrderBy(models.F("at"), descending=True),
                        name="audit_event_of_file",
                    ),
                    models.Index(
                        models.F("epci"), models.OrderBy(models.F("at"), descending=True), name="audit_event_of_epci"
                    ),
                    models.Index(models.OrderBy(models.F("at"), descending=True), name="audit_event_at"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "sign_in",
                                    "sign_in_failed",
                                    "second_factor_used",
                                    "second_factor_failed",
                                    "second_factor_added",
                                    "second_factor_removed",
                                    "second_factor_reset",
                                    "password_reset_requested",
                                    "password_reset",
                                    "password_changed",
                                    "session_ended",
                                    "file_read",
                                    "review_recorded",
                                    "review_withdrawn",
                                    "review_ended",
                                    "review_reopened",
                                    "file_taken",
                                    "file_assigned",
                                    "file_rerouted",
                                    "hand_over_offered",
                                    "hand_over_answered",
                                    "files_linked",
                                    "files_unlinked",
                                    "file_shared",
                                    "share_ended",
                                    "guest_invited",
                                    "guest_accepted",
                                    "guest_changed",
                                    "guest_ended",
                                    "file_closed",
                                    "consent_withdrawn",
                                    "address_corrected",
                                    "export",
                                    "erasure",
                                    "backup",
                                    "restore",
                                ],
                            )
                        ),
                        name="audit_event_known_kind",
                    ),
                    models.UniqueConstraint(
                        models.F("actor"),
                        models.F("submission_id"),
                        django.db.models.functions.datetime.TruncHour("at"),
                        condition=models.Q(("kind", "file_read")),
                        name="audit_event_one_read_an_hour",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "file_read"), _negated=True),
                            models.Q(("actor__isnull", False), ("submission_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="audit_event_read_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("detail__regex", "^[a-z0-9_.-]*$")), name="audit_event_detail_is_a_code"
                    ),
                ],
            },
        ),
        append_only("journal_auditevent"),
    ]
