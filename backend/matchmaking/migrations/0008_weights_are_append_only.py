from django.db import migrations

from backend.common.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("matchmaking", "0007_weights_in_force")]

    operations = [
        migrations.RemoveConstraint(model_name="weightset", name="weights_one_active"),
        migrations.RemoveField(model_name="weightset", name="active"),
        append_only("matchmaking_weightset"),
        append_only("matchmaking_activation"),
    ]
