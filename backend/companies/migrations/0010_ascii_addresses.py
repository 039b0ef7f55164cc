from typing import Any

from django.db import migrations, models


def spell_out(apps: Any, schema_editor: Any) -> None:
    """Write what is not ASCII by its number: such an address then is nobody's, and above all not another's."""
    for contact in apps.get_model("companies", "Contact").objects.exclude(email__regex=r"^[!-~]*$"):
        contact.email = "".join(mark if "!" <= mark <= "~" else f"u{ord(mark):04x}" for mark in contact.email)[:254]
        contact.save(update_fields=["email"])


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0009_sirene"),
    ]

    operations = [
        migrations.RunPython(spell_out, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(("email__regex", "^[!-~]*$")), name="contact_email_is_ascii"
            ),
        ),
    ]
