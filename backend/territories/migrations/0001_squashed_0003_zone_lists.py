import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("territories", "0001_initial"),
        ("territories", "0002_tables_of_activities"),
        ("territories", "0003_zone_lists"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ActivityTable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=500, verbose_name="source")),
                ("dated", models.DateField(verbose_name="datée du")),
                ("loaded_at", models.DateTimeField(verbose_name="chargée le")),
                ("digest", models.CharField(max_length=64)),
                (
                    "pairs",
                    models.JSONField(
                        help_text="Pairs of a code of the NAF rév. 2 and one of the 2025.",
                        verbose_name="correspondances",
                    ),
                ),
                (
                    "incomplete",
                    models.JSONField(
                        default=dict,
                        help_text="By nomenclature, codes of which a row could not be read: nothing is told of them.",
                    ),
                ),
                (
                    "silent",
                    models.JSONField(
                        default=list, help_text="Nomenclatures of which a code in some row could not be read."
                    ),
                ),
            ],
            options={
                "verbose_name": "table de correspondance des activités",
                "verbose_name_plural": "tables de correspondance des activités",
                "ordering": ["-pk"],
                "get_latest_by": "pk",
            },
        ),
        migrations.CreateModel(
            name="LoadedFixture",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Perimeter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60, unique=True, verbose_name="code")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("region", "région"),
                            ("department", "département"),
                            ("epci", "intercommunalité"),
                            ("commune", "commune"),
                            ("zone", "zone"),
                        ],
                        max_length=12,
                        verbose_name="nature",
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="nom")),
                (
                    "search_name",
                    models.CharField(db_index=True, help_text="Name without accents, for look-ups.", max_length=120),
                ),
                (
                    "postcodes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=5), blank=True, default=list
                    ),
                ),
                (
                    "population",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="population municipale"),
                ),
                ("note", models.TextField(blank=True, verbose_name="remarque")),
                (
                    "is_of_addresses",
                    models.BooleanField(
                        default=False,
                        help_text="Of a zone: its list names communes of which a part is in.",
                        verbose_name="parties de communes",
                    ),
                ),
            ],
            options={
                "verbose_name": "périmètre",
                "verbose_name_plural": "périmètres",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Territory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="nom")),
                ("programme", models.CharField(max_length=120, verbose_name="programme")),
            ],
            options={
                "verbose_name": "territoire",
                "verbose_name_plural": "territoires",
            },
        ),
        migrations.CreateModel(
            name="Nomenclature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "system",
                    models.CharField(
                        choices=[("naf_rev2", "NAF rév. 2"), ("legal_category", "catégorie juridique")], max_length=16
                    ),
                ),
                ("code", models.CharField(max_length=8)),
                ("name", models.CharField(max_length=200, verbose_name="libellé")),
                ("level", models.CharField(blank=True, max_length=12)),
            ],
            options={
                "verbose_name": "code de nomenclature",
                "verbose_name_plural": "codes de nomenclature",
                "constraints": [models.UniqueConstraint(fields=("system", "code"), name="nomenclature_code_once")],
            },
        ),
        migrations.CreateModel(
            name="ServedEpci",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="epcis", to="territories.territory"
                    ),
                ),
                (
                    "perimeter",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="served", to="territories.perimeter"
                    ),
                ),
                ("short_name", models.CharField(max_length=20, verbose_name="sigle")),
                ("usual_name", models.CharField(max_length=120, verbose_name="nom d’usage")),
            ],
            options={
                "verbose_name": "intercommunalité servie",
                "verbose_name_plural": "intercommunalités servies",
                "ordering": ["short_name"],
            },
        ),
        migrations.CreateModel(
            name="ZoneList",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "zone",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lists",
                        to="territories.perimeter",
                        verbose_name="zone",
                    ),
                ),
                ("source", models.TextField(verbose_name="source")),
                ("dated", models.DateField(verbose_name="datée du")),
                (
                    "is_reviewed",
                    models.BooleanField(
                        help_text="Of zones.yaml; else loaded by load_zones.", verbose_name="fichier relu"
                    ),
                ),
                ("loaded_at", models.DateTimeField(verbose_name="chargée le")),
                ("digest", models.CharField(max_length=64)),
                (
                    "held_for",
                    models.JSONField(
                        help_text="Codes of perimeters; FRANCE for everywhere.", verbose_name="complète dans"
                    ),
                ),
                (
                    "said",
                    models.JSONField(
                        help_text="By code: whether it is in, or known to be out.", verbose_name="communes"
                    ),
                ),
            ],
            options={
                "verbose_name": "liste d’une zone",
                "verbose_name_plural": "listes des zones",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Containment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "inner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="containments",
                        to="territories.perimeter",
                    ),
                ),
                (
                    "outer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contents",
                        to="territories.perimeter",
                    ),
                ),
                ("holds", models.BooleanField(default=True)),
                ("since", models.DateField()),
                ("until", models.DateField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "inclusion",
                "verbose_name_plural": "inclusions",
                "constraints": [
                    models.UniqueConstraint(fields=("inner", "outer", "since"), name="containment_once"),
                    models.CheckConstraint(
                        condition=models.Q(("until__gte", models.F("since"))), name="containment_since_then_until"
                    ),
                ],
            },
        ),
    ]
