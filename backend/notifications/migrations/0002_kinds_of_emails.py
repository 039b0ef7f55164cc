from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

# Topics of alerts name what they are about: "alert:12" becomes "alerts:submission:12".
RENAME_TOPICS = """
    UPDATE notifications_notification SET topic = regexp_replace(topic, '^alert:', 'alerts:submission:');
    UPDATE notifications_stop SET topics = ARRAY(
        SELECT regexp_replace(topic, '^alert:', 'alerts:submission:') FROM unnest(topics) AS topic
    );
"""
NAME_BACK = """
    UPDATE notifications_notification SET topic = regexp_replace(topic, '^alerts:submission:', 'alert:');
    UPDATE notifications_stop SET topics = ARRAY(
        SELECT regexp_replace(topic, '^alerts:submission:', 'alert:') FROM unnest(topics) AS topic
    );
"""
FILL_ABOUT = """
    UPDATE notifications_notification SET about = ARRAY[substring(topic from 'submission:[0-9]+$')]
    WHERE topic ~ 'submission:[0-9]+$';
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddField(
            "notification",
            "about",
            ArrayField(models.CharField(max_length=40), blank=True, default=list, verbose_name="à propos de"),
        ),
        migrations.AddField(
            "notification",
            "delivery",
            models.CharField(
                choices=[
                    ("unknown", "pas de nouvelle"),
                    ("refused", "refusé"),
                    ("dead", "adresse qui n’existe plus"),
                    ("complained", "signalé comme indésirable"),
                ],
                default="unknown",
                max_length=10,
                verbose_name="remise",
            ),
        ),
        migrations.RunSQL(RENAME_TOPICS, NAME_BACK),
        migrations.RunSQL(FILL_ABOUT, migrations.RunSQL.noop),
        migrations.AddIndex("notification", GinIndex(fields=["about"], name="notification_about")),
    ]
