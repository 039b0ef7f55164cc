from django.db import migrations

from backend.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("schemes", "0004_proposals")]

    operations = [
        append_only("schemes_operatorrole"),
        append_only("schemes_relation"),
        append_only("schemes_servedneed"),
    ]
