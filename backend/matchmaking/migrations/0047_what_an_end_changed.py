import django.db.models.deletion
from django.db import migrations, models

FIRST_ENDS = """
UPDATE matchmaking_submission SET first_answered_at = ends.first
FROM (SELECT submission_id, min(ended_at) AS first FROM matchmaking_reviewend GROUP BY submission_id) AS ends
WHERE ends.submission_id = matchmaking_submission.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("matchmaking", "0046_reasons_of_refusals"),
    ]

    operations = [
        migrations.AddField(
            model_name="reviewend",
            name="told_before",
            field=models.ForeignKey(
                blank=True,
                help_text="What a subscriber had been told of until then.",
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="matchmaking.result",
            ),
        ),
        migrations.AddField(
            model_name="reviewend",
            name="took_file",
            field=models.BooleanField(default=False, verbose_name="a pris le dossier en charge"),
        ),
        migrations.AddField(
            model_name="submission",
            name="first_answered_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When its first review ended; empty where that was undone before its firm was told.",
                null=True,
                verbose_name="première réponse le",
            ),
        ),
        migrations.RunSQL(FIRST_ENDS, migrations.RunSQL.noop),
    ]
