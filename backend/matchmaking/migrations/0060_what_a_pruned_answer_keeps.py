from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matchmaking", "0055_words_of_firms"),
    ]

    operations = [
        migrations.AddField(
            model_name="result",
            name="pruned",
            field=models.JSONField(
                help_text="Revision → closeness, of its matches where they were erased since: for a replay.",
                null=True,
            ),
        ),
    ]
