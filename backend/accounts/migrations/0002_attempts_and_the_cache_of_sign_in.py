from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("n", models.IntegerField()),
                ("ends_at", models.DateTimeField(db_index=True)),
            ],
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
