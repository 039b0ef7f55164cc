from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("links", "0001_initial"),
        ("links", "0002_feeds_and_shares"),
        ("links", "0004_surveys"),
        ("links", "0005_note_sent"),
        ("links", "0006_sheets_looked_after"),
        ("links", "0007_invitations"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("result", "résultat"),
                            ("confirm", "confirmation de l’adresse"),
                            ("stop", "arrêt de courriels"),
                            ("access", "accès de 30 minutes"),
                            ("preview", "aperçu d’une fiche"),
                            ("feed", "agenda"),
                            ("staff_feed", "agenda d’un agent"),
                            ("share", "partage en lecture"),
                            ("survey", "question sur la suite d’une demande"),
                            ("note", "note au comité"),
                            ("sheets", "fiches à confirmer"),
                            ("guest", "invitation d’un contact"),
                        ],
                        max_length=10,
                        verbose_name="nature",
                    ),
                ),
                ("object_id", models.BigIntegerField(verbose_name="objet")),
                ("scope", models.CharField(blank=True, max_length=60, verbose_name="portée")),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(verbose_name="fait le")),
                ("expires_at", models.DateTimeField(verbose_name="valable jusqu’au")),
                ("last_used_at", models.DateTimeField(blank=True, null=True, verbose_name="dernier usage")),
                (
                    "n_visits",
                    models.PositiveIntegerField(
                        default=0, help_text="Of a share: each time it was read.", verbose_name="consultations"
                    ),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="révoqué le")),
            ],
            options={
                "verbose_name": "lien secret",
                "verbose_name_plural": "liens secrets",
                "ordering": ["-created_at", "-pk"],
                "indexes": [
                    models.Index(fields=["kind", "object_id"], name="link_of_object"),
                    models.Index(fields=["expires_at"], name="link_end"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "result",
                                    "confirm",
                                    "stop",
                                    "access",
                                    "preview",
                                    "feed",
                                    "staff_feed",
                                    "share",
                                    "survey",
                                    "note",
                                    "sheets",
                                    "guest",
                                ],
                            )
                        ),
                        name="link_kind_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="link_digest_is_sha256"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))), name="link_made_then_over"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_used_at__gte", models.F("created_at"))), name="link_made_then_used"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("revoked_at__gte", models.F("created_at"))), name="link_made_then_revoked"
                    ),
                ],
            },
        ),
    ]
