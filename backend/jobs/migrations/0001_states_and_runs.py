from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="JobRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="tâche")),
                ("started_at", models.DateTimeField(verbose_name="commencée")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="terminée")),
                (
                    "is_partial",
                    models.BooleanField(
                        default=False,
                        help_text="Asked for by hand on a part of the rows: no success of the job.",
                        verbose_name="partielle",
                    ),
                ),
                ("n_looked_at", models.PositiveIntegerField(default=0, verbose_name="lignes regardées")),
                ("n_changed", models.PositiveIntegerField(default=0, verbose_name="lignes changées")),
                ("error", models.CharField(blank=True, max_length=500, verbose_name="erreur")),
            ],
            options={
                "verbose_name": "passage d’une tâche",
                "verbose_name_plural": "passages des tâches",
                "ordering": ["-started_at", "-pk"],
                "indexes": [models.Index(fields=["name", "-started_at"], name="job_run_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("started_at__lte", models.F("ended_at"))), name="job_run_starts_then_ends"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("error", ""), ("ended_at__isnull", False), _connector="OR"),
                        name="job_run_error_ends_it",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobState",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="tâche")),
                (
                    "known_since",
                    models.DateTimeField(
                        help_text="What a job that never ran is late from.", verbose_name="connue depuis"
                    ),
                ),
                ("succeeded_at", models.DateTimeField(blank=True, null=True, verbose_name="dernier succès")),
                ("seconds", models.FloatField(blank=True, null=True, verbose_name="durée (s)")),
                ("n_looked_at", models.PositiveIntegerField(blank=True, null=True, verbose_name="lignes regardées")),
                ("n_changed", models.PositiveIntegerField(blank=True, null=True, verbose_name="lignes changées")),
                ("n_failures", models.PositiveIntegerField(default=0, verbose_name="échecs de suite")),
                ("failed_at", models.DateTimeField(blank=True, null=True, verbose_name="dernier échec")),
                ("error", models.CharField(blank=True, max_length=500, verbose_name="dernière erreur")),
                ("alarm_since", models.DateTimeField(blank=True, null=True, verbose_name="en alarme depuis")),
                ("told_on", models.DateField(blank=True, null=True, verbose_name="alarme envoyée le")),
            ],
            options={
                "verbose_name": "état d’une tâche",
                "verbose_name_plural": "états des tâches",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("n_changed", None), ("n_looked_at", None), ("seconds", None), ("succeeded_at", None)
                            ),
                            models.Q(
                                ("n_changed__isnull", False),
                                ("n_looked_at__isnull", False),
                                ("seconds__isnull", False),
                                ("succeeded_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="job_success_is_counted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("n_failures", 0),
                            models.Q(
                                ("failed_at__isnull", False),
                                ("n_failures__gt", 0),
                                models.Q(("error", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="job_failure_is_told",
                    ),
                ],
            },
        ),
    ]
