from django.db import migrations

import backend.schemes.models.schemes
from backend.schemes.models.schemes import stable_uuid


def fill(apps, schema_editor):
    schemes = apps.get_model("schemes", "Scheme")
    rows = list(schemes.objects.only("source", "source_key"))
    for row in rows:
        row.uuid = stable_uuid(row.source, row.source_key)
    schemes.objects.bulk_update(rows, ["uuid"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("schemes", "0010_form_and_level_may_be_unsaid")]

    operations = [
        migrations.AddField(
            model_name="scheme",
            name="uuid",
            field=backend.schemes.models.schemes.StableUuid(
                editable=False, null=True, verbose_name="identifiant universel"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="scheme",
            name="uuid",
            field=backend.schemes.models.schemes.StableUuid(
                editable=False, unique=True, verbose_name="identifiant universel"
            ),
        ),
    ]
