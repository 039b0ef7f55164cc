import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_attempts_and_the_cache_of_sign_in"),
        ("accounts", "0003_absences_and_stand_ins"),
        ("accounts", "0004_promised_delay"),
        ("accounts", "0005_saved_lists"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("territories", "0001_squashed_0003_zone_lists"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("n", models.IntegerField()),
                ("ends_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="adresse électronique")),
                ("first_name", models.CharField(blank=True, max_length=60, verbose_name="prénom")),
                ("last_name", models.CharField(blank=True, max_length=60, verbose_name="nom")),
                ("phone", models.CharField(blank=True, max_length=20, verbose_name="téléphone professionnel")),
                (
                    "is_active",
                    models.BooleanField(
                        default=True, help_text="Décocher au départ de la personne.", verbose_name="en poste"
                    ),
                ),
                ("is_staff", models.BooleanField(default=False, verbose_name="accès à l’administration")),
                ("invited_at", models.DateTimeField(blank=True, null=True, verbose_name="invité le")),
                (
                    "stand_in",
                    models.ForeignKey(
                        blank=True,
                        help_text="Prévenu quand un dossier attend, ou pendant une absence qui n’en nomme pas d’autre.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="suppléant",
                    ),
                ),
                (
                    "saved_lists",
                    models.JSONField(blank=True, default=dict, editable=False, verbose_name="listes gardées"),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "compte",
                "verbose_name_plural": "comptes",
                "ordering": ["email"],
            },
        ),
        migrations.CreateModel(
            name="Organisation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, unique=True, verbose_name="nom")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("epci", "intercommunalité"),
                            ("chamber", "chambre consulaire"),
                            ("region", "Région"),
                            ("territory", "Territoire d’industrie"),
                        ],
                        max_length=10,
                        verbose_name="nature",
                    ),
                ),
                (
                    "epci",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="organisations",
                        to="territories.servedepci",
                        verbose_name="intercommunalité",
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=20, verbose_name="téléphone du service")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="adresse du service")),
                (
                    "promised_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Vide : aucun délai n’est montré. Son responsable le fixe, page « Équipe ».",
                        null=True,
                        verbose_name="délai promis aux entreprises, en jours ouvrés",
                    ),
                ),
            ],
            options={
                "verbose_name": "organisation",
                "verbose_name_plural": "organisations",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "epci"), _negated=True), ("epci__isnull", False), _connector="OR"
                        ),
                        name="organisation_epci_has_perimeter",
                        violation_error_message="Une intercommunalité doit dire laquelle elle est.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="accounts.organisation",
                        verbose_name="organisation",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("officer", "développeur économique"),
                            ("epci_lead", "responsable de l’intercommunalité"),
                            ("territory_lead", "chef de projet du territoire"),
                            ("partner", "partenaire"),
                            ("editor", "rédacteur du catalogue"),
                            ("approver", "relecteur du catalogue"),
                        ],
                        max_length=16,
                        verbose_name="rôle",
                    ),
                ),
            ],
            options={
                "verbose_name": "rattachement",
                "verbose_name_plural": "rattachements",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "organisation", "role"), name="membership_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="absences",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="absent",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="du")),
                ("ends_on", models.DateField(verbose_name="au")),
                (
                    "stand_in",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="suppléant",
                    ),
                ),
                (
                    "declared_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="déclarée par",
                    ),
                ),
                ("declared_at", models.DateTimeField(verbose_name="déclarée le")),
                ("cancelled_at", models.DateTimeField(blank=True, null=True, verbose_name="annulée le")),
            ],
            options={
                "verbose_name": "absence",
                "verbose_name_plural": "absences",
                "ordering": ["starts_on", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                        name="absence_ends_after_it_starts",
                    )
                ],
            },
        ),
        # What `createcachetable` makes, for the default cache of the settings.
        migrations.RunSQL(
            """
            CREATE TABLE jonction_cache (
                cache_key varchar(255) NOT NULL PRIMARY KEY,
                value text NOT NULL,
                expires timestamp with time zone NOT NULL
            );
            CREATE INDEX jonction_cache_expires ON jonction_cache (expires);
            """,
            "DROP TABLE jonction_cache",
        ),
    ]
