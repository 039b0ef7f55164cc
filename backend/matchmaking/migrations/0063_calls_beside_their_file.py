from django.db import migrations

MOVE_CALLS = """
    UPDATE matchmaking_callrequest SET epci_id = file.epci_id FROM matchmaking_submission file
    WHERE (submission_id = file.id OR key = file.filing_key)
    AND matchmaking_callrequest.epci_id IS DISTINCT FROM file.epci_id
"""


class Migration(migrations.Migration):
    """Put each call where its file is: those of files that moved before calls went along had stayed behind."""

    dependencies = [
        ("matchmaking", "0001_squashed_0062_calls_without_answer"),
    ]

    operations = [
        migrations.RunSQL(MOVE_CALLS, migrations.RunSQL.noop, elidable=True),
    ]
