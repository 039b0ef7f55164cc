"""Figures by headcount, in place of the European size that few firms tell. Who asks for what is counted again at night."""

from zlib import crc32

import numpy as np
from django.db import migrations, models

COLUMNS = ("epci", "size", "step", "working_days", "n", "n_confirmed", "n_open", "n_waiting")
ROW = np.dtype([(name, "<u4") for name in COLUMNS])  # what backend/steering/step_counts.py packs on this day
OF_HEADCOUNT = {
    "micro": "under_10", "small": "10_to_49", "medium": "50_to_249", "intermediate": "from_250", "large": "from_250"
}  # fmt: skip


def forget_sizes(apps, schema_editor):
    """Leave the size of each file unknown until it is counted again; what a committee decided keeps its nearest band."""
    apps.get_model("steering", "FileFact").objects.exclude(size="").update(size="")
    apps.get_model("steering", "FairnessMonth").objects.filter(kind="size").delete()
    for counts in apps.get_model("steering", "StepCount").objects.all():
        rows = np.frombuffer(counts.packed, dtype=ROW).copy()
        rows["size"] = crc32(b"")
        counts.packed = rows.tobytes()
        counts.save(update_fields=["packed"])
    for action in apps.get_model("steering", "Action").objects.exclude(size=""):
        action.size = OF_HEADCOUNT[action.size]
        action.save(update_fields=["size"])


class Migration(migrations.Migration):
    dependencies = [
        ("steering", "0012_counts_packed_by_month"),
    ]

    operations = [
        migrations.RunPython(forget_sizes, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="action",
            name="size",
            field=models.CharField(
                blank=True,
                choices=[
                    ("under_10", "moins de 10 salariés"),
                    ("10_to_49", "10 à 49 salariés"),
                    ("50_to_249", "50 à 249 salariés"),
                    ("from_250", "250 salariés et plus"),
                ],
                max_length=12,
                verbose_name="taille",
            ),
        ),
        migrations.AlterField(
            model_name="filefact",
            name="size",
            field=models.CharField(
                blank=True,
                choices=[
                    ("under_10", "moins de 10 salariés"),
                    ("10_to_49", "10 à 49 salariés"),
                    ("50_to_249", "50 à 249 salariés"),
                    ("from_250", "250 salariés et plus"),
                ],
                help_text="Band of headcount; empty: not known.",
                max_length=12,
                verbose_name="taille",
            ),
        ),
    ]
