from typing import Any

from django.db import migrations

# Conditions that were left to a person and that the engine now reads: the fact that says the same, and whether the
# answer is turned over ("n'est pas en difficulté").
BECAME = {
    "answer:not_in_difficulty": ("in_difficulty", True),
    "answer:taxes_up_to_date": ("taxes_up_to_date", False),
    "answer:artisan": ("craft_register", False),
}


def state_answers_as_facts(apps: Any, schema_editor: Any) -> None:
    """Add, beside each answer, the fact that it stands for, with its author and its day; no row is rewritten."""
    Fact = apps.get_model("companies", "Fact")
    rows = []
    for answer in Fact.objects.filter(name__in=BECAME).order_by("recorded_at", "pk"):
        name, is_turned = BECAME[answer.name]
        value = None if answer.value is None else answer.value != is_turned
        rows.append(
            Fact(
                sheet_id=answer.sheet_id,
                name=name,
                value=value,
                origin=answer.origin,
                author_id=answer.author_id,
                recorded_at=answer.recorded_at,
                recorded_on=answer.recorded_on,
            )
        )
    Fact.objects.bulk_create(rows, batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("companies", "0003_longer_names_of_facts")]

    operations = [migrations.RunPython(state_answers_as_facts, migrations.RunPython.noop)]
