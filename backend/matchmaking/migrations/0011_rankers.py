import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from backend.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("matchmaking", "0010_corrections_and_unmet_needs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Ranker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("points", models.JSONField(verbose_name="points appris")),
                ("means", models.JSONField(verbose_name="parts moyennes")),
                ("bound", models.FloatField(verbose_name="correction la plus forte")),
                (
                    "counts",
                    models.JSONField(
                        help_text="decisions, files, officers, rarer_answer.", verbose_name="avis utilisés"
                    ),
                ),
                (
                    "comparison",
                    models.JSONField(help_text="On the files that were held out.", verbose_name="comparaison"),
                ),
                (
                    "fairness",
                    models.JSONField(
                        help_text="What each group of firms sees, before and after.", verbose_name="équité"
                    ),
                ),
                ("trained_at", models.DateTimeField(verbose_name="apprise le")),
                (
                    "state",
                    models.CharField(
                        choices=[("candidate", "à examiner"), ("adopted", "en service"), ("retired", "retirée")],
                        default="candidate",
                        max_length=9,
                        verbose_name="état",
                    ),
                ),
                ("adopted_at", models.DateTimeField(blank=True, null=True, verbose_name="mise en service le")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retirée le")),
                (
                    "adopted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "champion",
                    models.ForeignKey(
                        blank=True,
                        help_text="What was in use; empty: the rules alone.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matchmaking.ranker",
                    ),
                ),
                (
                    "retired_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: a newer one took its place.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "weights",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matchmaking.weightset"
                    ),
                ),
            ],
            options={
                "verbose_name": "classement appris",
                "verbose_name_plural": "classements appris",
                "ordering": ["-trained_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="result",
            name="ranker",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matchmaking.ranker"
            ),
        ),
        migrations.AddConstraint(
            model_name="ranker",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "adopted")), fields=("state",), name="ranker_one_adopted"
            ),
        ),
        migrations.AddConstraint(
            model_name="ranker",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "adopted"), _negated=True),
                    models.Q(("adopted_at__isnull", False), ("adopted_by__isnull", False)),
                    _connector="OR",
                ),
                name="ranker_adopted_by_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="ranker",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("retired_at__isnull", False), ("state", "retired")),
                    models.Q(models.Q(("state", "retired"), _negated=True), ("retired_at__isnull", True)),
                    _connector="OR",
                ),
                name="ranker_retired_at_a_time",
            ),
        ),
        append_only(
            "matchmaking_ranker", "weights_id", "points", "means", "bound", "counts", "comparison", "fairness"
        ),
    ]
