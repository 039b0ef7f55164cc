from django.db import migrations, models

KINDS = {
    "result": "résultat",
    "confirm": "confirmation de l’adresse",
    "stop": "arrêt de courriels",
    "access": "accès de 30 minutes",
    "preview": "aperçu d’une fiche",
    "feed": "agenda",
    "staff_feed": "agenda d’un agent",
    "share": "partage en lecture",
    "survey": "question sur la suite d’une demande",
    "note": "note au comité",
    "sheets": "fiches à confirmer",
    "guest": "invitation d’un contact",
}


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0006_sheets_looked_after"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="link",
            name="link_kind_is_known",
        ),
        migrations.AlterField(
            model_name="link",
            name="kind",
            field=models.CharField(choices=list(KINDS.items()), max_length=10, verbose_name="nature"),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", list(KINDS))), name="link_kind_is_known"
            ),
        ),
    ]
