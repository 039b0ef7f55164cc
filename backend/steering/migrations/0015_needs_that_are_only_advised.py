"""Needs that a guide alone answers are told apart: as all others until the next night counts them."""

import numpy as np
from django.db import migrations, models

# What backend/steering/need_table.py packed before this day, and packs since.
BEFORE = np.dtype([(name, "<u4") for name in ("file", "days", "epci", "commune", "size", "sub_need", "standing")])
AFTER = np.dtype([(name, "<u4") for name in ("file", "days", "advised", *BEFORE.names[2:])])


def repacked(before, after):
    """Return what packs each need again in the columns that both have; the others are 0."""

    def repack(apps, schema_editor):
        for table in apps.get_model("steering", "NeedTable").objects.all():
            old = np.frombuffer(table.needs, dtype=before)
            new = np.zeros(len(old), dtype=after)
            for name in BEFORE.names:
                new[name] = old[name]
            table.needs = new.tobytes()
            table.save(update_fields=["needs"])

    return repack


class Migration(migrations.Migration):
    dependencies = [("steering", "0014_figures_as_columns")]

    operations = [
        migrations.AddField(
            model_name="needfact",
            name="is_advised",
            field=models.BooleanField(default=False, verbose_name="avec un conseil"),
        ),
        migrations.AlterField(
            model_name="action",
            name="unmet_then",
            field=models.PositiveIntegerField(verbose_name="sans dispositif, à la décision"),
        ),
        migrations.RunPython(repacked(BEFORE, AFTER), repacked(AFTER, BEFORE), elidable=True),
    ]
