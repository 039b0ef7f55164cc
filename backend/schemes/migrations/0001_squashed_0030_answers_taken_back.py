import backend.schemes.models.parts
import backend.schemes.models.revisions
import backend.schemes.models.schemes
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models
from backend.common.append_only import append_only
from django.contrib.postgres.operations import UnaccentExtension

# French words by their stem, whatever their accents. The extension is one that the owner of a database may add.
MAKE = """
CREATE TEXT SEARCH CONFIGURATION francais (COPY = french);
ALTER TEXT SEARCH CONFIGURATION francais
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
"""


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("schemes", "0001_initial"),
        ("schemes", "0002_revisions_are_append_only"),
        ("schemes", "0003_tasks_and_public_contacts"),
        ("schemes", "0004_proposals"),
        ("schemes", "0005_children_of_revisions_are_append_only"),
        ("schemes", "0006_relations_have_a_cap"),
        ("schemes", "0007_sayings"),
        ("schemes", "0008_decided_tags"),
        ("schemes", "0009_tasks_have_an_origin"),
        ("schemes", "0010_form_and_level_may_be_unsaid"),
        ("schemes", "0011_stable_uuids"),
        ("schemes", "0012_amounts_by_size_exhausted_windows_and_review_days"),
        ("schemes", "0013_french_search"),
        ("schemes", "0014_pages_that_sheets_name"),
        ("schemes", "0015_variants"),
        ("schemes", "0016_operators_have_a_checked_number"),
        ("schemes", "0017_how_complete_each_is"),
        ("schemes", "0018_import_runs"),
        ("schemes", "0019_changes_of_sources"),
        ("schemes", "0020_sectors_of_the_naf_2025"),
        ("schemes", "0021_duplicates_decided"),
        ("schemes", "0022_life_cycle_edits_and_previews"),
        ("schemes", "0023_fusions"),
        ("schemes", "0024_revisions_in_force"),
        ("schemes", "0025_amounts_of_a_study"),
        ("schemes", "0026_windows_observed"),
        ("schemes", "0027_evidence_of_conditions_and_amounts"),
        ("schemes", "0028_sheets_looked_after"),
        ("schemes", "0029_quotes_of_pages"),
        ("schemes", "0030_answers_taken_back"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="numéro")),
                ("recorded_at", models.DateTimeField(verbose_name="enregistrée le")),
                (
                    "digest",
                    models.CharField(
                        help_text="Of the content: the same content makes no new revision.", max_length=64
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="nom")),
                ("summary", models.TextField(verbose_name="résumé")),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("grant", "subvention"),
                            ("loan", "prêt"),
                            ("repayable_advance", "avance remboursable"),
                            ("guarantee", "garantie"),
                            ("tax_relief", "avantage fiscal ou social"),
                            ("advisory", "conseil, accompagnement"),
                            ("training", "formation"),
                            ("in_kind", "service, lieu ou équipement"),
                            ("mixed", "plusieurs formes d’aide"),
                        ],
                        max_length=20,
                        verbose_name="forme",
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("local", "local"),
                            ("departmental", "départemental"),
                            ("regional", "régional"),
                            ("national", "national"),
                            ("eu", "européen"),
                        ],
                        max_length=12,
                        verbose_name="niveau",
                    ),
                ),
                (
                    "owner",
                    models.CharField(
                        blank=True,
                        help_text="L’organisation qui dit chaque trimestre si une fiche locale ou départementale est juste.",
                        max_length=200,
                        verbose_name="suivie par",
                    ),
                ),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("verified", "vérifié"),
                            ("partly_verified", "vérifié en partie"),
                            ("to_verify", "non vérifié"),
                        ],
                        max_length=16,
                        verbose_name="vérification",
                    ),
                ),
                ("as_of", models.DateField(verbose_name="état au")),
                ("review_by", models.DateField(blank=True, null=True, verbose_name="à revoir avant le")),
                (
                    "applicants",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("firm", "l’entreprise"),
                                ("employee", "le salarié"),
                                ("authority", "la collectivité"),
                            ],
                            max_length=10,
                        ),
                        verbose_name="demandeurs",
                    ),
                ),
                (
                    "targeted_naf",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            max_length=8, validators=[backend.schemes.models.revisions.validate_activity]
                        ),
                        blank=True,
                        default=list,
                        verbose_name="secteurs ciblés",
                    ),
                ),
                (
                    "targeted_naf_2025",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            max_length=8, validators=[backend.schemes.models.revisions.validate_activity_2025]
                        ),
                        blank=True,
                        default=list,
                        verbose_name="secteurs ciblés (NAF 2025)",
                    ),
                ),
                (
                    "variant_of",
                    models.CharField(
                        blank=True,
                        help_text="Key of the parent, of the same source: listed in its place wherever a firm may have this one.",
                        max_length=120,
                        verbose_name="variante de",
                    ),
                ),
                (
                    "window_state",
                    models.CharField(
                        choices=[
                            ("permanent", "permanent"),
                            ("dated", "ouvert entre deux dates"),
                            ("unknown", "ouverture à confirmer"),
                            ("closed", "fermé"),
                            ("suspended", "suspendu"),
                            ("exhausted", "enveloppe épuisée"),
                        ],
                        max_length=10,
                        verbose_name="ouverture",
                    ),
                ),
                ("opens_on", models.DateField(blank=True, null=True, verbose_name="ouvre le")),
                ("closes_on", models.DateField(blank=True, null=True, verbose_name="ferme le")),
                ("recurring", models.BooleanField(blank=True, null=True, verbose_name="récurrent")),
                ("window_note", models.TextField(blank=True, verbose_name="précision sur l’ouverture")),
                ("seen_on", models.DateField(blank=True, null=True, verbose_name="vu ouvert le")),
                ("seen_until", models.DateField(blank=True, null=True, verbose_name="vu ouvert, valable jusqu’au")),
                ("seen_by", models.CharField(blank=True, max_length=120, verbose_name="vu ouvert par")),
                ("seen_url", models.URLField(blank=True, max_length=500, verbose_name="vu ouvert sur")),
                (
                    "preparation_days",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="jours de préparation"),
                ),
                ("amount_text", models.TextField(blank=True, verbose_name="montant en mots")),
                (
                    "amount_unit",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("project", "par projet"),
                            ("hire", "par embauche"),
                            ("employee_year", "par salarié et par an"),
                            ("site", "par site"),
                            ("study", "par étude"),
                        ],
                        max_length=14,
                        verbose_name="unité du montant",
                    ),
                ),
                (
                    "rate_max_pct",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="taux maximal (%)",
                    ),
                ),
                (
                    "rate_micro_pct",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="taux, micro-entreprise (%)",
                    ),
                ),
                (
                    "rate_small_pct",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="taux, petite entreprise (%)",
                    ),
                ),
                (
                    "rate_medium_pct",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="taux, entreprise moyenne (%)",
                    ),
                ),
                (
                    "rate_intermediate_pct",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="taux, entreprise de taille intermédiaire (%)",
                    ),
                ),
                (
                    "rate_large_pct",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="taux, grande entreprise (%)",
                    ),
                ),
                (
                    "floor_eur",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="plancher (€)",
                    ),
                ),
                (
                    "ceiling_eur",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="plafond (€)",
                    ),
                ),
                (
                    "spend_min_eur",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="dépense retenue au moins (€)",
                    ),
                ),
                (
                    "spend_max_eur",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="dépense retenue au plus (€)",
                    ),
                ),
                (
                    "cost_left_eur",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="reste à charge (€)",
                    ),
                ),
                (
                    "in_kind",
                    models.BooleanField(
                        blank=True,
                        help_text="Un service, un lieu ou un équipement, et pas d’argent.",
                        null=True,
                        verbose_name="en nature",
                    ),
                ),
                ("duration", models.CharField(blank=True, max_length=200, verbose_name="durée")),
                (
                    "amount_source",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Position of one of its sources.",
                        null=True,
                        verbose_name="source du montant",
                    ),
                ),
                (
                    "amount_place",
                    models.CharField(blank=True, max_length=200, verbose_name="endroit du montant dans la source"),
                ),
                ("amount_excerpt", models.TextField(blank=True, verbose_name="phrase de la source sur le montant")),
                ("state_aid_regime", models.TextField(blank=True, verbose_name="régime d’aide")),
                ("legal_basis", models.TextField(blank=True, verbose_name="base légale")),
                (
                    "documents",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, verbose_name="pièces à fournir"
                    ),
                ),
                ("next_step", models.TextField(blank=True, verbose_name="première démarche")),
                ("contact_name", models.CharField(blank=True, max_length=200, verbose_name="contact")),
                ("contact_url", models.URLField(blank=True, max_length=500, verbose_name="page de contact")),
                ("contact_phone", models.CharField(blank=True, max_length=20, verbose_name="téléphone")),
                ("url", models.URLField(blank=True, max_length=500, verbose_name="page du dispositif")),
                (
                    "public_contact",
                    models.BooleanField(
                        default=False,
                        help_text="Réseau permanent que toute entreprise peut appeler, même si la fiche n’est pas vérifiée.",
                        verbose_name="contact public",
                    ),
                ),
                ("notes", models.TextField(blank=True, verbose_name="remarques pour les développeurs")),
                (
                    "corrections",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, verbose_name="corrections apportées"
                    ),
                ),
            ],
            options={
                "verbose_name": "version",
                "verbose_name_plural": "versions",
                "ordering": ["scheme", "-number"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("opens_on__lte", models.F("closes_on"))),
                        name="revision_opens_then_closes",
                        violation_error_message="La fermeture est avant l’ouverture.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("floor_eur__lte", models.F("ceiling_eur"))),
                        name="revision_floor_under_ceiling",
                        violation_error_message="Le plancher dépasse le plafond.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("spend_min_eur__lte", models.F("spend_max_eur"))),
                        name="revision_spend_in_order",
                        violation_error_message="La dépense minimale dépasse la dépense maximale.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("rate_micro_pct__lte", models.F("rate_max_pct"))),
                            models.Q(("rate_small_pct__lte", models.F("rate_max_pct"))),
                            models.Q(("rate_medium_pct__lte", models.F("rate_max_pct"))),
                            models.Q(("rate_intermediate_pct__lte", models.F("rate_max_pct"))),
                            models.Q(("rate_large_pct__lte", models.F("rate_max_pct"))),
                        ),
                        name="revision_rates_under_the_highest",
                        violation_error_message="Le taux d’une taille d’entreprise dépasse le taux maximal.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("rate_max_pct__range", (0, 100))),
                            models.Q(("rate_micro_pct__range", (0, 100))),
                            models.Q(("rate_small_pct__range", (0, 100))),
                            models.Q(("rate_medium_pct__range", (0, 100))),
                            models.Q(("rate_intermediate_pct__range", (0, 100))),
                            models.Q(("rate_large_pct__range", (0, 100))),
                        ),
                        name="revision_rates_are_percentages",
                        violation_error_message="Un taux est une part, de 0 à 100 %.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("review_by__gte", models.F("as_of"))),
                        name="revision_review_after_reading",
                        violation_error_message="Une fiche est à revoir après le jour où elle a été relue.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("seen_by", ""), ("seen_on", None), ("seen_until", None), ("seen_url", "")),
                            models.Q(
                                ("seen_on__isnull", False),
                                ("window_state", "unknown"),
                                models.Q(("seen_by", ""), _negated=True),
                                models.Q(("seen_url", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="revision_seen_open_where_nothing_is_stated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seen_on__lte", models.F("seen_until"))), name="revision_seen_then_held"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("window_state", "dated"), _negated=True),
                            ("closes_on__isnull", False),
                            _connector="OR",
                        ),
                        name="revision_dated_has_an_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sources", to="schemes.revision"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("title", models.TextField(verbose_name="ce qui a été lu")),
                ("url", models.URLField(blank=True, max_length=500, verbose_name="adresse")),
                (
                    "dated",
                    models.CharField(
                        blank=True,
                        max_length=10,
                        validators=[django.core.validators.RegexValidator("^\\d{4}(-\\d{2}(-\\d{2})?)?$")],
                        verbose_name="date de ce qui a été lu",
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("official", "texte officiel"),
                            ("operator", "porteur"),
                            ("state", "catalogue de l’État"),
                            ("other", "autre"),
                        ],
                        max_length=8,
                        verbose_name="qui parle",
                    ),
                ),
                (
                    "licence",
                    models.CharField(
                        blank=True,
                        choices=[("open", "sous Licence Ouverte"), ("legal", "texte officiel, libre de droits")],
                        max_length=5,
                        verbose_name="peut être citée",
                    ),
                ),
            ],
            options={
                "verbose_name": "source",
                "verbose_name_plural": "sources",
                "ordering": ["position"],
                "constraints": [models.UniqueConstraint(fields=("revision", "position"), name="source_position_once")],
            },
        ),
        migrations.CreateModel(
            name="Criterion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="criteria", to="schemes.revision"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "definition",
                    models.JSONField(
                        validators=[backend.schemes.models.revisions.validate_criterion], verbose_name="définition"
                    ),
                ),
                (
                    "from_text",
                    models.BooleanField(
                        default=False,
                        help_text="Typed by us from an imported record's free text: left out of the typed verdict.",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="criteria",
                        to="schemes.source",
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=200, verbose_name="endroit dans la source")),
                ("excerpt", models.TextField(blank=True, verbose_name="phrase de la source")),
                ("note", models.TextField(blank=True, verbose_name="précision")),
            ],
            options={
                "verbose_name": "critère d’éligibilité",
                "verbose_name_plural": "critères d’éligibilité",
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("revision", "position"), name="criterion_position_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Operator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True, verbose_name="nom")),
                (
                    "siren",
                    models.CharField(
                        blank=True,
                        max_length=9,
                        validators=[backend.schemes.models.parts.validate_siren],
                        verbose_name="SIREN",
                    ),
                ),
            ],
            options={
                "verbose_name": "porteur",
                "verbose_name_plural": "porteurs",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="SourceCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=2000, unique=True)),
                ("etag", models.CharField(blank=True, max_length=500)),
                ("last_modified", models.CharField(blank=True, max_length=100)),
                ("dated", models.DateField()),
                ("fetched_at", models.DateTimeField()),
                ("content", models.BinaryField(help_text="Compressed with zlib.")),
            ],
            options={
                "verbose_name": "copie d’un fichier",
                "verbose_name_plural": "copies de fichiers",
            },
        ),
        migrations.CreateModel(
            name="TaxonomyNeed",
            fields=[
                ("key", models.SlugField(max_length=40, primary_key=True, serialize=False, verbose_name="clé")),
                ("label", models.CharField(max_length=120, verbose_name="libellé")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("transversal", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "besoin",
                "verbose_name_plural": "besoins",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="SubNeed",
            fields=[
                ("key", models.CharField(max_length=60, primary_key=True, serialize=False, verbose_name="clé")),
                (
                    "need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sub_needs",
                        to="schemes.taxonomyneed",
                        verbose_name="besoin",
                    ),
                ),
                ("label", models.CharField(max_length=120, verbose_name="libellé")),
                ("short", models.CharField(max_length=40, verbose_name="libellé court")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list
                    ),
                ),
                (
                    "sentences",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=300), default=list
                    ),
                ),
                (
                    "confusions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=300), default=list
                    ),
                ),
            ],
            options={
                "verbose_name": "sous-besoin",
                "verbose_name_plural": "sous-besoins",
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="Scheme",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(default="jonction", max_length=40, verbose_name="source")),
                ("source_key", models.CharField(max_length=120, verbose_name="identifiant dans la source")),
                (
                    "uuid",
                    backend.schemes.models.schemes.StableUuid(
                        editable=False, unique=True, verbose_name="identifiant universel"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "brouillon"), ("published", "publié"), ("archived", "archivé")],
                        default="draft",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                (
                    "current",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.revision",
                        verbose_name="version en vigueur",
                    ),
                ),
                (
                    "sayings",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Phrases de patrons à qui ce dispositif convient : elles servent à comprendre, pas à décider.",
                        verbose_name="ce qu’en disent les entreprises",
                    ),
                ),
                (
                    "labels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        editable=False,
                        help_text="What its source files it under, such as 'objective:energy'; empty for ours.",
                    ),
                ),
                (
                    "changed_at",
                    models.DateTimeField(db_index=True, editable=False, null=True, verbose_name="modifié le"),
                ),
                (
                    "completeness",
                    models.PositiveSmallIntegerField(
                        editable=False, help_text="As of the last night.", null=True, verbose_name="complétude sur 100"
                    ),
                ),
                (
                    "n_firms",
                    models.PositiveIntegerField(
                        editable=False,
                        help_text="As of the last night.",
                        null=True,
                        verbose_name="entreprises concernées",
                    ),
                ),
            ],
            options={
                "verbose_name": "dispositif",
                "verbose_name_plural": "dispositifs",
                "ordering": ["source", "source_key"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("current__isnull", False), ("state", "published")),
                        fields=["source", "id"],
                        include=("current",),
                        name="scheme_in_force",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("source", "source_key"), name="scheme_key_once")],
            },
        ),
        migrations.CreateModel(
            name="Counterpart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "imported",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="counterparts",
                        to="schemes.scheme",
                        verbose_name="fiche importée",
                    ),
                ),
                (
                    "ours",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="described_by",
                        to="schemes.scheme",
                        verbose_name="notre fiche",
                    ),
                ),
                (
                    "compared",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.revision",
                        verbose_name="version comparée",
                    ),
                ),
                ("compared_at", models.DateTimeField(verbose_name="comparée le")),
                ("gone_at", models.DateTimeField(blank=True, null=True, verbose_name="absente de sa source depuis")),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="le")),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="détachée par",
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="détachée le")),
            ],
            options={
                "verbose_name": "correspondance",
                "verbose_name_plural": "correspondances",
                "ordering": ["-made_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("imported",),
                        name="counterpart_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("imported", models.F("ours")), _negated=True),
                        name="counterpart_is_another_scheme",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_by", None)),
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="counterpart_ended_by_someone",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CatalogueTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="schemes.scheme",
                        verbose_name="dispositif",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="schemes.revision",
                        verbose_name="version lue",
                    ),
                ),
                (
                    "criterion",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="schemes.criterion",
                        verbose_name="critère en cause",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="ce qui ne va pas")),
                (
                    "origin",
                    models.CharField(
                        choices=[("person", "agent"), ("public", "public"), ("job", "contrôle automatique")],
                        default="person",
                        max_length=6,
                        verbose_name="origine",
                    ),
                ),
                (
                    "reported_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="catalogue_tasks",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="signalé par",
                    ),
                ),
                (
                    "reporter_email",
                    models.EmailField(blank=True, max_length=254, verbose_name="adresse de la personne qui signale"),
                ),
                (
                    "job",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("links.check", "contrôle des adresses"),
                            ("catalogue.expiry", "contrôle des dates de fin"),
                            ("catalogue.review", "contrôle des relectures"),
                            ("catalogue.windows", "constats d’ouverture"),
                        ],
                        max_length=20,
                        verbose_name="contrôle",
                    ),
                ),
                (
                    "subject",
                    models.CharField(blank=True, help_text="What a job found, once for each scheme.", max_length=700),
                ),
                ("reported_at", models.DateTimeField(verbose_name="signalé le")),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="traité par",
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="traité le")),
                ("answer", models.TextField(blank=True, verbose_name="réponse")),
            ],
            options={
                "verbose_name": "fiche à vérifier",
                "verbose_name_plural": "fiches à vérifier",
                "ordering": ["reported_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("job", ""),
                                ("origin", "person"),
                                ("reported_by__isnull", False),
                                ("reporter_email", ""),
                                ("subject", ""),
                            ),
                            models.Q(("job", ""), ("origin", "public"), ("reported_by", None), ("subject", "")),
                            models.Q(
                                ("origin", "job"),
                                ("reported_by", None),
                                ("reporter_email", ""),
                                models.Q(("job", ""), _negated=True),
                                models.Q(("subject", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="catalogue_task_has_one_origin",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("closed_by", None)),
                            models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                            models.Q(
                                ("closed_at__isnull", False),
                                ("origin__in", ["job", "public"]),
                                models.Q(("answer", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="catalogue_task_closed_by_someone",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("origin", "job")),
                        fields=("scheme", "job", "subject"),
                        name="catalogue_task_of_a_job_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Page",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=500, unique=True, verbose_name="adresse")),
                ("checked_on", models.DateField(blank=True, null=True, verbose_name="contrôlée le")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ok", "répond"),
                            ("moved", "a déménagé pour toujours"),
                            ("not_found", "introuvable"),
                            ("soft_not_found", "dit être introuvable"),
                            ("home", "renvoie à l’accueil"),
                            ("empty", "presque vide"),
                            ("refused", "nous refuse"),
                            ("error", "en erreur"),
                            ("timeout", "trop lente"),
                            ("redirects", "tourne en rond"),
                            ("tls", "certificat non valable"),
                            ("dns", "nom inconnu"),
                            ("connection", "connexion refusée"),
                            ("protocol", "réponse illisible"),
                            ("private", "adresse non publique"),
                            ("bad_url", "adresse mal formée"),
                        ],
                        max_length=16,
                        verbose_name="résultat",
                    ),
                ),
                ("sentence", models.CharField(blank=True, max_length=300, verbose_name="en clair")),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="code HTTP")),
                ("failing_since", models.DateField(blank=True, null=True, verbose_name="en échec depuis le")),
                ("moved_to", models.TextField(blank=True, verbose_name="nouvelle adresse")),
                ("reading", models.JSONField(blank=True, null=True)),
                ("seen_on", models.DateField(blank=True, null=True, verbose_name="texte vu pour la dernière fois le")),
                ("next_reading", models.JSONField(blank=True, null=True)),
                ("next_seen_on", models.DateField(blank=True, null=True, verbose_name="autre texte vu le")),
            ],
            options={
                "verbose_name": "adresse contrôlée",
                "verbose_name_plural": "adresses contrôlées",
                "ordering": ["url"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("checked_on", None), ("outcome", "")),
                            models.Q(("checked_on__isnull", False), models.Q(("outcome", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="page_outcome_is_dated",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("failing_since", None), ("outcome__in", ["", "ok", "moved"])),
                            models.Q(
                                ("failing_since__isnull", False),
                                models.Q(("outcome__in", ["", "ok", "moved"]), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="page_fails_or_answers",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SheetAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="schemes.scheme",
                        verbose_name="dispositif",
                    ),
                ),
                (
                    "says",
                    models.CharField(
                        choices=[("true", "toujours juste"), ("changed", "a changé"), ("gone", "n’existe plus")],
                        max_length=7,
                        verbose_name="réponse",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=1000, verbose_name="ce qui a changé")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="dite par",
                    ),
                ),
                (
                    "takes_back",
                    models.OneToOneField(
                        blank=True,
                        help_text="The answer that the scheme is gone, where this one says that it is not.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taken_back_by",
                        to="schemes.sheetanswer",
                        verbose_name="reprend",
                    ),
                ),
                ("on", models.DateField(verbose_name="dite le")),
                ("given_at", models.DateTimeField(verbose_name="enregistrée le")),
            ],
            options={
                "verbose_name": "réponse sur une fiche",
                "verbose_name_plural": "réponses sur les fiches",
                "ordering": ["-given_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("says", "changed"), _negated=True),
                            models.Q(("words", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="sheet_answer_changed_says_what",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WindowObservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="observations",
                        to="schemes.scheme",
                        verbose_name="dispositif",
                    ),
                ),
                ("url", models.URLField(max_length=500, verbose_name="adresse de la page")),
                (
                    "site",
                    models.CharField(
                        help_text="Comme les entreprises le liront : « Bpifrance ».",
                        max_length=120,
                        verbose_name="site",
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("official", "texte officiel"),
                            ("operator", "porteur"),
                            ("state", "catalogue de l’État"),
                            ("other", "autre"),
                        ],
                        max_length=8,
                        verbose_name="qui parle",
                    ),
                ),
                (
                    "day",
                    models.DateField(
                        blank=True,
                        help_text="Celui que la page porte, jamais celui où on l’a lue ; vide si elle n’en porte pas.",
                        null=True,
                        verbose_name="jour dont elle parle",
                    ),
                ),
                (
                    "says",
                    models.CharField(
                        choices=[
                            ("open", "ouvert"),
                            ("dated", "ouvert entre deux dates"),
                            ("closed", "fermé"),
                            ("suspended", "suspendu"),
                            ("exhausted", "enveloppe épuisée"),
                        ],
                        max_length=9,
                        verbose_name="ce qu’elle dit",
                    ),
                ),
                ("opens_on", models.DateField(blank=True, null=True, verbose_name="ouvre le")),
                ("closes_on", models.DateField(blank=True, null=True, verbose_name="ferme le")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="dans nos mots")),
                ("read_on", models.DateField(verbose_name="lue le")),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ajoutée par",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        blank=True,
                        help_text="The version of the linked record that says it, where an import added it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.revision",
                        verbose_name="fiche importée",
                    ),
                ),
                (
                    "answer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.sheetanswer",
                        verbose_name="réponse de qui suit la fiche",
                    ),
                ),
                ("added_at", models.DateTimeField(verbose_name="ajoutée le")),
            ],
            options={
                "verbose_name": "constat d’ouverture",
                "verbose_name_plural": "constats d’ouverture",
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("scheme", "url", "day", "says", "opens_on", "closes_on", "answer"),
                        name="window_observation_once",
                        nulls_distinct=False,
                        violation_error_message="Ce constat est déjà dans la fiche.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closes_on__isnull", False), ("says", "dated")),
                            models.Q(
                                models.Q(("says", "dated"), _negated=True), ("closes_on", None), ("opens_on", None)
                            ),
                            _connector="OR",
                        ),
                        name="window_observation_dated_has_an_end",
                        violation_error_message="« Entre deux dates » demande la date de fermeture, et ne va qu’avec elle.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("opens_on__lte", models.F("closes_on"))),
                        name="window_observation_opens_then_closes",
                        violation_error_message="La fermeture est avant l’ouverture.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("day__lte", models.F("read_on"))),
                        name="window_observation_day_before_reading",
                        violation_error_message="Une page ne parle pas d’un jour après celui où on l’a lue.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(max_length=120, verbose_name="identifiant")),
                (
                    "scheme",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="schemes.scheme",
                        verbose_name="dispositif",
                    ),
                ),
                (
                    "base",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.revision",
                        verbose_name="version de départ",
                    ),
                ),
                ("record", models.JSONField(verbose_name="fiche")),
                ("digest", models.CharField(help_text="Of the content, as for a revision.", max_length=64)),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="auteur",
                    ),
                ),
                ("comment", models.TextField(blank=True, verbose_name="pourquoi ce changement")),
                (
                    "task",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="schemes.cataloguetask",
                        verbose_name="signalement traité",
                    ),
                ),
                (
                    "followed",
                    models.ForeignKey(
                        blank=True,
                        help_text="Of a variant, that a change of its parent reached: nobody wrote it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followed_by",
                        to="schemes.revision",
                        verbose_name="version du parent suivie",
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="taken_into",
                        to="schemes.revision",
                        verbose_name="version importée reprise",
                    ),
                ),
                (
                    "observed",
                    models.ForeignKey(
                        blank=True,
                        help_text="What was seen of the window, where that is what it changes.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposals",
                        to="schemes.windowobservation",
                        verbose_name="constat d’ouverture",
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        blank=True,
                        help_text="Published by it, without a person; empty otherwise.",
                        max_length=120,
                        verbose_name="règle",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "brouillon"),
                            ("proposed", "à relire"),
                            ("approved", "approuvée"),
                            ("published", "publiée"),
                            ("refused", "refusée"),
                            ("withdrawn", "retirée"),
                        ],
                        default="draft",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1,
                        help_text="How often it was saved: who saves over another one is told.",
                        verbose_name="enregistrement",
                    ),
                ),
                ("written_at", models.DateTimeField(verbose_name="écrite le")),
                ("proposed_at", models.DateTimeField(blank=True, null=True, verbose_name="proposée le")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="décidée le")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="décidée par",
                    ),
                ),
                ("decision_comment", models.TextField(blank=True, verbose_name="motif de la décision")),
                (
                    "publish_on",
                    models.DateField(
                        blank=True,
                        help_text="Chosen with the approval; that morning a job publishes.",
                        null=True,
                        verbose_name="à publier le",
                    ),
                ),
                (
                    "is_urgent",
                    models.BooleanField(
                        default=False,
                        help_text="A window that one person closed alone; somebody else reads it afterwards.",
                        verbose_name="sans attendre une relecture",
                    ),
                ),
                (
                    "checked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="relue après coup par",
                    ),
                ),
                ("checked_at", models.DateTimeField(blank=True, null=True, verbose_name="relue après coup le")),
                (
                    "revision",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposal",
                        to="schemes.revision",
                        verbose_name="version publiée",
                    ),
                ),
            ],
            options={
                "verbose_name": "proposition",
                "verbose_name_plural": "propositions",
                "ordering": ["-written_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at", None),
                                ("decided_by", None),
                                ("proposed_at", None),
                                ("revision", None),
                                ("state", "draft"),
                            ),
                            models.Q(
                                ("decided_at", None),
                                ("decided_by", None),
                                ("proposed_at__isnull", False),
                                ("revision", None),
                                ("state", "proposed"),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("proposed_at__isnull", False),
                                ("publish_on__isnull", False),
                                ("revision", None),
                                ("state", "approved"),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("revision__isnull", False),
                                ("rule", ""),
                                ("state", "published"),
                            ),
                            models.Q(
                                ("author", None),
                                ("decided_at__isnull", False),
                                ("decided_by", None),
                                ("revision__isnull", False),
                                ("state", "published"),
                                models.Q(("rule", ""), _negated=True),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("revision", None),
                                ("state", "refused"),
                                models.Q(("decision_comment", ""), _negated=True),
                            ),
                            models.Q(("decided_at__isnull", False), ("revision", None), ("state", "withdrawn")),
                            _connector="OR",
                        ),
                        name="proposal_state_is_told",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["approved", "published"]), _negated=True),
                            ("author", None),
                            models.Q(("author", models.F("decided_by")), _negated=True),
                            ("is_urgent", True),
                            _connector="OR",
                        ),
                        name="proposal_published_by_another",
                        violation_error_message="Une proposition est publiée par une autre personne que son auteur.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("checked_at", None), ("checked_by", None), ("is_urgent", False)),
                            models.Q(
                                ("checked_at", None), ("checked_by", None), ("is_urgent", True), ("state", "published")
                            ),
                            models.Q(
                                ("checked_at__isnull", False),
                                ("checked_by__isnull", False),
                                ("is_urgent", True),
                                ("state", "published"),
                                models.Q(("checked_by", models.F("decided_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_urgent_is_published_and_checked_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("base", None), ("scheme__isnull", False), _connector="OR"),
                        name="proposal_base_has_a_scheme",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rule", ""), models.Q(("author", None), ("state", "published")), _connector="OR"
                        ),
                        name="proposal_of_a_rule_is_published",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("author", None), ("followed", None), ("state", "proposed")),
                        fields=("key",),
                        name="proposal_of_a_file_waits_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("followed__isnull", False), ("state", "proposed")),
                        fields=("key",),
                        name="proposal_of_a_parent_waits_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("followed", None), ("author", None), _connector="OR"),
                        name="proposal_of_a_parent_has_no_author",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PreviewLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="previews",
                        to="schemes.proposal",
                        verbose_name="proposition",
                    ),
                ),
                ("for_whom", models.CharField(max_length=200, verbose_name="pour qui")),
                ("expires_on", models.DateField(verbose_name="dernier jour")),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="fait par",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="fait le")),
                (
                    "revoked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="révoqué par",
                    ),
                ),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="révoqué le")),
            ],
            options={
                "verbose_name": "lien d’aperçu",
                "verbose_name_plural": "liens d’aperçu",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("revoked_at", None), ("revoked_by", None)),
                            models.Q(("revoked_at__isnull", False), ("revoked_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="preview_link_revoked_by_someone",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quotes",
                        to="schemes.page",
                        verbose_name="adresse",
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("first_on", models.DateField(verbose_name="cherchée la première fois le")),
                ("stood", models.BooleanField(verbose_name="y était")),
                ("missing_on", models.DateField(blank=True, null=True, verbose_name="n’y est plus depuis le")),
                ("changed_on", models.DateField(blank=True, null=True, verbose_name="changement constaté le")),
            ],
            options={
                "verbose_name": "phrase citée",
                "verbose_name_plural": "phrases citées",
                "constraints": [
                    models.UniqueConstraint(fields=("page", "digest"), name="quote_once_a_page"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("changed_on", None), ("missing_on", None)),
                            models.Q(("changed_on", None), ("missing_on__isnull", False), ("stood", True)),
                            models.Q(("changed_on__gt", models.F("missing_on")), ("stood", True)),
                            _connector="OR",
                        ),
                        name="quote_stood_then_missing_then_changed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Remark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="remarks",
                        to="schemes.previewlink",
                        verbose_name="lien",
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="enregistrement lu")),
                ("text", models.TextField(verbose_name="remarque")),
                ("left_at", models.DateTimeField(verbose_name="écrite le")),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="traitée par",
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="traitée le")),
            ],
            options={
                "verbose_name": "remarque",
                "verbose_name_plural": "remarques",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at", None), ("done_by", None)),
                            models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="remark_done_by_someone",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProposalEdit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="edits", to="schemes.proposal"
                    ),
                ),
                ("version", models.PositiveIntegerField(verbose_name="enregistrement")),
                (
                    "base",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.revision",
                    ),
                ),
                ("record", models.JSONField(verbose_name="fiche")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="le")),
            ],
            options={
                "verbose_name": "enregistrement d’une proposition",
                "verbose_name_plural": "enregistrements des propositions",
                "ordering": ["proposal", "version"],
                "constraints": [
                    models.UniqueConstraint(fields=("proposal", "version"), name="proposal_saved_once_each")
                ],
            },
        ),
        migrations.CreateModel(
            name="OperatorRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="roles", to="schemes.revision"
                    ),
                ),
                (
                    "operator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roles",
                        to="schemes.operator",
                        verbose_name="porteur",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("funder", "finance"), ("assessor", "instruit"), ("distributor", "donne accès")],
                        max_length=12,
                        verbose_name="rôle",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "verbose_name": "rôle d’un porteur",
                "verbose_name_plural": "rôles des porteurs",
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("revision", "operator", "role"), name="operator_role_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="FieldDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "counterpart",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="decisions", to="schemes.counterpart"
                    ),
                ),
                ("field", models.CharField(max_length=80, verbose_name="champ")),
                ("label", models.CharField(max_length=120, verbose_name="ce qui changeait")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("accepted", "prise"),
                            ("edited", "prise et récrite"),
                            ("rejected", "refusée"),
                            ("by_rule", "prise par règle"),
                        ],
                        max_length=8,
                        verbose_name="décision",
                    ),
                ),
                (
                    "before",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.revision",
                        verbose_name="version d’avant",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.revision",
                        verbose_name="version lue",
                    ),
                ),
                ("why", models.TextField(blank=True, verbose_name="pourquoi")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="le")),
                (
                    "proposal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="schemes.proposal",
                        verbose_name="dans",
                    ),
                ),
            ],
            options={
                "verbose_name": "décision sur un champ",
                "verbose_name_plural": "décisions sur des champs",
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("by__isnull", False),
                                ("proposal__isnull", False),
                                ("verdict__in", ("accepted", "edited")),
                            ),
                            models.Q(
                                ("by__isnull", False),
                                ("proposal", None),
                                ("verdict", "rejected"),
                                models.Q(("why", ""), _negated=True),
                            ),
                            models.Q(("by", None), ("proposal__isnull", False), ("verdict", "by_rule")),
                            _connector="OR",
                        ),
                        name="field_decision_is_told",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Fusion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "gone",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fusions",
                        to="schemes.scheme",
                        verbose_name="fiche qui disparaît",
                    ),
                ),
                (
                    "stays",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fusions_here",
                        to="schemes.scheme",
                        verbose_name="fiche qui reste",
                    ),
                ),
                (
                    "gone_revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schemes.revision"
                    ),
                ),
                (
                    "stays_revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schemes.revision"
                    ),
                ),
                ("why", models.TextField(verbose_name="pourquoi")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "à relire"),
                            ("done", "faite"),
                            ("refused", "refusée"),
                            ("withdrawn", "retirée"),
                            ("undone", "défaite"),
                        ],
                        default="proposed",
                        max_length=9,
                        verbose_name="état",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposée par",
                    ),
                ),
                ("proposed_at", models.DateTimeField(verbose_name="proposée le")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="décidée par",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="décidée le")),
                ("decision_comment", models.TextField(blank=True, verbose_name="motif de la décision")),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="défaite par",
                    ),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="défaite le")),
                ("undone_why", models.TextField(blank=True, verbose_name="pourquoi elle est défaite")),
                ("followed", models.ManyToManyField(blank=True, related_name="+", to="schemes.proposal")),
                ("moved", models.ManyToManyField(blank=True, related_name="+", to="schemes.counterpart")),
            ],
            options={
                "verbose_name": "fusion",
                "verbose_name_plural": "fusions",
                "ordering": ["-proposed_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("gone", models.F("stays")), _negated=True), name="fusion_is_of_two_schemes"
                    ),
                    models.CheckConstraint(condition=models.Q(("why", ""), _negated=True), name="fusion_says_why"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("proposed", "done"))),
                        fields=("gone",),
                        name="fusion_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at", None), ("decided_by", None), ("state", "proposed"), ("undone_at", None)
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("state__in", ("done", "withdrawn")),
                                ("undone_at", None),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("state", "refused"),
                                ("undone_at", None),
                                models.Q(("decision_comment", ""), _negated=True),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("state", "undone"),
                                ("undone_at__isnull", False),
                                ("undone_by__isnull", False),
                                models.Q(("undone_why", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="fusion_state_is_told",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("done", "undone")), _negated=True),
                            models.Q(("proposed_by", models.F("decided_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="fusion_done_by_another",
                        violation_error_message="Une fusion est faite par une autre personne que celle qui la propose.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DuplicatePair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "one",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schemes.scheme",
                        verbose_name="première fiche",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schemes.scheme",
                        verbose_name="seconde fiche",
                    ),
                ),
                ("one_digest", models.CharField(max_length=64)),
                ("other_digest", models.CharField(max_length=64)),
                ("chance", models.FloatField(verbose_name="vraisemblance")),
                (
                    "advice",
                    models.CharField(
                        choices=[("same", "même dispositif ?"), ("near", "à regarder")],
                        max_length=4,
                        verbose_name="avis du calcul",
                    ),
                ),
                (
                    "reasons",
                    models.JSONField(
                        default=list, help_text="Rows of weight and text, heaviest first.", verbose_name="pourquoi"
                    ),
                ),
                ("found_at", models.DateTimeField(verbose_name="trouvée le")),
            ],
            options={
                "verbose_name": "doublon possible",
                "verbose_name_plural": "doublons possibles",
                "ordering": ["-chance", "one", "other"],
                "constraints": [
                    models.UniqueConstraint(fields=("one", "other"), name="duplicate_pair_once"),
                    models.CheckConstraint(
                        condition=models.Q(("one__lt", models.F("other"))), name="duplicate_pair_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("chance__gte", 0), ("chance__lte", 1)), name="duplicate_pair_chance_is_one"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DuplicateDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "one",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schemes.scheme",
                        verbose_name="première fiche",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schemes.scheme",
                        verbose_name="seconde fiche",
                    ),
                ),
                (
                    "one_revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schemes.revision"
                    ),
                ),
                (
                    "other_revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schemes.revision"
                    ),
                ),
                ("one_digest", models.CharField(max_length=64)),
                ("other_digest", models.CharField(max_length=64)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("same", "même dispositif"),
                            ("variant", "variante ou autre édition"),
                            ("other", "deux dispositifs"),
                        ],
                        max_length=7,
                        verbose_name="décision",
                    ),
                ),
                ("why", models.TextField(blank=True, verbose_name="pourquoi")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="le")),
                (
                    "counterpart",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.counterpart",
                        verbose_name="rattachement",
                    ),
                ),
                (
                    "taken_back_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reprise par",
                    ),
                ),
                ("taken_back_at", models.DateTimeField(blank=True, null=True, verbose_name="reprise le")),
            ],
            options={
                "verbose_name": "décision sur un doublon",
                "verbose_name_plural": "décisions sur des doublons",
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("taken_back_at__isnull", True)),
                        fields=("one", "other", "one_digest", "other_digest"),
                        name="duplicate_decision_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("one__lt", models.F("other"))), name="duplicate_decision_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("counterpart", None), ("verdict", "same"), _connector="OR"),
                        name="duplicate_decision_follows_when_same",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("taken_back_at", None), ("taken_back_by", None)),
                            models.Q(("taken_back_at__isnull", False), ("taken_back_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="duplicate_decision_taken_back_by_someone",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportedScheme",
            fields=[],
            options={
                "verbose_name": "dispositif repris",
                "verbose_name_plural": "besoins des dispositifs repris",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("schemes.scheme",),
        ),
        migrations.CreateModel(
            name="SourceChange",
            fields=[],
            options={
                "verbose_name": "changement d’une source",
                "verbose_name_plural": "changements des sources",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("schemes.scheme",),
        ),
        migrations.CreateModel(
            name="SetAside",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="set_asides",
                        to="schemes.revision",
                        verbose_name="version lue",
                    ),
                ),
                ("why", models.TextField(verbose_name="pourquoi")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="le")),
                (
                    "back_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="remise par",
                    ),
                ),
                ("back_at", models.DateTimeField(blank=True, null=True, verbose_name="remise le")),
            ],
            options={
                "verbose_name": "fiche mise de côté",
                "verbose_name_plural": "fiches mises de côté",
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("back_at__isnull", True)), fields=("revision",), name="set_aside_once"
                    ),
                    models.CheckConstraint(condition=models.Q(("why", ""), _negated=True), name="set_aside_says_why"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("back_at", None), ("back_by", None)),
                            models.Q(("back_at__isnull", False), ("back_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="set_aside_back_by_someone",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SheetOwner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("email", models.EmailField(max_length=254, verbose_name="adresse électronique")),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ajoutée par",
                    ),
                ),
                ("added_at", models.DateTimeField(verbose_name="ajoutée le")),
            ],
            options={
                "verbose_name": "porteur sans compte",
                "verbose_name_plural": "porteurs sans compte",
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("email"), name="sheet_owner_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SheetEnquiry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schemes.sheetowner",
                    ),
                ),
                ("asked_on", models.DateField(verbose_name="demandé le")),
                (
                    "asked",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        default=list,
                        help_text="The keys of the schemes.",
                    ),
                ),
                ("told_on", models.DateField(blank=True, null=True, verbose_name="silence signalé le")),
            ],
            options={
                "verbose_name": "question sur des fiches",
                "verbose_name_plural": "questions sur des fiches",
                "ordering": ["-asked_on", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("owner", None), ("user__isnull", False)),
                            models.Q(("owner__isnull", False), ("user", None)),
                            _connector="OR",
                        ),
                        name="sheet_enquiry_is_to_an_account_or_an_address",
                    ),
                    models.UniqueConstraint(
                        fields=("user", "owner", "asked_on"), name="sheet_enquiry_once_a_day", nulls_distinct=False
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Caretaker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scheme",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="caretaker",
                        to="schemes.scheme",
                        verbose_name="dispositif",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sheets",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sheets",
                        to="schemes.sheetowner",
                        verbose_name="adresse",
                    ),
                ),
                (
                    "named_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="nommé par",
                    ),
                ),
                ("named_at", models.DateTimeField(verbose_name="nommé le")),
            ],
            options={
                "verbose_name": "suivi d’une fiche",
                "verbose_name_plural": "suivis des fiches",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("owner", None), ("user__isnull", False)),
                            models.Q(("owner__isnull", False), ("user", None)),
                            _connector="OR",
                        ),
                        name="caretaker_is_an_account_or_an_address",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Relation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="relations", to="schemes.revision"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("excludes", "ne se cumule pas avec"),
                            ("requires", "demande d’abord"),
                            ("cumulable", "se cumule avec"),
                            ("follows", "vient après"),
                            ("alternative_to", "peut remplacer"),
                        ],
                        max_length=14,
                        verbose_name="lien",
                    ),
                ),
                ("other_key", models.CharField(max_length=120, verbose_name="autre dispositif")),
                (
                    "cap_pct",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Of 'cumulable' only: what both pay of one spend at most; empty where no cap is known.",
                        max_digits=5,
                        null=True,
                        verbose_name="plafond du cumul (% de la même dépense)",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="précision")),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.source",
                    ),
                ),
            ],
            options={
                "verbose_name": "lien entre dispositifs",
                "verbose_name_plural": "liens entre dispositifs",
                "constraints": [
                    models.UniqueConstraint(fields=("revision", "kind", "other_key"), name="relation_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("cap_pct__isnull", True),
                            models.Q(("cap_pct__gt", 0), ("cap_pct__lte", 100), ("kind", "cumulable")),
                            _connector="OR",
                        ),
                        name="relation_cap_is_a_share_of_what_is_cumulable",
                        violation_error_message="Un plafond est une part de la dépense, plus grande que 0 et au plus égale à 100 : il ne va qu’avec « se cumule avec ».",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServedNeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="served_needs", to="schemes.revision"
                    ),
                ),
                (
                    "sub_need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="served_by", to="schemes.subneed"
                    ),
                ),
                (
                    "weight",
                    models.FloatField(
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ]
                    ),
                ),
            ],
            options={
                "verbose_name": "besoin servi",
                "verbose_name_plural": "besoins servis",
                "ordering": ["-weight"],
                "constraints": [
                    models.UniqueConstraint(fields=("revision", "sub_need"), name="served_need_once"),
                    models.CheckConstraint(
                        condition=models.Q(("weight__gt", 0), ("weight__lte", 1)), name="served_need_weight_in_range"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TagDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tag_decisions",
                        to="schemes.scheme",
                        verbose_name="dispositif",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.revision",
                        verbose_name="version lue",
                    ),
                ),
                ("tags", models.JSONField(blank=True, default=dict, verbose_name="besoins servis")),
                ("note", models.TextField(blank=True, verbose_name="pourquoi")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="le")),
            ],
            options={
                "verbose_name": "décision sur les besoins",
                "verbose_name_plural": "décisions sur les besoins",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=40, verbose_name="source")),
                ("file_name", models.CharField(max_length=500, verbose_name="fichier ou adresse")),
                (
                    "digest",
                    models.CharField(
                        blank=True, help_text="SHA-256 of the file.", max_length=64, verbose_name="empreinte"
                    ),
                ),
                ("dated", models.DateField(null=True, verbose_name="jour du fichier")),
                ("started_at", models.DateTimeField(verbose_name="commencée le")),
                ("ended_at", models.DateTimeField(verbose_name="finie le")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="demandée par",
                    ),
                ),
                ("is_trial", models.BooleanField(default=False, verbose_name="essai")),
                (
                    "failure",
                    models.TextField(
                        blank=True, help_text="Why the file was refused as a whole.", verbose_name="fichier refusé"
                    ),
                ),
                ("n_created", models.PositiveIntegerField(default=0, verbose_name="créées")),
                ("n_updated", models.PositiveIntegerField(default=0, verbose_name="changées")),
                ("n_unchanged", models.PositiveIntegerField(default=0, verbose_name="inchangées")),
                ("n_rejected", models.PositiveIntegerField(default=0, verbose_name="refusées")),
                ("report", models.JSONField(blank=True, default=dict, verbose_name="compte rendu")),
            ],
            options={
                "verbose_name": "reprise d’une source",
                "verbose_name_plural": "reprises des sources",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("started_at__lte", models.F("ended_at"))),
                        name="import_run_starts_then_ends",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("failure", ""),
                            models.Q(("n_created", 0), ("n_rejected", 0), ("n_unchanged", 0), ("n_updated", 0)),
                            _connector="OR",
                        ),
                        name="import_run_refused_as_a_whole_has_no_record",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PageCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="checks",
                        to="schemes.page",
                        verbose_name="adresse",
                    ),
                ),
                ("on", models.DateField(verbose_name="le")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("ok", "répond"),
                            ("moved", "a déménagé pour toujours"),
                            ("not_found", "introuvable"),
                            ("soft_not_found", "dit être introuvable"),
                            ("home", "renvoie à l’accueil"),
                            ("empty", "presque vide"),
                            ("refused", "nous refuse"),
                            ("error", "en erreur"),
                            ("timeout", "trop lente"),
                            ("redirects", "tourne en rond"),
                            ("tls", "certificat non valable"),
                            ("dns", "nom inconnu"),
                            ("connection", "connexion refusée"),
                            ("protocol", "réponse illisible"),
                            ("private", "adresse non publique"),
                            ("bad_url", "adresse mal formée"),
                        ],
                        max_length=16,
                        verbose_name="résultat",
                    ),
                ),
                ("sentence", models.CharField(blank=True, max_length=300, verbose_name="en clair")),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="code HTTP")),
                ("moved_to", models.TextField(blank=True, verbose_name="nouvelle adresse")),
            ],
            options={
                "verbose_name": "contrôle d’une adresse",
                "verbose_name_plural": "contrôles d’une adresse",
                "ordering": ["-on"],
                "constraints": [models.UniqueConstraint(fields=("page", "on"), name="page_check_once_a_day")],
            },
        ),
        migrations.AddField(
            model_name="revision",
            name="scheme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="revisions",
                to="schemes.scheme",
                verbose_name="dispositif",
            ),
        ),
        migrations.AddField(
            model_name="revision",
            name="observed",
            field=models.ForeignKey(
                blank=True,
                help_text="What decided of the window; kept as long as the sighting it made is.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revisions",
                to="schemes.windowobservation",
                verbose_name="constat d’ouverture",
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(fields=("scheme", "number"), name="revision_number_once"),
        ),
        append_only("schemes_revision"),
        append_only("schemes_criterion"),
        append_only("schemes_source"),
        append_only("schemes_operatorrole"),
        append_only("schemes_relation"),
        append_only("schemes_servedneed"),
        append_only("schemes_tagdecision"),
        append_only("schemes_importrun"),
        append_only("schemes_fielddecision"),
        append_only("schemes_proposaledit"),
        append_only("schemes_windowobservation"),
        append_only("schemes_sheetanswer"),
        UnaccentExtension(),
        migrations.RunSQL(MAKE, "DROP TEXT SEARCH CONFIGURATION francais"),
    ]
