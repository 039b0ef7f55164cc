import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from backend.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("matchmaking", "0009_language_closeness_and_chance"),
        ("schemes", "0007_sayings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="need",
            name="added",
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name="NeedCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "change",
                    models.CharField(
                        choices=[("added", "ajouté"), ("removed", "écarté"), ("withdrawn", "correction retirée")],
                        max_length=10,
                        verbose_name="correction",
                    ),
                ),
                (
                    "was_ticked",
                    models.BooleanField(
                        default=False, help_text="The firm had ticked what is removed: taking it back ticks it again."
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="le")),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                (
                    "sub_need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schemes.subneed"
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="need_corrections",
                        to="matchmaking.submission",
                    ),
                ),
            ],
            options={
                "verbose_name": "correction d’un besoin",
                "verbose_name_plural": "corrections de besoins",
                "ordering": ["-made_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="UnmetNeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("no_scheme", "aucun dispositif n’y répond"),
                            ("none_open", "aucun n’est ouvert aujourd’hui"),
                            ("none_for_firm", "aucun n’accepte l’entreprise"),
                            ("not_understood", "demande non comprise"),
                        ],
                        max_length=15,
                        verbose_name="pourquoi",
                    ),
                ),
                (
                    "blocking",
                    models.CharField(
                        blank=True,
                        help_text="Kind of the criterion that excludes the firm from most of the schemes.",
                        max_length=30,
                    ),
                ),
                (
                    "commune",
                    models.CharField(
                        blank=True, help_text="Of the project; empty: not known.", max_length=5, verbose_name="commune"
                    ),
                ),
                ("since", models.DateField(verbose_name="depuis le")),
                (
                    "sub_need",
                    models.ForeignKey(
                        blank=True,
                        help_text="None: the words were not understood.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.subneed",
                        verbose_name="sous-besoin",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unmet_needs",
                        to="matchmaking.submission",
                    ),
                ),
            ],
            options={
                "verbose_name": "besoin sans réponse",
                "verbose_name_plural": "besoins sans réponse",
                "ordering": ["since", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("submission", "sub_need"), name="unmet_need_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", "not_understood"), ("sub_need", None)),
                            models.Q(
                                ("sub_need__isnull", False), models.Q(("reason", "not_understood"), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="unmet_need_is_understood_or_not",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("blocking", ""), ("reason", "none_for_firm"), _connector="OR"),
                        name="unmet_need_blocks_the_firm",
                    ),
                ],
            },
        ),
        append_only("matchmaking_needcorrection"),
    ]
