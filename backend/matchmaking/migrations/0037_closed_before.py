from django.db import migrations

# What was closed before says so in its history too.
_CLOSED_BEFORE = """
INSERT INTO matchmaking_fileevent (submission_id, kind, reason, actor_id, note, recorded_at)
SELECT id, 'closed', closed_reason, closed_by_id, '', closed_at FROM matchmaking_submission WHERE closed_at IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0036_closings")]

    operations = [migrations.RunSQL(_CLOSED_BEFORE, migrations.RunSQL.noop)]
