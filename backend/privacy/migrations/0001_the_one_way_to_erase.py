from django.db import migrations, models
from backend.common.append_only import append_only

# Row security: everybody may read both tables, the owner alone writes them, whatever is granted.
READ_ONLY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_only ON {table} FOR SELECT USING (true);
"""

ERASE_ROWS = """
CREATE FUNCTION erase_rows(rule text, rows jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  treatment privacy_treatment%ROWTYPE;
  given record;
  key_type text;
  n bigint;
  counts jsonb := '{}';
BEGIN
  INSERT INTO append_only_permit VALUES (pg_current_xact_id());
  FOR given IN SELECT key, ARRAY(SELECT jsonb_array_elements_text(value)) AS keys FROM jsonb_each(rows) LOOP
    SELECT * INTO treatment FROM privacy_treatment WHERE name = given.key;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'No treatment is called "%".', given.key USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT format_type(atttypid, NULL) INTO STRICT key_type FROM pg_attribute
      WHERE attrelid = treatment."table"::regclass AND attname = treatment.key;
    EXECUTE format(
      CASE treatment.changes
        WHEN '' THEN 'DELETE FROM %1$I WHERE %3$I = ANY (CAST($1 AS %4$s[]))'
        ELSE 'UPDATE %1$I SET %2$s WHERE %3$I = ANY (CAST($1 AS %4$s[]))'
      END, treatment."table", treatment.changes, treatment.key, key_type
    ) USING given.keys;
    GET DIAGNOSTICS n = ROW_COUNT;
    counts := counts || jsonb_build_object(given.key, n);
  END LOOP;
  DELETE FROM append_only_permit WHERE xid = pg_current_xact_id();
  INSERT INTO privacy_retentionrun (rule, ran_at, counts) VALUES (rule, now(), counts);
  RETURN counts;
END $$;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="RetentionRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=40, verbose_name="règle")),
                ("ran_at", models.DateTimeField(verbose_name="le")),
                ("counts", models.JSONField(help_text="Treatment → number of rows.", verbose_name="lignes")),
            ],
            options={
                "verbose_name": "preuve d’effacement",
                "verbose_name_plural": "preuves d’effacement",
                "ordering": ["-ran_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Treatment",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("table", models.CharField(max_length=63)),
                ("key", models.CharField(help_text="Column that names the rows.", max_length=63)),
                (
                    "changes",
                    models.TextField(
                        blank=True, help_text="What comes after SET in SQL; empty: the rows are deleted."
                    ),
                ),
            ],
            options={
                "verbose_name": "traitement d’effacement",
                "verbose_name_plural": "traitements d’effacement",
            },
        ),
        append_only("privacy_retentionrun"),
        migrations.RunSQL(READ_ONLY.format(table="privacy_treatment"), migrations.RunSQL.noop),
        migrations.RunSQL(READ_ONLY.format(table="privacy_retentionrun"), migrations.RunSQL.noop),
        migrations.RunSQL(ERASE_ROWS, "DROP FUNCTION erase_rows(text, jsonb);"),
    ]
