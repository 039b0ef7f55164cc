"""Figures that are read faster: needs as columns, firms that asked twice, and counts of a month in half the bytes.

Needs are packed from those that stand, and counts from what was packed: figures are what they were. Firms are marked
by the next minute's job.
"""

from binascii import crc_hqx
from collections import defaultdict
from itertools import count
from zlib import crc32

import django.contrib.postgres.fields
import numpy as np
from django.db import migrations, models

# What backend/steering/step_counts.py and need_table.py pack on this day.
COUNTS = ("epci", "size", "step", "working_days", "n", "n_confirmed", "n_open", "n_waiting")
BEFORE, AFTER = (np.dtype([(name, kind) for name in COUNTS]) for kind in ("<u4", "<u2"))
SIZES = ("", "under_10", "10_to_49", "50_to_249", "from_250")
STEPS = ("filed", "confirmed", "read", "answered", "applied", "granted", "refused", "closed")
WORDS = {crc32(word.encode()): crc_hqx(word.encode(), 0) for word in (*SIZES, *STEPS)}
NEED = np.dtype([(name, "<u4") for name in ("file", "days", "epci", "commune", "size", "sub_need", "standing")])
BLOCKER = np.dtype([(name, "<u4") for name in ("need", "revision", "criterion")])


def pack_counts(apps, schema_editor):
    for counts in apps.get_model("steering", "StepCount").objects.all():
        rows = [
            (epci, WORDS[size], WORDS[step], *numbers)
            for epci, size, step, *numbers in np.frombuffer(counts.packed, dtype=BEFORE).tolist()
        ]
        counts.packed = np.array(rows, dtype=AFTER).tobytes()
        counts.save(update_fields=["packed"])


def pack_needs(apps, schema_editor):
    places, needs, at = defaultdict(count().__next__), [], {}
    rows = apps.get_model("steering", "NeedFact").objects.order_by("file", "pk")
    answered = apps.get_model("steering", "StepFact").objects.filter(step="answered")
    days = dict(answered.values_list("file", "working_days"))
    of_file = ("file__epci", "file__commune", "file__size")
    for pk, file, *words in rows.values_list("pk", "file", *of_file, "sub_need", "standing"):
        at[pk] = len(needs)
        needs.append((file, days.get(file, 2**16), *(places[str(word or "")] for word in words)))
    alone = apps.get_model("steering", "SoleBlocker").objects.order_by("pk")
    blockers = [
        (at[need], revision, criterion or 0)
        for need, revision, criterion in alone.values_list("need", "revision", "criterion")
    ]
    apps.get_model("steering", "NeedTable").objects.create(
        pk=1,
        words=list(places),
        needs=np.array(needs, dtype=NEED).tobytes(),
        blockers=np.array(blockers, dtype=BLOCKER).tobytes(),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("schemes", "0030_answers_taken_back"),
        ("steering", "0013_size_bands"),
    ]

    operations = [
        migrations.CreateModel(
            name="NeedTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        help_text="Each once: columns hold their places.",
                        verbose_name="mots",
                    ),
                ),
                ("needs", models.BinaryField(verbose_name="besoins")),
                ("blockers", models.BinaryField(verbose_name="critères qui bloquent seuls")),
            ],
            options={
                "verbose_name": "besoins en colonnes",
                "verbose_name_plural": "besoins en colonnes",
            },
        ),
        migrations.AddField(
            model_name="schemefact",
            name="working_days",
            field=models.PositiveIntegerField(
                help_text="Of the operator, since the firm asked for it.",
                null=True,
                verbose_name="jours ouvrés jusqu’à la réponse",
            ),
        ),
        migrations.AddField(
            model_name="schemefact",
            name="same_firm",
            field=models.PositiveBigIntegerField(
                help_text="Where several files of a firm asked for the scheme: the number of the first of them.",
                null=True,
                verbose_name="même entreprise",
            ),
        ),
        migrations.AddIndex(
            model_name="schemefact",
            index=models.Index(
                condition=models.Q(("same_firm__isnull", False)), fields=["scheme"], name="steering_same_firm"
            ),
        ),
        migrations.RunPython(pack_counts, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(pack_needs, migrations.RunPython.noop, elidable=True),
    ]
