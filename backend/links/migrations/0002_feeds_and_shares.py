from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="link",
            name="link_kind_is_known",
        ),
        migrations.AddField(
            model_name="link",
            name="n_visits",
            field=models.PositiveIntegerField(
                default=0, help_text="Of a share: each time it was read.", verbose_name="consultations"
            ),
        ),
        migrations.AlterField(
            model_name="link",
            name="kind",
            field=models.CharField(
                choices=[
                    ("result", "résultat"),
                    ("confirm", "confirmation de l’adresse"),
                    ("stop", "arrêt de courriels"),
                    ("access", "accès de 30 minutes"),
                    ("preview", "aperçu d’une fiche"),
                    ("feed", "agenda"),
                    ("staff_feed", "agenda d’un agent"),
                    ("share", "partage en lecture"),
                ],
                max_length=10,
                verbose_name="nature",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["result", "confirm", "stop", "access", "preview", "feed", "staff_feed", "share"])
                ),
                name="link_kind_is_known",
            ),
        ),
    ]
