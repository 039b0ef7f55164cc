from django.db import migrations

# Before, a mark on a version said that it holds: it was put there by the loading of reference data.
_FILL = (
    "INSERT INTO matchmaking_activation (weights_id, at) SELECT version, now() FROM matchmaking_weightset WHERE active"
)
_BACK = """
UPDATE matchmaking_weightset SET active = false;
UPDATE matchmaking_weightset SET active = true
    WHERE version = (SELECT weights_id FROM matchmaking_activation ORDER BY id DESC LIMIT 1);
"""


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0006_versions_of_weights")]

    operations = [migrations.RunSQL(_FILL, _BACK)]
