import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models
from backend.common.append_only import append_only


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("matchmaking", "0001_initial"),
        ("matchmaking", "0002_decisions_are_append_only"),
        ("matchmaking", "0003_the_whole_review"),
        ("matchmaking", "0004_what_was_known"),
        ("matchmaking", "0005_results_are_append_only"),
        ("matchmaking", "0006_versions_of_weights"),
        ("matchmaking", "0007_weights_in_force"),
        ("matchmaking", "0008_weights_are_append_only"),
        ("matchmaking", "0009_language_closeness_and_chance"),
        ("matchmaking", "0010_corrections_and_unmet_needs"),
        ("matchmaking", "0011_rankers"),
        ("matchmaking", "0012_what_was_ticked"),
        ("matchmaking", "0013_hidden_by_variants"),
        ("matchmaking", "0014_rematches"),
        ("matchmaking", "0015_whose_file_it_is"),
        ("matchmaking", "0016_dead_addresses"),
        ("matchmaking", "0017_many_files_of_a_day"),
        ("matchmaking", "0018_erased_files"),
        ("matchmaking", "0019_remove_submission_token"),
        ("matchmaking", "0020_language_inputs"),
        ("matchmaking", "0021_what_was_understood"),
        ("matchmaking", "0022_preferences"),
        ("matchmaking", "0023_matches_that_orient"),
        ("matchmaking", "0024_call_requests"),
        ("matchmaking", "0025_another_language"),
        ("matchmaking", "0026_escalations"),
        ("matchmaking", "0027_calls_promised"),
        ("matchmaking", "0028_answers_counted_without_a_name"),
        ("matchmaking", "0029_what_is_presumed_of_a_match"),
        ("matchmaking", "0030_scheme_events"),
        ("matchmaking", "0031_steps_of_schemes_are_events"),
        ("matchmaking", "0032_referrals"),
        ("matchmaking", "0033_files_arrive"),
        ("matchmaking", "0036_closings"),
        ("matchmaking", "0037_closed_before"),
        ("matchmaking", "0038_unmet_needs_without_place"),
        ("matchmaking", "0039_closing_only_alerts"),
        ("matchmaking", "0040_surveys"),
        ("matchmaking", "0041_saved_drafts"),
        ("matchmaking", "0042_survey_still_waiting"),
        ("matchmaking", "0043_spoken_activities"),
        ("matchmaking", "0045_review_policies"),
        ("matchmaking", "0046_reasons_of_refusals"),
        ("matchmaking", "0047_what_an_end_changed"),
        ("matchmaking", "0048_guests"),
        ("matchmaking", "0052_answering_matches"),
        ("matchmaking", "0053_partner_shares"),
        ("matchmaking", "0054_when_partners_read"),
        ("matchmaking", "0055_words_of_firms"),
        ("matchmaking", "0060_what_a_pruned_answer_keeps"),
        ("matchmaking", "0061_call_at_any_time"),
        ("matchmaking", "0062_calls_without_answer"),
    ]

    dependencies = [
        ("accounts", "0001_squashed_0005_saved_lists"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("companies", "0010_ascii_addresses"),
        ("notifications", "0001_squashed_0006_stop_reasons"),
        ("schemes", "0001_squashed_0030_answers_taken_back"),
        ("territories", "0001_squashed_0003_zone_lists"),
    ]

    operations = [
        migrations.CreateModel(
            name="Language",
            fields=[
                (
                    "version",
                    models.CharField(
                        help_text="Digest of the sentences it was learnt from.",
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                        verbose_name="version",
                    ),
                ),
                (
                    "inputs",
                    models.CharField(
                        blank=True, help_text="Digest of all that was read to find these sentences.", max_length=64
                    ),
                ),
                ("arrays", models.BinaryField(help_text="Arrays in numpy's npz format, read without pickle.")),
                ("n_sentences", models.PositiveIntegerField(verbose_name="phrases")),
                ("n_corrections", models.PositiveIntegerField(default=0, verbose_name="corrections de développeurs")),
                ("learnt_at", models.DateTimeField(verbose_name="apprise le")),
            ],
            options={
                "verbose_name": "langue apprise",
                "verbose_name_plural": "langues apprises",
                "ordering": ["-learnt_at"],
                "get_latest_by": ["learnt_at", "version"],
            },
        ),
        migrations.CreateModel(
            name="Rematch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(help_text="Day of the service, in Paris: both sides are answered on it.")),
                ("opened_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "reprise des correspondances",
                "verbose_name_plural": "reprises des correspondances",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="ReviewPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.taxonomyneed",
                        verbose_name="besoin",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("read", "un agent lit d’abord"),
                            ("sampled", "part seule si tout est sûr, une sur dix tirée au sort est lue d’abord"),
                            ("auto", "part seule si tout est sûr"),
                        ],
                        max_length=8,
                        verbose_name="relecture",
                    ),
                ),
                (
                    "least",
                    models.PositiveSmallIntegerField(
                        help_text="Of a need that nobody ticked; null: all are read.",
                        null=True,
                        verbose_name="probabilité la plus basse, en %",
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="décidé par",
                    ),
                ),
                ("set_at", models.DateTimeField(verbose_name="décidé le")),
            ],
            options={
                "verbose_name": "choix de relecture",
                "verbose_name_plural": "choix de relecture",
                "ordering": ["-set_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("least", None), ("mode", "read")),
                            models.Q(models.Q(("mode", "read"), _negated=True), ("least__range", (50, 100))),
                            _connector="OR",
                        ),
                        name="review_policy_says_how_sure",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("filing_key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "sheet",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submission",
                        to="companies.factsheet",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="companies.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "epci",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : commune inconnue, demande commune aux quatre intercommunalités.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="submissions",
                        to="territories.servedepci",
                        verbose_name="intercommunalité",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="besoin en ses mots")),
                (
                    "call_slot",
                    models.CharField(
                        choices=[
                            ("morning", "le matin (8 h – 12 h)"),
                            ("noon", "entre 12 h et 14 h"),
                            ("afternoon", "l’après-midi (14 h – 18 h)"),
                            ("any", "à tout moment"),
                        ],
                        default="any",
                        max_length=10,
                        verbose_name="quand rappeler",
                    ),
                ),
                ("filed_at", models.DateTimeField(verbose_name="déposée le")),
                ("consented_at", models.DateTimeField(verbose_name="consentement donné le")),
                (
                    "consent_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : l’entreprise l’a donné elle-même, sur le site.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="consentement recueilli au téléphone par",
                    ),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="adresse confirmée le")),
                ("reviewed_at", models.DateTimeField(blank=True, null=True, verbose_name="relue le")),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="relue par",
                    ),
                ),
                (
                    "first_answered_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When its first review ended; empty where that was undone before its firm was told.",
                        null=True,
                        verbose_name="première réponse le",
                    ),
                ),
                (
                    "reopened_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="The last time that its review was awaited again.",
                        null=True,
                        verbose_name="rouverte le",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : personne ne l’a encore prise en charge.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="files",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="suivie par",
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="fermée le")),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="fermée par",
                    ),
                ),
                (
                    "closed_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_entitled", "son auteur n’est pas habilité"),
                            ("withdrawn", "l’entreprise a retiré son consentement"),
                            ("outside", "son projet est hors du territoire"),
                            ("helped", "l’entreprise a été aidée"),
                            ("not_helped", "nous n’avons pas pu aider l’entreprise"),
                            ("unreachable", "l’entreprise est injoignable"),
                            ("ended", "chaque dispositif retenu ou suivi a une issue"),
                            ("silence", "rien de nouveau depuis 90 jours"),
                        ],
                        max_length=12,
                        verbose_name="pourquoi elle est fermée",
                    ),
                ),
                (
                    "name_shared_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Empty: a colleague is not told it.",
                        null=True,
                        verbose_name="nom donné aux collègues le",
                    ),
                ),
                (
                    "unread_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="What let its schemes be e-mailed before somebody read it; empty: it is read first.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matchmaking.reviewpolicy",
                        verbose_name="partie sans lecture, selon",
                    ),
                ),
                (
                    "many_of_company",
                    models.BooleanField(
                        default=False,
                        help_text="Read by officers only.",
                        verbose_name="beaucoup de demandes pour ce SIREN ce jour-là",
                    ),
                ),
                (
                    "many_of_address",
                    models.BooleanField(
                        default=False,
                        help_text="Read by officers only.",
                        verbose_name="beaucoup de demandes avec cette adresse ce jour-là",
                    ),
                ),
                (
                    "erased_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="What is left names nobody: see backend/privacy.",
                        null=True,
                        verbose_name="effacée le",
                    ),
                ),
            ],
            options={
                "verbose_name": "demande",
                "verbose_name_plural": "demandes",
                "ordering": ["-filed_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), ("closed_reason", "")),
                            models.Q(("closed_at__isnull", False), models.Q(("closed_reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="submission_closed_says_why",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CallRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, help_text="Of the draft it came from.", unique=True
                    ),
                ),
                (
                    "epci",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : commune inconnue, demande commune aux quatre intercommunalités.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.servedepci",
                        verbose_name="intercommunalité",
                    ),
                ),
                (
                    "commune",
                    models.CharField(blank=True, help_text="Its INSEE code.", max_length=5, verbose_name="commune"),
                ),
                ("phone", models.CharField(max_length=20, verbose_name="téléphone")),
                ("name", models.CharField(max_length=120, verbose_name="qui demander")),
                ("company_name", models.CharField(blank=True, max_length=160, verbose_name="entreprise")),
                (
                    "call_slot",
                    models.CharField(
                        choices=[
                            ("morning", "le matin (8 h – 12 h)"),
                            ("noon", "entre 12 h et 14 h"),
                            ("afternoon", "l’après-midi (14 h – 18 h)"),
                            ("any", "à tout moment"),
                        ],
                        default="any",
                        max_length=10,
                        verbose_name="quand rappeler",
                    ),
                ),
                (
                    "needs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list, help_text="Keys of sub-needs."
                    ),
                ),
                ("n_asked", models.PositiveSmallIntegerField(default=1, verbose_name="nombre de demandes")),
                ("asked_at", models.DateTimeField(help_text="The last time.", verbose_name="demandé le")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="traité le")),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="traité par",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="call_requests",
                        to="matchmaking.submission",
                        verbose_name="demande ouverte au téléphone",
                    ),
                ),
            ],
            options={
                "verbose_name": "demande de rappel",
                "verbose_name_plural": "demandes de rappel",
                "ordering": ["asked_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="WeightSet",
            fields=[
                (
                    "version",
                    models.CharField(max_length=20, primary_key=True, serialize=False, verbose_name="version"),
                ),
                ("points", models.JSONField(verbose_name="points")),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : livrée avec le service.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="auteur",
                    ),
                ),
                ("written_on", models.DateField(verbose_name="écrite le")),
                ("note", models.TextField(blank=True, verbose_name="pourquoi")),
            ],
            options={
                "verbose_name": "jeu de poids",
                "verbose_name_plural": "jeux de poids",
                "ordering": ["-written_on", "-version"],
            },
        ),
        migrations.CreateModel(
            name="Ranker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "weights",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matchmaking.weightset"
                    ),
                ),
                ("points", models.JSONField(verbose_name="points appris")),
                ("means", models.JSONField(verbose_name="parts moyennes")),
                ("bound", models.FloatField(verbose_name="correction la plus forte")),
                (
                    "counts",
                    models.JSONField(
                        help_text="decisions, files, officers, rarer_answer.", verbose_name="avis utilisés"
                    ),
                ),
                (
                    "champion",
                    models.ForeignKey(
                        blank=True,
                        help_text="What was in use; empty: the rules alone.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matchmaking.ranker",
                    ),
                ),
                (
                    "comparison",
                    models.JSONField(help_text="On the files that were held out.", verbose_name="comparaison"),
                ),
                (
                    "fairness",
                    models.JSONField(
                        help_text="What each group of firms sees, before and after.", verbose_name="équité"
                    ),
                ),
                ("trained_at", models.DateTimeField(verbose_name="apprise le")),
                (
                    "state",
                    models.CharField(
                        choices=[("candidate", "à examiner"), ("adopted", "en service"), ("retired", "retirée")],
                        default="candidate",
                        max_length=9,
                        verbose_name="état",
                    ),
                ),
                ("adopted_at", models.DateTimeField(blank=True, null=True, verbose_name="mise en service le")),
                (
                    "adopted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retirée le")),
                (
                    "retired_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: a newer one took its place.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "classement appris",
                "verbose_name_plural": "classements appris",
                "ordering": ["-trained_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "adopted")), fields=("state",), name="ranker_one_adopted"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "adopted"), _negated=True),
                            models.Q(("adopted_at__isnull", False), ("adopted_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="ranker_adopted_by_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("retired_at__isnull", False), ("state", "retired")),
                            models.Q(models.Q(("state", "retired"), _negated=True), ("retired_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="ranker_retired_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="matchmaking.submission",
                    ),
                ),
                ("computed_at", models.DateTimeField(verbose_name="calculé le")),
                ("on", models.DateField(verbose_name="jour du calcul")),
                ("facts", models.JSONField(verbose_name="faits")),
                ("needs", models.JSONField(help_text="Sub-need → weight.", verbose_name="poids des besoins")),
                (
                    "ticked",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        default=list,
                        help_text="Those of its needs that were ticked.",
                    ),
                ),
                (
                    "stated",
                    models.BooleanField(
                        help_text="Without one, every scheme is ranked.", verbose_name="un besoin est exprimé"
                    ),
                ),
                (
                    "probabilities",
                    models.JSONField(default=dict, help_text="Sub-need → that the firm has it, in [0, 1]."),
                ),
                (
                    "elsewhere",
                    models.FloatField(
                        default=0.0, help_text="Share of its words that speaks of what no scheme is for."
                    ),
                ),
                (
                    "preferences",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        default=list,
                        help_text="What its firm does not want, or wants soon.",
                    ),
                ),
                (
                    "spoken_activities",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=6),
                        default=list,
                        help_text="Codes of the trades that its text speaks of.",
                    ),
                ),
                (
                    "reply",
                    models.CharField(
                        choices=[
                            ("answered", "des dispositifs"),
                            ("to_confirm", "un besoin à confirmer"),
                            ("nothing", "rien"),
                        ],
                        default="answered",
                        max_length=10,
                        verbose_name="réponse",
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_understood", "pas compris"),
                            ("no_scheme", "aucun dispositif pour cela"),
                            ("not_open", "pas encore ouvert"),
                            ("not_for_you", "pas pour cette entreprise"),
                            ("other_language", "une autre langue que le français"),
                        ],
                        max_length=14,
                        verbose_name="pourquoi rien",
                    ),
                ),
                (
                    "served",
                    models.JSONField(
                        default=dict, help_text="Sub-need → whether a scheme serves it, or why none does."
                    ),
                ),
                (
                    "weights",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="matchmaking.weightset"
                    ),
                ),
                (
                    "ranker",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="matchmaking.ranker",
                    ),
                ),
                (
                    "catalogue",
                    models.CharField(
                        help_text="Digest of the revisions in force: another one, another answer.", max_length=64
                    ),
                ),
                (
                    "read_files",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        help_text="Numbers of the other files that it read; null: nobody knows.",
                        null=True,
                    ),
                ),
                (
                    "pruned",
                    models.JSONField(
                        help_text="Revision → closeness, of its matches where they were erased since: for a replay.",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name": "résultat",
                "verbose_name_plural": "résultats",
                "ordering": ["-computed_at", "-pk"],
                "get_latest_by": ["computed_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Match",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "result",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="matches", to="matchmaking.result"
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="matches", to="schemes.scheme"
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="matches", to="schemes.revision"
                    ),
                ),
                ("rank", models.PositiveIntegerField(verbose_name="rang")),
                ("score", models.FloatField(null=True, verbose_name="score")),
                (
                    "eligibility",
                    models.CharField(
                        choices=[
                            ("eligible", "éligible"),
                            ("undecided", "à préciser"),
                            ("ineligible", "non éligible"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "typed",
                    models.CharField(
                        choices=[
                            ("eligible", "éligible"),
                            ("undecided", "à préciser"),
                            ("ineligible", "non éligible"),
                        ],
                        max_length=10,
                    ),
                ),
                ("targeted", models.CharField(max_length=7)),
                ("opens_later", models.BooleanField(default=False)),
                ("addresses", models.BooleanField(default=False)),
                (
                    "hidden_by",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=161),
                        default=list,
                        help_text="Keys of its local variants, listed in its place.",
                    ),
                ),
                (
                    "closeness",
                    models.FloatField(default=0.0, help_text="Of the firm's words to what is said of the scheme."),
                ),
                ("guide", models.BooleanField(default=False, help_text="It orients a firm rather than helps it.")),
                (
                    "need",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schemes.subneed"
                    ),
                ),
                (
                    "unknown",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list
                    ),
                ),
                (
                    "to_confirm",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list
                    ),
                ),
                (
                    "presumed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        help_text="Open facts that what is presumed of the firm would close; null: nobody presumed anything yet.",
                        null=True,
                    ),
                ),
                ("parts", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "mise en relation",
                "verbose_name_plural": "mises en relation",
                "ordering": ["rank"],
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("addresses", True), models.Q(("eligibility", "ineligible"), _negated=True)
                        ),
                        fields=["result"],
                        include=("revision", "scheme"),
                        name="match_answering",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("result", "scheme"), name="match_once")],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="reviews", to="schemes.scheme"
                    ),
                ),
                (
                    "match",
                    models.ForeignKey(
                        help_text="What the engine suggested to the officer.",
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="reviews",
                        to="matchmaking.match",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("kept", "retenu"),
                            ("rejected", "écarté"),
                            ("referred", "transmis à une autre intercommunalité"),
                            ("withdrawn", "avis retiré"),
                        ],
                        max_length=10,
                        verbose_name="avis",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("wrong_criterion", "un critère du dispositif est faux"),
                            ("wrong_fact", "un fait de l’entreprise est faux"),
                            ("already_has_it", "l’entreprise l’a déjà"),
                            ("asked_and_refused", "déjà demandé, refusé"),
                            ("project_started", "le projet est déjà commencé"),
                            ("deadline_too_close", "la date limite est trop proche"),
                            ("not_worth_it", "le montant ne vaut pas la démarche"),
                            ("not_interested", "l’entreprise n’en veut pas"),
                            ("better_alternative", "un autre dispositif convient mieux"),
                            ("partner_first", "il faut d’abord un partenaire"),
                            ("other", "autre raison (à préciser)"),
                            ("outside_perimeter", "hors de mon périmètre"),
                        ],
                        max_length=20,
                        verbose_name="raison",
                    ),
                ),
                ("comment", models.TextField(blank=True, verbose_name="précision pour les collègues")),
                ("message", models.TextField(blank=True, verbose_name="mots pour l’entreprise")),
                (
                    "by_hand",
                    models.BooleanField(
                        default=False,
                        help_text="The scheme answered no stated need: the officer knew better.",
                        verbose_name="ajouté à la main",
                    ),
                ),
                ("decided_at", models.DateTimeField(verbose_name="décidé le")),
                (
                    "task",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="reviews",
                        to="schemes.cataloguetask",
                    ),
                ),
                (
                    "fact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="reviews",
                        to="companies.fact",
                    ),
                ),
                (
                    "alternative",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.scheme",
                        verbose_name="dispositif préféré",
                    ),
                ),
                ("partner", models.CharField(blank=True, max_length=120, verbose_name="partenaire à trouver")),
                (
                    "rerouted_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.servedepci",
                        verbose_name="transmis à",
                    ),
                ),
                (
                    "because_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="consequences",
                        to="matchmaking.review",
                    ),
                ),
            ],
            options={
                "verbose_name": "avis",
                "verbose_name_plural": "avis",
                "ordering": ["-decided_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("verdict", "rejected"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="review_rejected_says_why",
                        violation_error_message="Écarter un dispositif demande une raison.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", "other"), _negated=True),
                            models.Q(("comment", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="review_other_is_explained",
                        violation_error_message="« Autre raison » demande une précision.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", "better_alternative"), _negated=True),
                            ("alternative__isnull", False),
                            _connector="OR",
                        ),
                        name="review_better_alternative_says_which",
                        violation_error_message="« Un autre convient mieux » demande lequel.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", "partner_first"), _negated=True),
                            models.Q(("partner", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="review_partner_first_names_it",
                        violation_error_message="« Il faut d’abord un partenaire » demande lequel.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("alternative", models.F("scheme")), _negated=True),
                        name="review_alternative_is_another_scheme",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follow_ups",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.scheme",
                        verbose_name="dispositif",
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("contacted", "entreprise contactée"),
                            ("call_back", "rappeler l’entreprise"),
                            ("no_answer", "appelé, pas de réponse : rappeler"),
                            ("partner", "partenaire à trouver"),
                            ("dead_address", "adresse morte : appeler l’entreprise"),
                            ("outcome", "demander à l’entreprise ce que sont devenus ses dispositifs"),
                            ("partner_said", "lire la réponse d’un partenaire"),
                            ("firm_said", "lire ce qu’écrit l’entreprise"),
                        ],
                        max_length=12,
                        verbose_name="étape",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="précision")),
                (
                    "due_on",
                    models.DateField(
                        blank=True, help_text="Of a call that is to be made.", null=True, verbose_name="le"
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        blank=True,
                        help_text="What owes it.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="follow_ups",
                        to="matchmaking.review",
                    ),
                ),
                (
                    "suppression",
                    models.ForeignKey(
                        blank=True,
                        help_text="The dead address.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="notifications.suppression",
                    ),
                ),
                (
                    "agreed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Of a call: that its day suits the firm.",
                        null=True,
                        verbose_name="confirmé par l’entreprise le",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="noté par",
                    ),
                ),
                ("recorded_at", models.DateTimeField(verbose_name="noté le")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="fait le")),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="fait par",
                    ),
                ),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="annulé le")),
            ],
            options={
                "verbose_name": "étape de suivi",
                "verbose_name_plural": "étapes de suivi",
                "ordering": ["-recorded_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("step", "dead_address"), ("suppression__isnull", False)),
                            ("step__in", ("outcome", "firm_said")),
                            ("recorded_by__isnull", False),
                            _connector="OR",
                        ),
                        name="follow_up_of_a_person_names_them",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_on__isnull", False), ("step__in", ("call_back", "no_answer"))),
                            models.Q(
                                models.Q(("step__in", ("call_back", "no_answer")), _negated=True),
                                ("due_on__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="follow_up_of_a_call_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("agreed_at", None), ("step", "call_back"), _connector="OR"),
                        name="follow_up_agreed_is_a_call",
                    ),
                    models.UniqueConstraint(
                        fields=("submission", "suppression"), name="follow_up_once_per_dead_address"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SchemeChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rematch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="matchmaking.rematch"
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schemes.scheme"
                    ),
                ),
                (
                    "before",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schemes.revision"
                    ),
                ),
                (
                    "after",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="schemes.revision"
                    ),
                ),
            ],
            options={
                "verbose_name": "dispositif changé",
                "verbose_name_plural": "dispositifs changés",
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("rematch", "scheme"), name="scheme_once_a_rematch")],
            },
        ),
        migrations.CreateModel(
            name="Shard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rematch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shards", to="matchmaking.rematch"
                    ),
                ),
                ("first", models.PositiveBigIntegerField()),
                ("last", models.PositiveBigIntegerField()),
                ("n_firms", models.PositiveIntegerField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "part d’une reprise",
                "verbose_name_plural": "parts d’une reprise",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(condition=models.Q(("done_at", None)), fields=["rematch"], name="shard_waiting")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("rematch", "first"), name="firms_once_a_rematch"),
                    models.CheckConstraint(
                        condition=models.Q(("last__gte", models.F("first"))), name="shard_holds_a_firm"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SchemeEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scheme_events",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="schemes.scheme",
                        verbose_name="dispositif",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        blank=True,
                        help_text="What the scheme said then; not known of what was recorded before.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.revision",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("followed", "ça m’intéresse"),
                            ("applied", "demande déposée"),
                            ("granted", "obtenu"),
                            ("refused", "refusé"),
                            ("given_up", "abandonné"),
                            ("has_it", "je l’ai déjà"),
                            ("set_aside", "pas pour moi"),
                            ("withdrawn", "annulé"),
                        ],
                        max_length=9,
                        verbose_name="état",
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("firm", "l’entreprise"),
                            ("officer", "le développeur économique"),
                            ("operator", "le porteur du dispositif"),
                        ],
                        max_length=8,
                        verbose_name="dit par",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="noté par",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_interested", "je n’en veux pas"),
                            ("other_project", "pas pour ce projet"),
                            ("not_worth_it", "le montant ne vaut pas la démarche"),
                            ("deadline_too_close", "la date limite est trop proche"),
                        ],
                        max_length=18,
                        verbose_name="raison",
                    ),
                ),
                (
                    "refusal",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("budget_spent", "enveloppe épuisée"),
                            ("condition", "une condition n’est pas remplie"),
                            ("incomplete", "dossier incomplet"),
                            ("too_late", "demande trop tardive, ou projet déjà commencé"),
                            ("project", "projet jugé insuffisant"),
                            ("other_aid", "cumul avec une autre aide"),
                        ],
                        max_length=12,
                        verbose_name="raison du refus",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="précision")),
                (
                    "euros",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Asked, or granted.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(1000000000)],
                        verbose_name="euros",
                    ),
                ),
                ("happened_on", models.DateField(verbose_name="le")),
                ("recorded_at", models.DateTimeField(verbose_name="noté le")),
                (
                    "undoes",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="undone_by",
                        to="matchmaking.schemeevent",
                        verbose_name="annule",
                    ),
                ),
            ],
            options={
                "verbose_name": "suite d’un dispositif",
                "verbose_name_plural": "suites des dispositifs",
                "ordering": ["-recorded_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("actor", None), ("origin", "firm")),
                            models.Q(models.Q(("origin", "firm"), _negated=True), ("actor__isnull", False)),
                            _connector="OR",
                        ),
                        name="scheme_event_of_a_person_names_them",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("origin", "firm"), ("state", "set_aside"), models.Q(("reason", ""), _negated=True)
                            ),
                            models.Q(models.Q(("state", "set_aside"), _negated=True), ("reason", "")),
                            _connector="OR",
                        ),
                        name="scheme_event_set_aside_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("refusal", ""),
                            models.Q(("state", "refused"), models.Q(("origin", "firm"), _negated=True)),
                            _connector="OR",
                        ),
                        name="scheme_event_refusal_of_an_operator",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("euros", None),
                            models.Q(("euros__lte", 1000000000), ("state__in", ("applied", "granted"))),
                            _connector="OR",
                        ),
                        name="scheme_event_euros_of_a_request",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "withdrawn"), ("undoes__isnull", False)),
                            models.Q(models.Q(("state", "withdrawn"), _negated=True), ("undoes", None)),
                            _connector="OR",
                        ),
                        name="scheme_event_withdrawn_says_what",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, help_text="Of the filing that ends it.", unique=True
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="matchmaking.submission",
                        verbose_name="commencée depuis la demande",
                    ),
                ),
                (
                    "address",
                    models.EmailField(
                        help_text="That opened the space where it was begun.",
                        max_length=254,
                        verbose_name="adresse électronique",
                    ),
                ),
                (
                    "content",
                    models.JSONField(
                        help_text="Fields of the drafts of web: steps as they were typed.", verbose_name="contenu"
                    ),
                ),
                ("begun_at", models.DateTimeField(verbose_name="commencée le")),
                ("touched_at", models.DateTimeField(verbose_name="dernière saisie le")),
            ],
            options={
                "verbose_name": "demande commencée",
                "verbose_name_plural": "demandes commencées",
                "ordering": ["-touched_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("touched_at__gte", models.F("begun_at"))),
                        name="saved_draft_begun_then_touched",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewEnd",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="review_ends",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "result",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT, related_name="+", to="matchmaking.result"
                    ),
                ),
                ("message", models.TextField(blank=True, verbose_name="message à l’entreprise")),
                ("ended_at", models.DateTimeField(verbose_name="terminée le")),
                ("took_file", models.BooleanField(default=False, verbose_name="a pris le dossier en charge")),
                (
                    "told_before",
                    models.ForeignKey(
                        blank=True,
                        help_text="What a subscriber had been told of until then.",
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="matchmaking.result",
                    ),
                ),
            ],
            options={
                "verbose_name": "fin d’avis",
                "verbose_name_plural": "fins d’avis",
                "ordering": ["-ended_at"],
            },
        ),
        migrations.CreateModel(
            name="PreferenceCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preference_corrections",
                        to="matchmaking.submission",
                    ),
                ),
                ("preference", models.CharField(max_length=20)),
                ("holds", models.BooleanField()),
                ("made_at", models.DateTimeField(verbose_name="le")),
            ],
            options={
                "verbose_name": "correction d’une préférence",
                "verbose_name_plural": "corrections de préférences",
                "ordering": ["-made_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="PartnerShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="partner_shares",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                        verbose_name="partenaire",
                    ),
                ),
                ("message", models.TextField(verbose_name="mot au partenaire, que l’entreprise lit aussi")),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposé par",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="proposé le")),
                ("agreed_at", models.DateTimeField(blank=True, null=True, verbose_name="accord donné le")),
                ("begins_at", models.DateTimeField(blank=True, null=True, verbose_name="lisible depuis le")),
                ("first_read_at", models.DateTimeField(blank=True, null=True, verbose_name="ouvert d’abord le")),
                ("last_read_at", models.DateTimeField(blank=True, null=True, verbose_name="ouvert en dernier le")),
                (
                    "agreed_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : l’entreprise l’a donné elle-même, sur sa page.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="accord recueilli de vive voix par",
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="terminé le")),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("refused", "refusé par l’entreprise"),
                            ("withdrawn", "arrêté par l’entreprise"),
                            ("officer", "arrêté par le développeur économique"),
                            ("closed", "terminé avec le dossier"),
                            ("address", "terminé : l’adresse de l’entreprise a changé"),
                            ("company", "terminé : le SIREN a changé"),
                        ],
                        max_length=9,
                        verbose_name="comment",
                    ),
                ),
            ],
            options={
                "verbose_name": "partage avec un partenaire",
                "verbose_name_plural": "partages avec des partenaires",
                "ordering": ["asked_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("submission", "organisation"),
                        name="partner_share_once_until_ended",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("agreed_by", None), ("agreed_at__isnull", False), _connector="OR"),
                        name="partner_share_noted_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ending", "")),
                            models.Q(("ended_at__isnull", False), models.Q(("ending", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="partner_share_ended_says_how",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed_at", None), ("begins_at", None)),
                            ("begins_at__gte", models.F("agreed_at")),
                            _connector="OR",
                        ),
                        name="partner_share_begins_once_agreed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("first_read_at", None), ("last_read_at", None)),
                            ("last_read_at__gte", models.F("first_read_at")),
                            _connector="OR",
                        ),
                        name="partner_share_first_and_last_reading",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("message", ""), _negated=True), name="partner_share_says_why"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="matchmaking.submission"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="auteur",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("internal", "mon organisation seulement"),
                            ("shared", "toutes les personnes qui suivent ce dossier"),
                            ("firm", "l’entreprise aussi"),
                            ("partner", "ce partenaire aussi"),
                        ],
                        max_length=8,
                        verbose_name="qui la lit",
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        blank=True,
                        help_text="Of a note that a partner reads or wrote: it ends with the share.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="matchmaking.partnershare",
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        blank=True,
                        help_text="What it owes.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notes",
                        to="matchmaking.followup",
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.scheme",
                        verbose_name="dispositif",
                    ),
                ),
                (
                    "keep_on",
                    models.DateField(
                        blank=True, help_text="For the calendars of both.", null=True, verbose_name="date à retenir"
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        blank=True,
                        help_text="For which the firm proposes another time.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="matchmaking.followup",
                    ),
                ),
                ("text", models.TextField(verbose_name="note")),
                ("written_at", models.DateTimeField(verbose_name="écrite le")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="retirée le")),
            ],
            options={
                "verbose_name": "note",
                "verbose_name_plural": "notes",
                "ordering": ["-written_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("audience", "partner"), ("share__isnull", False)),
                            models.Q(models.Q(("audience", "partner"), _negated=True), ("share", None)),
                            _connector="OR",
                        ),
                        name="note_to_a_partner_names_the_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("author__isnull", False),
                                ("call", None),
                                ("keep_on", None),
                                ("organisation__isnull", False),
                                ("scheme", None),
                            ),
                            models.Q(
                                ("audience", "firm"),
                                ("author", None),
                                ("call", None),
                                ("organisation", None),
                                ("scheme__isnull", False),
                            ),
                            models.Q(
                                ("audience", "firm"),
                                ("author", None),
                                ("call__isnull", False),
                                ("keep_on", None),
                                ("organisation", None),
                                ("scheme", None),
                            ),
                            _connector="OR",
                        ),
                        name="note_of_the_firm_is_of_a_scheme_or_a_call",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NeedCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="need_corrections",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "sub_need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schemes.subneed"
                    ),
                ),
                (
                    "change",
                    models.CharField(
                        choices=[("added", "ajouté"), ("removed", "écarté"), ("withdrawn", "correction retirée")],
                        max_length=10,
                        verbose_name="correction",
                    ),
                ),
                (
                    "was_ticked",
                    models.BooleanField(
                        default=False, help_text="The firm had ticked what is removed: taking it back ticks it again."
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        help_text="None: the firm.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="le")),
            ],
            options={
                "verbose_name": "correction d’un besoin",
                "verbose_name_plural": "corrections de besoins",
                "ordering": ["-made_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Need",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="needs", to="matchmaking.submission"
                    ),
                ),
                (
                    "sub_need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schemes.subneed"
                    ),
                ),
                ("ticked", models.BooleanField(default=False)),
                ("added", models.BooleanField(default=False)),
                ("weight", models.FloatField()),
                ("probability", models.FloatField(default=1.0, help_text="That the firm has it, in [0, 1].")),
                (
                    "evidence",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), default=list
                    ),
                ),
                (
                    "sentence",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(),
                        help_text="Where the text says it best: from, and up to.",
                        null=True,
                    ),
                ),
            ],
            options={
                "verbose_name": "besoin exprimé",
                "verbose_name_plural": "besoins exprimés",
                "ordering": ["-probability", "-weight", "sub_need__position"],
                "constraints": [models.UniqueConstraint(fields=("submission", "sub_need"), name="need_once")],
            },
        ),
        migrations.CreateModel(
            name="HandOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hand_overs",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : l’entreprise a corrigé la commune de son projet.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposée par",
                    ),
                ),
                (
                    "to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposée à",
                    ),
                ),
                (
                    "to_epci",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.servedepci",
                        verbose_name="proposée à l’intercommunalité",
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="mot d’accompagnement")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("offered", "proposée"),
                            ("accepted", "acceptée"),
                            ("declined", "refusée"),
                            ("withdrawn", "retirée"),
                        ],
                        default="offered",
                        max_length=10,
                        verbose_name="état",
                    ),
                ),
                ("offered_at", models.DateTimeField(verbose_name="proposée le")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="répondue le")),
                (
                    "answered_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="répondue par",
                    ),
                ),
                ("answer", models.TextField(blank=True, verbose_name="réponse")),
            ],
            options={
                "verbose_name": "transmission",
                "verbose_name_plural": "transmissions",
                "ordering": ["-offered_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "offered")),
                        fields=("submission",),
                        name="hand_over_one_offer_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at__isnull", True), ("state", "offered")),
                            models.Q(models.Q(("state", "offered"), _negated=True), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="hand_over_answered_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("to__isnull", False), ("to_epci", None)),
                            models.Q(("to", None), ("to_epci__isnull", False)),
                            _connector="OR",
                        ),
                        name="hand_over_to_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Guest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="guests", to="matchmaking.submission"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="adresse électronique")),
                (
                    "right",
                    models.CharField(
                        choices=[
                            ("read", "lire"),
                            ("answer", "lire et répondre"),
                            ("manage", "tout faire : répondre, inviter, fermer, effacer"),
                        ],
                        max_length=6,
                        verbose_name="droit",
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : le contact de la demande, ou un contact retiré depuis.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="matchmaking.guest",
                        verbose_name="invité par",
                    ),
                ),
                ("invited_at", models.DateTimeField(verbose_name="invité le")),
                ("accepted_at", models.DateTimeField(blank=True, null=True, verbose_name="accepté le")),
                ("left_at", models.DateTimeField(blank=True, null=True, verbose_name="refusé ou quitté le")),
            ],
            options={
                "verbose_name": "contact invité",
                "verbose_name_plural": "contacts invités",
                "ordering": ["invited_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("submission"),
                        django.db.models.functions.text.Lower("email"),
                        name="guest_once_per_file",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("email__regex", "^[!-~]+$")), name="guest_email_is_ascii"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at", None), ("accepted_at__gte", models.F("invited_at")), _connector="OR"
                        ),
                        name="guest_invited_then_accepted",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FileLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="matchmaking.submission"
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="matchmaking.submission"
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        help_text="The link holds while both files name it.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="companies.company",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("same_firm", "même entreprise, même interlocuteur"),
                            ("colleague", "un autre contact habilité"),
                        ],
                        max_length=10,
                        verbose_name="qui a déposé l’autre",
                    ),
                ),
                (
                    "proposed_for",
                    models.ForeignKey(
                        help_text="Whose officer proposed it.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposé par",
                    ),
                ),
                ("proposed_at", models.DateTimeField(verbose_name="proposé le")),
                (
                    "agreed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="accepté par",
                    ),
                ),
                ("agreed_at", models.DateTimeField(blank=True, null=True, verbose_name="accepté le")),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="défait par",
                    ),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True, verbose_name="défait le")),
            ],
            options={
                "verbose_name": "lien entre demandes",
                "verbose_name_plural": "liens entre demandes",
                "ordering": ["-proposed_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))), name="file_link_of_two_in_order"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)),
                        fields=("first", "second"),
                        name="file_link_once_until_undone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("proposed_for", models.F("first")), ("proposed_for", models.F("second")), _connector="OR"
                        ),
                        name="file_link_proposed_for_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreed_at__isnull", True), ("agreed_by__isnull", True)),
                            models.Q(("agreed_at__isnull", False), ("agreed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="file_link_agreed_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("undone_at__isnull", True), ("undone_by__isnull", True)),
                            models.Q(("undone_at__isnull", False), ("undone_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="file_link_undone_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FileEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="file_events",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("closed", "close"), ("reopened", "rouverte")],
                        max_length=8,
                        verbose_name="ce qui s’est passé",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_entitled", "son auteur n’est pas habilité"),
                            ("withdrawn", "l’entreprise a retiré son consentement"),
                            ("outside", "son projet est hors du territoire"),
                            ("helped", "l’entreprise a été aidée"),
                            ("not_helped", "nous n’avons pas pu aider l’entreprise"),
                            ("unreachable", "l’entreprise est injoignable"),
                            ("ended", "chaque dispositif retenu ou suivi a une issue"),
                            ("silence", "rien de nouveau depuis 90 jours"),
                        ],
                        max_length=12,
                        verbose_name="raison",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : l’entreprise, ou le service pour ce qu’il clôt de lui-même.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="par",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="mot à l’entreprise")),
                ("recorded_at", models.DateTimeField(verbose_name="le")),
            ],
            options={
                "verbose_name": "clôture ou réouverture",
                "verbose_name_plural": "clôtures et réouvertures",
                "ordering": ["-recorded_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "closed"), models.Q(("reason", ""), _negated=True)),
                            models.Q(("kind", "reopened"), ("note", ""), ("reason", "")),
                            _connector="OR",
                        ),
                        name="file_event_closed_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("note", ""), ("actor__isnull", False), _connector="OR"),
                        name="file_event_note_is_of_a_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Escalation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="escalations",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="escalations",
                        to="matchmaking.callrequest",
                    ),
                ),
                (
                    "follow_up",
                    models.ForeignKey(
                        blank=True,
                        help_text="A call promised.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="matchmaking.followup",
                    ),
                ),
                (
                    "hand_over",
                    models.ForeignKey(
                        blank=True,
                        help_text="A referral.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="matchmaking.handover",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="attend depuis le")),
                (
                    "rung",
                    models.CharField(
                        choices=[
                            ("arrival", "développeur économique, à l’arrivée"),
                            ("officer", "développeur économique"),
                            ("stand_in", "suppléant"),
                            ("epci_lead", "responsable de l’intercommunalité"),
                            ("territory_lead", "chef de projet du territoire"),
                        ],
                        max_length=14,
                        verbose_name="échelon",
                    ),
                ),
                (
                    "to",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="prévenu",
                    ),
                ),
                ("told_on", models.DateField(verbose_name="prévenu le")),
            ],
            options={
                "verbose_name": "relance interne",
                "verbose_name_plural": "relances internes",
                "ordering": ["told_on", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("call", None), ("follow_up", None), ("hand_over", None), ("submission__isnull", False)
                            ),
                            models.Q(
                                ("call__isnull", False), ("follow_up", None), ("hand_over", None), ("submission", None)
                            ),
                            models.Q(
                                ("call", None), ("follow_up__isnull", False), ("hand_over", None), ("submission", None)
                            ),
                            models.Q(
                                ("call", None), ("follow_up", None), ("hand_over__isnull", False), ("submission", None)
                            ),
                            _connector="OR",
                        ),
                        name="escalation_of_one_thing",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("submission__isnull", False)),
                        fields=("submission", "starts_on", "rung", "to"),
                        name="escalation_once_a_rung_of_a_file",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("call__isnull", False)),
                        fields=("call", "starts_on", "rung", "to"),
                        name="escalation_once_a_rung_of_a_call",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("follow_up__isnull", False)),
                        fields=("follow_up", "rung", "to"),
                        name="escalation_once_a_rung_of_a_promise",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("hand_over__isnull", False)),
                        fields=("hand_over", "rung", "to"),
                        name="escalation_once_a_rung_of_an_offer",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="alerts", to="matchmaking.submission"
                    ),
                ),
                (
                    "guest",
                    models.OneToOneField(
                        blank=True,
                        help_text="Vide : celle du contact de la demande.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alert",
                        to="matchmaking.guest",
                        verbose_name="contact invité",
                    ),
                ),
                (
                    "frequency",
                    models.CharField(
                        choices=[
                            ("immediate", "dès qu’il y a du nouveau"),
                            ("weekly", "une fois par semaine"),
                            ("monthly", "une fois par mois"),
                            ("closing", "seulement quand un dispositif ferme, sans attendre"),
                        ],
                        default="immediate",
                        max_length=10,
                        verbose_name="rythme",
                    ),
                ),
                ("paused_until", models.DateField(blank=True, null=True, verbose_name="en pause jusqu’au")),
                ("asked_at", models.DateTimeField(verbose_name="demandée le")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="arrêtée le")),
                (
                    "told",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT, related_name="+", to="matchmaking.result"
                    ),
                ),
                (
                    "told_on",
                    models.DateField(
                        help_text="The day of the last news, or of the request.", verbose_name="dernières nouvelles le"
                    ),
                ),
                ("sent_on", models.DateField(blank=True, null=True, verbose_name="dernier courriel le")),
                ("checked_at", models.DateTimeField(blank=True, null=True, verbose_name="comparée le")),
                ("checked_on", models.DateField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "alerte",
                "verbose_name_plural": "alertes",
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("guest", None)), fields=("submission",), name="alert_of_contact_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Survey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="surveys",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("satisfaction", "le service a-t-il été utile ?"),
                            ("6_months", "que sont devenus les dispositifs ? (6 mois)"),
                            ("12_months", "que sont devenus les dispositifs ? (12 mois)"),
                        ],
                        max_length=12,
                        verbose_name="question",
                    ),
                ),
                ("asked_on", models.DateField(verbose_name="posée le")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="répondue le")),
                (
                    "grade",
                    models.CharField(
                        blank=True,
                        choices=[("yes", "oui"), ("partly", "en partie"), ("no", "non")],
                        max_length=6,
                        verbose_name="utile",
                    ),
                ),
                ("comment", models.CharField(blank=True, max_length=500, verbose_name="un mot")),
                (
                    "still_waiting",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        blank=True,
                        default=list,
                        help_text="Schemes asked for before, of which the firm says that it waits: that is no event of theirs.",
                        verbose_name="encore en attente",
                    ),
                ),
                (
                    "handed_on",
                    models.DateField(
                        blank=True,
                        help_text="The day on which its officers were left to ask.",
                        null=True,
                        verbose_name="confiée le",
                    ),
                ),
            ],
            options={
                "verbose_name": "question à l’entreprise",
                "verbose_name_plural": "questions aux entreprises",
                "ordering": ["-asked_on", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("submission", "kind"), name="survey_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("comment", ""), ("grade", "")),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("kind", "satisfaction"),
                                models.Q(("grade", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="survey_grade_is_an_answer",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnmetNeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unmet_needs",
                        to="matchmaking.submission",
                    ),
                ),
                (
                    "sub_need",
                    models.ForeignKey(
                        blank=True,
                        help_text="None: the words were not understood.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.subneed",
                        verbose_name="sous-besoin",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("no_scheme", "aucun dispositif n’y répond"),
                            ("none_open", "aucun n’est ouvert aujourd’hui"),
                            ("none_for_firm", "aucun n’accepte l’entreprise"),
                            ("not_understood", "demande non comprise"),
                        ],
                        max_length=15,
                        verbose_name="pourquoi",
                    ),
                ),
                (
                    "blocking",
                    models.CharField(
                        blank=True,
                        help_text="Kind of the criterion that excludes the firm from most of the schemes.",
                        max_length=30,
                    ),
                ),
                ("since", models.DateField(verbose_name="depuis le")),
            ],
            options={
                "verbose_name": "besoin sans réponse",
                "verbose_name_plural": "besoins sans réponse",
                "ordering": ["since", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("submission", "sub_need"), name="unmet_need_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", "not_understood"), ("sub_need", None)),
                            models.Q(
                                ("sub_need__isnull", False), models.Q(("reason", "not_understood"), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="unmet_need_is_understood_or_not",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("blocking", ""), ("reason", "none_for_firm"), _connector="OR"),
                        name="unmet_need_blocks_the_firm",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VerdictMove",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "change",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="moves",
                        to="matchmaking.schemechange",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="moves", to="matchmaking.submission"
                    ),
                ),
                (
                    "before",
                    models.CharField(
                        choices=[
                            ("eligible", "peut l’avoir"),
                            ("undecided", "à préciser"),
                            ("later", "pas encore ouvert"),
                            ("ineligible", "ne peut pas l’avoir"),
                            ("absent", "absent du catalogue"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "after",
                    models.CharField(
                        choices=[
                            ("eligible", "peut l’avoir"),
                            ("undecided", "à préciser"),
                            ("later", "pas encore ouvert"),
                            ("ineligible", "ne peut pas l’avoir"),
                            ("absent", "absent du catalogue"),
                        ],
                        max_length=10,
                    ),
                ),
                ("heard_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "verdict qui change",
                "verbose_name_plural": "verdicts qui changent",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(condition=models.Q(("heard_at", None)), fields=["submission"], name="move_unheard")
                ],
                "constraints": [models.UniqueConstraint(fields=("change", "submission"), name="verdict_moves_once")],
            },
        ),
        migrations.CreateModel(
            name="Activation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "weights",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activations",
                        to="matchmaking.weightset",
                        verbose_name="version",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Vide : au chargement des données de référence.",
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
                "verbose_name": "mise en vigueur",
                "verbose_name_plural": "mises en vigueur",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="AnswerCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="jour")),
                (
                    "sub_need",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schemes.subneed",
                        verbose_name="besoin",
                    ),
                ),
                (
                    "epci",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: the commune was not given.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.servedepci",
                        verbose_name="intercommunalité",
                    ),
                ),
                ("n_answers", models.PositiveIntegerField(default=0, verbose_name="réponses")),
            ],
            options={
                "verbose_name": "réponses montrées sans nom",
                "verbose_name_plural": "réponses montrées sans nom",
                "ordering": ["on", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("on", "sub_need", "epci"), name="answer_count_of_a_day_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reminders", to="matchmaking.alert"
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schemes.scheme"
                    ),
                ),
                ("closes_on", models.DateField(verbose_name="ferme le")),
                (
                    "stage",
                    models.CharField(
                        choices=[("prepare", "le temps de préparer"), ("last_week", "dernière semaine")], max_length=10
                    ),
                ),
                ("sent_on", models.DateField(verbose_name="rappelé le")),
            ],
            options={
                "verbose_name": "rappel",
                "verbose_name_plural": "rappels",
                "constraints": [
                    models.UniqueConstraint(fields=("alert", "scheme", "closes_on", "stage"), name="reminder_once")
                ],
            },
        ),
        append_only("matchmaking_review"),
        append_only("matchmaking_reviewend"),
        append_only("matchmaking_result"),
        append_only("matchmaking_match"),
        append_only("matchmaking_weightset"),
        append_only("matchmaking_activation"),
        append_only("matchmaking_needcorrection"),
        append_only(
            "matchmaking_ranker", "weights_id", "points", "means", "bound", "counts", "comparison", "fairness"
        ),
        append_only("matchmaking_preferencecorrection"),
        append_only("matchmaking_schemeevent"),
        append_only("matchmaking_fileevent"),
        append_only("matchmaking_reviewpolicy"),
    ]
