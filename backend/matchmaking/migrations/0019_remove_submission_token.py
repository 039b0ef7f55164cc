from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("links", "0001_initial"), ("matchmaking", "0018_erased_files")]

    operations = [migrations.RemoveField("submission", "token")]
