"""« Hors de mon périmètre » is no reason of a review any more (ADR 40): the verdict of those that were says it all."""

from django.db import migrations


def drop_reason(apps, schema_editor):
    apps.get_model("matchmaking", "Review").objects.filter(verdict="referred").update(reason="")


def restore_reason(apps, schema_editor):
    apps.get_model("matchmaking", "Review").objects.filter(verdict="referred").update(reason="outside_perimeter")


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0032_referrals")]
    operations = [migrations.RunPython(drop_reason, restore_reason)]
