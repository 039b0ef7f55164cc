import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models
from backend.common.append_only import append_only


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("steering", "0001_facts_of_steering"),
        ("steering", "0002_needs_and_what_blocks_them"),
        ("steering", "0003_actions"),
        ("steering", "0004_published_months"),
        ("steering", "0005_schemes_counted"),
        ("steering", "0006_note_sent"),
        ("steering", "0007_targets"),
        ("steering", "0008_fairness_by_month"),
        ("steering", "0009_page_counts"),
        ("steering", "0010_reasons_of_refusals"),
        ("steering", "0011_step_counts"),
        ("steering", "0012_counts_packed_by_month"),
        ("steering", "0013_size_bands"),
        ("steering", "0014_figures_as_columns"),
        ("steering", "0015_needs_that_are_only_advised"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("matchmaking", "0001_squashed_0062_calls_without_answer"),
        ("schemes", "0001_squashed_0030_answers_taken_back"),
        ("territories", "0001_squashed_0003_zone_lists"),
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
        migrations.CreateModel(
            name="PublishedMonth",
            fields=[
                ("until", models.DateField(primary_key=True, serialize=False, verbose_name="jusqu’au")),
                (
                    "tables",
                    models.JSONField(
                        help_text="By name: labels of its columns, and rows of cells as said.", verbose_name="tableaux"
                    ),
                ),
                (
                    "signals",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        default=list,
                        help_text="Sentences of the note.",
                        verbose_name="ce qui ressort",
                    ),
                ),
            ],
            options={
                "verbose_name": "mois publié",
                "verbose_name_plural": "mois publiés",
                "ordering": ["until"],
            },
        ),
        migrations.CreateModel(
            name="FairnessMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="Its first day.", verbose_name="mois")),
                (
                    "kind",
                    models.CharField(
                        choices=[("all", "toutes"), ("size", "taille"), ("epci", "intercommunalité")],
                        max_length=4,
                        verbose_name="sorte de groupe",
                    ),
                ),
                (
                    "group",
                    models.CharField(
                        blank=True,
                        help_text="Empty: not known; of all files too.",
                        max_length=20,
                        verbose_name="groupe",
                    ),
                ),
                ("n_files", models.PositiveIntegerField(verbose_name="demandes")),
                (
                    "eligible",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(),
                        help_text="Schemes that are eligible: mean, lower and upper bound.",
                        size=3,
                    ),
                ),
                (
                    "exposure",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(),
                        help_text="How much of them is seen in the list: mean, lower and upper bound.",
                        size=3,
                    ),
                ),
            ],
            options={
                "verbose_name": "équité d’un mois",
                "verbose_name_plural": "équité par mois",
                "ordering": ["-month", "kind", "group"],
                "constraints": [
                    models.UniqueConstraint(fields=("month", "kind", "group"), name="fairness_month_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="FileFact",
            fields=[
                (
                    "submission",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="matchmaking.submission",
                        verbose_name="demande",
                    ),
                ),
                ("filed_on", models.DateField(verbose_name="déposée le")),
                (
                    "epci",
                    models.ForeignKey(
                        help_text="Vide : commune inconnue.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.servedepci",
                        verbose_name="intercommunalité",
                    ),
                ),
                (
                    "commune",
                    models.CharField(
                        blank=True,
                        help_text="INSEE code, of the project first; empty: not known.",
                        max_length=7,
                        verbose_name="commune",
                    ),
                ),
                (
                    "size",
                    models.CharField(
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
                (
                    "needs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        default=list,
                        help_text="Needs of the taxonomy, each once.",
                    ),
                ),
            ],
            options={
                "verbose_name": "demande comptée",
                "verbose_name_plural": "demandes comptées",
                "indexes": [models.Index(fields=["filed_on"], name="steering_filed_on")],
            },
        ),
        migrations.CreateModel(
            name="NeedFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="steering.filefact"
                    ),
                ),
                (
                    "sub_need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schemes.subneed",
                        verbose_name="sous-besoin",
                    ),
                ),
                (
                    "standing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("eligible", "Éligible"),
                            ("likely", "Très probable"),
                            ("to_specify", "À préciser"),
                            ("dates", "Dates à confirmer"),
                            ("later", "Pas encore ouvert"),
                            ("ineligible", "Non éligible"),
                        ],
                        help_text="Empty: no scheme serves the need.",
                        max_length=10,
                        verbose_name="au mieux",
                    ),
                ),
                ("is_advised", models.BooleanField(default=False, verbose_name="avec un conseil")),
            ],
            options={
                "verbose_name": "besoin compté",
                "verbose_name_plural": "besoins comptés",
                "constraints": [models.UniqueConstraint(fields=("file", "sub_need"), name="need_fact_once")],
            },
        ),
        migrations.CreateModel(
            name="NoteRecipient",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="adresse")),
                ("added_at", models.DateTimeField(verbose_name="ajoutée le")),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ajoutée par",
                    ),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmée le")),
            ],
            options={
                "verbose_name": "destinataire de la note",
                "verbose_name_plural": "destinataires de la note",
                "ordering": ["email"],
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("email"), name="note_recipient_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PageCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="jour")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("home", "Accueil"),
                            ("catalogue", "Liste des dispositifs"),
                            ("scheme", "Fiche d’un dispositif"),
                            ("start", "Début d’une demande"),
                            ("answer", "Réponse avant tout nom"),
                            ("open_data", "Données ouvertes, statistiques"),
                            ("about", "Pages d’information"),
                        ],
                        max_length=9,
                        verbose_name="sorte de page",
                    ),
                ),
                ("n_pages", models.PositiveIntegerField(default=0, verbose_name="pages")),
            ],
            options={
                "verbose_name": "pages lues",
                "verbose_name_plural": "pages lues",
                "ordering": ["-day", "kind"],
                "constraints": [models.UniqueConstraint(fields=("day", "kind"), name="page_count_once")],
            },
        ),
        migrations.CreateModel(
            name="SchemeFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="schemes", to="steering.filefact"
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schemes.scheme",
                        verbose_name="dispositif",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("kept", "retenu"),
                            ("set_aside", "écarté"),
                            ("applied", "demandé, sans réponse"),
                            ("granted", "obtenu"),
                            ("refused", "refusé"),
                            ("given_up", "abandonné"),
                        ],
                        max_length=9,
                        verbose_name="ce qu’il en est",
                    ),
                ),
                ("was_asked", models.BooleanField(default=False, verbose_name="demandé")),
                (
                    "reason",
                    models.CharField(
                        blank=True, help_text="Why it was set aside, or refused.", max_length=18, verbose_name="raison"
                    ),
                ),
                ("is_firms", models.BooleanField(default=False, verbose_name="écarté par l’entreprise")),
                ("euros_asked", models.PositiveIntegerField(null=True, verbose_name="euros demandés")),
                ("euros_granted", models.PositiveIntegerField(null=True, verbose_name="euros obtenus")),
                ("said_at", models.DateTimeField(verbose_name="dit le")),
                (
                    "working_days",
                    models.PositiveIntegerField(
                        help_text="Of the operator, since the firm asked for it.",
                        null=True,
                        verbose_name="jours ouvrés jusqu’à la réponse",
                    ),
                ),
                (
                    "same_firm",
                    models.PositiveBigIntegerField(
                        help_text="Where several files of a firm asked for the scheme: the number of the first of them.",
                        null=True,
                        verbose_name="même entreprise",
                    ),
                ),
            ],
            options={
                "verbose_name": "dispositif compté",
                "verbose_name_plural": "dispositifs comptés",
                "indexes": [
                    models.Index(
                        condition=models.Q(("same_firm__isnull", False)), fields=["scheme"], name="steering_same_firm"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("file", "scheme"), name="scheme_fact_once")],
            },
        ),
        migrations.CreateModel(
            name="SoleBlocker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="steering.needfact"
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schemes.revision"
                    ),
                ),
                (
                    "criterion",
                    models.ForeignKey(
                        help_text="Empty: the dates of the scheme.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schemes.criterion",
                    ),
                ),
            ],
            options={
                "verbose_name": "critère qui bloque seul",
                "verbose_name_plural": "critères qui bloquent seuls",
                "constraints": [models.UniqueConstraint(fields=("need", "revision"), name="sole_blocker_once")],
            },
        ),
        migrations.CreateModel(
            name="StepCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(help_text="Its first day.", verbose_name="mois de dépôt")),
                ("need", models.CharField(blank=True, max_length=60, verbose_name="besoin")),
                ("packed", models.BinaryField(verbose_name="comptes")),
            ],
            options={
                "verbose_name": "compte d’un mois",
                "verbose_name_plural": "comptes par mois",
                "constraints": [models.UniqueConstraint(fields=("month", "need"), name="step_count_once")],
            },
        ),
        migrations.CreateModel(
            name="StepFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="steering.filefact"
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("filed", "déposée"),
                            ("confirmed", "adresse confirmée"),
                            ("read", "lue"),
                            ("answered", "répondue"),
                            ("applied", "aide demandée"),
                            ("granted", "aide obtenue"),
                            ("refused", "aide refusée"),
                            ("closed", "fermée"),
                        ],
                        max_length=9,
                        verbose_name="étape",
                    ),
                ),
                ("on", models.DateField(verbose_name="le")),
                ("working_days", models.PositiveIntegerField(verbose_name="jours ouvrés depuis le dépôt")),
            ],
            options={
                "verbose_name": "étape comptée",
                "verbose_name_plural": "étapes comptées",
                "constraints": [models.UniqueConstraint(fields=("file", "step"), name="step_fact_once")],
            },
        ),
        migrations.CreateModel(
            name="Target",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "step",
                    models.CharField(
                        choices=[("read", "lue"), ("answered", "répondue"), ("applied", "aide demandée")],
                        max_length=9,
                        verbose_name="étape",
                    ),
                ),
                (
                    "working_days",
                    models.PositiveSmallIntegerField(
                        help_text="Empty: no target any more.", null=True, verbose_name="jours ouvrés"
                    ),
                ),
                ("share", models.PositiveSmallIntegerField(null=True, verbose_name="part visée, en %")),
                ("since", models.DateField(verbose_name="depuis le")),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="fixé par",
                    ),
                ),
            ],
            options={
                "verbose_name": "objectif",
                "verbose_name_plural": "objectifs",
                "ordering": ["-since", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("share__isnull", True), ("working_days__isnull", True)),
                            models.Q(("share__range", (1, 100)), ("working_days__isnull", False)),
                            _connector="OR",
                        ),
                        name="target_has_days_and_a_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("step__in", ["read", "answered", "applied"])),
                        name="target_step_is_aimed_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Action",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "epci",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.servedepci",
                        verbose_name="intercommunalité",
                    ),
                ),
                ("commune", models.CharField(blank=True, max_length=5, verbose_name="commune")),
                (
                    "sub_need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.subneed",
                        verbose_name="sous-besoin",
                    ),
                ),
                (
                    "size",
                    models.CharField(
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
                ("what", models.CharField(max_length=300, verbose_name="action")),
                ("owner", models.CharField(max_length=120, verbose_name="porteur")),
                ("due_on", models.DateField(verbose_name="pour le")),
                ("demand_then", models.PositiveIntegerField(verbose_name="besoins, à la décision")),
                ("unmet_then", models.PositiveIntegerField(verbose_name="sans dispositif, à la décision")),
                ("decided_on", models.DateField(verbose_name="décidée le")),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="notée par",
                    ),
                ),
                ("result", models.CharField(blank=True, max_length=500, verbose_name="résultat")),
                ("done_on", models.DateField(blank=True, null=True, verbose_name="terminée le")),
            ],
            options={
                "verbose_name": "action du comité",
                "verbose_name_plural": "actions du comité",
                "ordering": ["due_on", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_on__isnull", True), ("result", "")),
                            models.Q(("done_on__isnull", False), models.Q(("result", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="action_done_says_its_result",
                    )
                ],
            },
        ),
        append_only("steering_target"),
    ]
