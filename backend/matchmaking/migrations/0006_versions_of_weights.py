from datetime import date

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("matchmaking", "0005_results_are_append_only"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="weightset",
            options={
                "ordering": ["-written_on", "-version"],
                "verbose_name": "jeu de poids",
                "verbose_name_plural": "jeux de poids",
            },
        ),
        migrations.AddField(
            model_name="weightset",
            name="author",
            field=models.ForeignKey(
                blank=True,
                help_text="Vide : livrée avec le service.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="auteur",
            ),
        ),
        migrations.AddField(
            model_name="weightset",
            name="note",
            field=models.TextField(blank=True, verbose_name="pourquoi"),
        ),
        migrations.AddField(
            model_name="weightset",
            name="written_on",
            # The day of the one file there was.
            field=models.DateField(default=date(2026, 11, 24), verbose_name="écrite le"),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="Activation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="le")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : au chargement des données de référence.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                (
                    "weights",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activations",
                        to="matchmaking.weightset",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "mise en vigueur",
                "verbose_name_plural": "mises en vigueur",
                "ordering": ["-pk"],
            },
        ),
    ]
