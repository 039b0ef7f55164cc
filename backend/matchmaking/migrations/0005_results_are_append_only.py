import django.db.models.deletion
from django.db import migrations, models

from backend.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0004_what_was_known")]

    operations = [
        migrations.AlterField(
            model_name="review",
            name="match",
            field=models.ForeignKey(
                help_text="What the engine suggested to the officer.",
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="reviews",
                to="matchmaking.match",
            ),
        ),
        migrations.RemoveField(model_name="review", name="revision"),
        migrations.RemoveField(model_name="review", name="suggested_rank"),
        migrations.RemoveField(model_name="review", name="suggested_score"),
        append_only("matchmaking_result"),
        append_only("matchmaking_match"),
    ]
