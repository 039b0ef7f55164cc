from typing import Any

from django.db import migrations

# Answers to one sentence under the names of several sheets: the name under which all of them ask it now.
ONE_ANSWER = {
    "answer:carsat-subvention-tpe.urssaf": "answer:urssaf_up_to_date",
    "answer:fipu.urssaf": "answer:urssaf_up_to_date",
    "answer:poei.contributions": "answer:urssaf_up_to_date",
    "answer:carsat-subvention-tpe.duerp": "answer:duerp_updated_12m",
    "answer:fipu.duerp": "answer:duerp_updated_12m",
    "answer:carsat-subvention-tpe.no_prevention_contract": "answer:no_prevention_contract_2y",
    "answer:fipu.no_prevention_contract": "answer:no_prevention_contract_2y",
    "answer:hdf-aden.other_form": "answer:esus_siae_or_employers_group",
    "answer:hdf-pass-cyber-investissement.other_form": "answer:esus_siae_or_employers_group",
    "answer:exoneration-afr-44-sexies.new": "answer:new_activity",
    "answer:jei.new_activity": "answer:new_activity",
    "answer:mte-flotte-de-velos-a-disposition.corporate_tax": "answer:corporate_tax",
}
# Sentences of which a part became a rule: a yes to all of it is a yes to what is left, a no may have been to the rest.
NARROWED = [
    "answer:bpi-pionniers-ia.project",
    "answer:bpi-pret-nouvelle-industrie.project",
    "answer:cifre.partner",
    "answer:france2030-defi-flagships.project",
    "answer:hdf-aden.excluded_activities",
    "answer:hdf-prevention.excluded_activities",
    "answer:mte-diag-perf-immo.owner",
    "answer:vie.firm",
]


def keep_answers(
    apps: Any, schema_editor: Any, *, one_answer: dict[str, str] = ONE_ANSWER, narrowed: list[str] = NARROWED
) -> None:
    """Add what the answers of before say of the sentences of now, each with its author and its day."""
    Fact, FactSnapshot = (apps.get_model("companies", name) for name in ("Fact", "FactSnapshot"))
    rows = []
    for answer in Fact.objects.filter(name__in=[*one_answer, *narrowed]).order_by("recorded_at", "pk"):
        if answer.name in narrowed and answer.value is not False:
            continue
        row = Fact(
            sheet_id=answer.sheet_id,
            name=one_answer.get(answer.name, answer.name),
            value=answer.value if answer.name in one_answer else None,
            origin=answer.origin,
            author_id=answer.author_id,
            recorded_at=answer.recorded_at,
            recorded_on=answer.recorded_on,
        )
        rows.append(row)
    Fact.objects.bulk_create(rows, batch_size=1000)
    # Snapshots of the facts before; what is missing is made again once migrations have run.
    FactSnapshot.objects.filter(sheet__in={row.sheet_id for row in rows}).delete()


class Migration(migrations.Migration):
    dependencies = [("companies", "0006_fact_snapshots")]

    operations = [migrations.RunPython(keep_answers, migrations.RunPython.noop)]
