from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations

MAKE = """
CREATE TEXT SEARCH CONFIGURATION francais (COPY = french);
ALTER TEXT SEARCH CONFIGURATION francais
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
"""


class Migration(migrations.Migration):
    """French words by their stem, whatever their accents. The extension is one that the owner of a database may add."""

    dependencies = [("schemes", "0012_amounts_by_size_exhausted_windows_and_review_days")]

    operations = [
        UnaccentExtension(),
        migrations.RunSQL(MAKE, "DROP TEXT SEARCH CONFIGURATION francais"),
    ]
