from django.db import migrations

from backend.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0001_initial")]

    operations = [append_only("matchmaking_review"), append_only("matchmaking_reviewend")]
