import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("notifications", "0001_initial"),
        ("notifications", "0002_kinds_of_emails"),
        ("notifications", "0003_suppressions"),
        ("notifications", "0004_links_made_when_sent"),
        ("notifications", "0005_frequency_cap"),
        ("notifications", "0006_stop_reasons"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Stop",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254, verbose_name="adresse")),
                (
                    "topics",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list
                    ),
                ),
                (
                    "explained",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        help_text="The topics whose stop was given a reason; the reason is counted elsewhere, without the address.",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="demandé le")),
            ],
            options={
                "verbose_name": "arrêt demandé",
                "verbose_name_plural": "arrêts demandés",
                "constraints": [models.UniqueConstraint(fields=("address",), name="stop_once_per_address")],
            },
        ),
        migrations.CreateModel(
            name="StopReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="Its first day.", verbose_name="mois")),
                (
                    "list_name",
                    models.CharField(
                        help_text="The first part of the topic, such as alerts.", max_length=20, verbose_name="liste"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("too_many", "Trop de courriels"),
                            ("not_for_us", "Ils ne concernent pas mon entreprise"),
                            ("found", "J’ai trouvé ce qu’il me faut"),
                            ("project_over", "Mon projet est terminé ou abandonné"),
                            ("other", "Une autre raison"),
                        ],
                        max_length=12,
                        verbose_name="raison",
                    ),
                ),
                ("n_stops", models.PositiveIntegerField(default=0, verbose_name="arrêts")),
            ],
            options={
                "verbose_name": "raison d’un arrêt",
                "verbose_name_plural": "raisons des arrêts",
                "ordering": ["-month", "list_name", "reason"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month", "list_name", "reason"), name="stop_reason_of_a_month_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("dead", "l’adresse n’existe pas"),
                            ("complained", "courriel signalé comme indésirable"),
                        ],
                        max_length=10,
                        verbose_name="raison",
                    ),
                ),
                ("detail", models.CharField(blank=True, max_length=300, verbose_name="réponse du serveur")),
                ("suppressed_at", models.DateTimeField(verbose_name="depuis le")),
                ("lifted_at", models.DateTimeField(blank=True, null=True, verbose_name="levée le")),
                (
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="levée par",
                    ),
                ),
            ],
            options={
                "verbose_name": "adresse à qui l’on n’écrit plus",
                "verbose_name_plural": "adresses à qui l’on n’écrit plus",
                "ordering": ["-suppressed_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("digest", "reason"),
                        name="suppression_once_per_address",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, verbose_name="nature")),
                (
                    "about",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        verbose_name="à propos de",
                    ),
                ),
                ("dedupe_key", models.CharField(max_length=200, unique=True, verbose_name="clé")),
                ("recipient", models.EmailField(max_length=254, verbose_name="destinataire")),
                ("reply_to", models.EmailField(blank=True, max_length=254, verbose_name="réponse à")),
                ("subject", models.CharField(max_length=200, verbose_name="objet")),
                ("text", models.TextField(verbose_name="texte")),
                ("html", models.TextField(verbose_name="HTML")),
                ("links", models.JSONField(default=list, editable=False, verbose_name="liens")),
                ("message_id", models.CharField(max_length=120, unique=True)),
                ("topic", models.CharField(blank=True, max_length=40, verbose_name="sujet d’abonnement")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "à envoyer"),
                            ("claimed", "en cours d’envoi"),
                            ("sent", "envoyé"),
                            ("stopped", "arrêté par le destinataire"),
                            ("failed", "abandonné"),
                        ],
                        default="due",
                        max_length=8,
                        verbose_name="état",
                    ),
                ),
                (
                    "delivery",
                    models.CharField(
                        choices=[
                            ("unknown", "pas de nouvelle"),
                            ("refused", "refusé"),
                            ("dead", "adresse qui n’existe plus"),
                            ("complained", "signalé comme indésirable"),
                        ],
                        default="unknown",
                        max_length=10,
                        verbose_name="remise",
                    ),
                ),
                (
                    "suppression",
                    models.ForeignKey(
                        blank=True,
                        help_text="What this e-mail proved, or what held it back.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notifications",
                        to="notifications.suppression",
                        verbose_name="adresse à qui l’on n’écrit plus",
                    ),
                ),
                ("attempt", models.PositiveSmallIntegerField(default=0, verbose_name="tentative")),
                ("owed_at", models.DateTimeField(verbose_name="dû le")),
                ("cap_firm", models.CharField(blank=True, max_length=40, verbose_name="entreprise")),
                ("cap_day", models.DateField(blank=True, null=True, verbose_name="tour du")),
                ("cap_first", models.BooleanField(default=False, verbose_name="passe devant")),
                ("due_at", models.DateTimeField(verbose_name="à envoyer dès")),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="pris le")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="terminé le")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="dernière erreur")),
            ],
            options={
                "verbose_name": "notification",
                "verbose_name_plural": "notifications",
                "ordering": ["-owed_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["due", "claimed"])),
                        fields=["due_at"],
                        name="notification_deliverable",
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["about"], name="notification_about"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("cap_firm"),
                        models.F("cap_day"),
                        django.db.models.functions.text.Lower("recipient"),
                        name="one_capped_email_a_day",
                    )
                ],
            },
        ),
    ]
