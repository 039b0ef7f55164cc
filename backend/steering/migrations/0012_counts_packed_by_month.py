"""The counts of a month in one row: they are packed from those that stand, so that figures are what they were."""

from collections import defaultdict
from zlib import crc32

import numpy as np
from django.db import migrations, models

# What backend/steering/step_counts.py packs on this day.
COLUMNS = ("epci", "size", "step", "working_days", "n", "n_confirmed", "n_open", "n_waiting")
ROW = np.dtype([(name, "<u4") for name in COLUMNS])


def code_of(word):
    return crc32(word.encode())


def pack(apps, schema_editor):
    months = defaultdict(list)
    rows = apps.get_model("steering", "StepCount").objects.order_by("epci", "size", "step", "working_days")
    for month, need, epci, size, step, *numbers in rows.values_list("month", "need", *COLUMNS):
        months[month, need].append((epci or 0, code_of(size), code_of(step), *numbers))
    packed = apps.get_model("steering", "PackedCount")
    packed.objects.bulk_create(
        packed(month=month, need=need, packed=np.array(found, dtype=ROW).tobytes())
        for (month, need), found in months.items()
    )


class Migration(migrations.Migration):
    dependencies = [("steering", "0011_step_counts")]

    operations = [
        migrations.CreateModel(
            name="PackedCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="Its first day.", verbose_name="mois de dépôt")),
                ("need", models.CharField(blank=True, max_length=60, verbose_name="besoin")),
                ("packed", models.BinaryField(verbose_name="comptes")),
            ],
            options={
                "verbose_name": "compte d’un mois",
                "verbose_name_plural": "comptes par mois",
            },
        ),
        migrations.RunPython(pack, migrations.RunPython.noop),
        migrations.DeleteModel(name="StepCount"),
        migrations.RenameModel(old_name="PackedCount", new_name="StepCount"),
        migrations.AddConstraint(
            model_name="stepcount",
            constraint=models.UniqueConstraint(fields=("month", "need"), name="step_count_once"),
        ),
    ]
