from django.db import migrations

from backend.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("schemes", "0001_initial")]

    operations = [append_only("schemes_revision"), append_only("schemes_criterion"), append_only("schemes_source")]
